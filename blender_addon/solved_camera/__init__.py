"""Placing a motion in the world through a moving camera that the user solved."""
