"""Retarget: a captured motion onto the user's own rig. `motion.py` tells the story; the other files are its parts."""
