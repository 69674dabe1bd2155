"""The pictures of the guide: a person's whole path in a real window, and the curves of the cleanup."""
