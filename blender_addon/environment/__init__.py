"""Environments with packages that the zip may not bring: made, and removed, from the add-on's preferences."""
