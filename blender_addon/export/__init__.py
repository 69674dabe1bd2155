"""Writes an armature, its meshes and its motion for other programs: FBX, BVH, glTF, USD and AMASS.

How: the pose is sampled in a scene of its own (`sampling`), copies are keyed with the samples in another one (`stage`),
and a writer makes the file from these. The user's objects are read only.
"""
