"""The estimator: a video goes in, a motion file comes out. Runs in its own process and never imports bpy."""
