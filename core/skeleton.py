"""Joint and landmark names, parents and mirror pairs: plain tables shared by the core and the add-on.

Source: joint order and names of the SMPL body (24 joints); landmark order of BlazePose GHUM (33 landmarks).
"""

from typing import Final

JOINT_NAMES: Final[tuple[str, ...]] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee",
    "spine2", "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot",
    "neck", "left_collar", "right_collar", "head", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
"""The 24 SMPL joints in file order."""

PARENTS: Final[tuple[int, ...]] = (
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
)  # fmt: skip
"""Parent of each joint; -1 for the pelvis. Parents always come before their children."""

JOINT_COUNT: Final = len(JOINT_NAMES)
BETA_COUNT: Final = 10

LANDMARK_NAMES: Final[tuple[str, ...]] = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer",
    "right_eye_inner", "right_eye", "right_eye_outer", "left_ear", "right_ear",
    "mouth_left", "mouth_right", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip
"""The 33 BlazePose landmarks in model order."""

LANDMARK_COUNT: Final = len(LANDMARK_NAMES)

BODY_LANDMARKS: Final[tuple[int, ...]] = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""Shoulders, elbows, wrists, hips, knees, ankles: the 12 landmarks that every error figure is measured on."""

LEFT_HIP_LANDMARK: Final = 23
RIGHT_HIP_LANDMARK: Final = 24

CONTACT_NAMES: Final[tuple[str, ...]] = ("left_heel", "left_toe", "right_heel", "right_toe")
"""Order of the columns of the motion file's `contacts`."""

CONTACT_LANDMARKS: Final[tuple[int, ...]] = (29, 31, 30, 32)
"""The landmark whose movement decides each column of `contacts`."""


def _mirror(names: tuple[str, ...]) -> tuple[int, ...]:
    """Index of the opposite side's entry for each name; a name without a side maps to itself."""

    def opposite(name: str) -> str:
        if "left" in name:
            return name.replace("left", "right")
        return name.replace("right", "left")

    return tuple(names.index(opposite(name)) for name in names)


MIRROR_JOINTS: Final = _mirror(JOINT_NAMES)
MIRROR_LANDMARKS: Final = _mirror(LANDMARK_NAMES)
