"""Places the 24 joints on a MakeHuman body, from MakeHuman's own joint cubes.

MakeHuman's spine joints are used one by one; the clavicle, hip and hand joints need a word:

- pelvis, spine1, spine2, spine3, neck, head: the cubes spine-4, the middle of spine-3 and spine-2, the middle of
  spine-2 and spine-1, spine-1, neck, head.
- hip: the cube's height and depth; its sideways distance is scaled by 0.83, so that the hip centres are 0.10 H apart
  (17 cm), which is 72 % of the distance between the anterior superior iliac spines. Source: A. Bell, R. Brand,
  D. Pedersen, "Prediction of hip joint centre location from external landmarks" (1989): the centre lies 14 % of that
  distance medial to the spine, hence 36 % from the middle.
- collar: the middle between the clavicle's inner end and the scapula, about which the whole shoulder girdle turns.
- wrist: the wrist crease's centre; hand: mean of the knuckles of the four fingers; foot: the ball of the foot.
"""

from typing import Final

import numpy as np

from ...skeleton import JOINT_COUNT, JOINT_NAMES, MIRROR_JOINTS
from .makehuman_data import BaseMesh, FloatArray

HIP_WIDTH_SCALE: Final = 0.83

LEFT_JOINT_CUBES: Final = {
    "left_hip": ("l-upper-leg",),
    "left_knee": ("l-knee",),
    "left_ankle": ("l-ankle",),
    "left_foot": ("l-foot-1",),
    "left_collar": ("l-clavicle", "l-scapula"),
    "left_shoulder": ("l-shoulder",),
    "left_elbow": ("l-elbow",),
    "left_wrist": ("l-hand",),
    "left_hand": ("l-finger-2-1", "l-finger-3-1", "l-finger-4-1", "l-finger-5-1"),
}
MIDDLE_JOINT_CUBES: Final = {
    "pelvis": ("spine-4",),
    "spine1": ("spine-3", "spine-2"),
    "spine2": ("spine-2", "spine-1"),
    "spine3": ("spine-1",),
    "neck": ("neck",),
    "head": ("head",),
}


def place_joints(mesh: BaseMesh, vertices: FloatArray) -> FloatArray:
    """Return the joints (24, 3) of a symmetric body `vertices` (B, 3), both in metres and in the A-pose."""
    joints = np.zeros((JOINT_COUNT, 3))
    for name, cubes in (MIDDLE_JOINT_CUBES | LEFT_JOINT_CUBES).items():
        joints[JOINT_NAMES.index(name)] = np.mean([mesh.joint_centre(vertices, cube) for cube in cubes], axis=0)
    joints[JOINT_NAMES.index("left_hip"), 0] *= HIP_WIDTH_SCALE
    for name in MIDDLE_JOINT_CUBES:
        joints[JOINT_NAMES.index(name), 0] = 0.0
    for name in LEFT_JOINT_CUBES:
        left = JOINT_NAMES.index(name)
        joints[MIRROR_JOINTS[left]] = joints[left] * [-1, 1, 1]
    return joints
