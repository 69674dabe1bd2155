"""Pins: the artist poses some bones on some frames, and the motion around follows smoothly, without the networks."""
