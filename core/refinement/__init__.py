"""Whole-track refinement: one person's motion fitted to everything that the landmark network saw of it."""
