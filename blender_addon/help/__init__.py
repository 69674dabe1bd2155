"""The documentation that comes with the zip, opened from the panels, the preferences, and by F1."""
