"""Builds the open CC0 body in SMPL layout from MakeHuman/MPFB2 data. Development only."""
