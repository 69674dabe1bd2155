"""Motion that other programs estimated or recorded, read into our motion file: AMASS and SMPL-X, results, BVH.

Nothing that a file names is ever run. Ships in the zip; the training reads its databases through the same readers.
"""
