"""Cleanup of a captured motion without running the networks again: all keys follow from the raw capture anew."""
