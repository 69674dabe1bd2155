"""The skeletons that CMU's motions are published on: which bone is which SMPL joint. Plain tables.

`amc` is the database's own ASF/AMC; `mb`, `max` and `daz` are the three public BVH conversions (for MotionBuilder,
3ds Max and DAZ); `cc` is the iClone one.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Rig:
    """Names of one skeleton's bones.

    Attributes:
        name: short name, stored with each clip.
        bones: SMPL joint -> bone, for the middle and the left side.
        right_of: what in a left bone's name is replaced, once, by what to get the right one's.
    """

    name: str
    bones: dict[str, str]
    right_of: tuple[str, str]

    def joint_bones(self) -> dict[str, str]:
        """Return SMPL joint -> bone of both sides."""
        right = {
            joint.replace("left", "right"): bone.replace(*self.right_of, 1)
            for joint, bone in self.bones.items()
            if joint.startswith("left")
        }
        return {**self.bones, **right}


AMC: Final = Rig(
    "amc",
    {
        "pelvis": "root", "spine1": "lowerback", "spine2": "upperback", "spine3": "thorax",
        "neck": "lowerneck", "head": "head",
        "left_hip": "lfemur", "left_knee": "ltibia", "left_ankle": "lfoot", "left_foot": "ltoes",
        "left_collar": "lclavicle", "left_shoulder": "lhumerus", "left_elbow": "lradius", "left_wrist": "lhand",
    },
    ("l", "r"),
)  # fmt: skip

MOTION_BUILDER: Final = Rig(
    "mb",
    {
        "pelvis": "Hips", "spine1": "LowerBack", "spine2": "Spine", "spine3": "Spine1",
        "neck": "Neck", "head": "Head",
        "left_hip": "LeftUpLeg", "left_knee": "LeftLeg", "left_ankle": "LeftFoot", "left_foot": "LeftToeBase",
        "left_collar": "LeftShoulder", "left_shoulder": "LeftArm", "left_elbow": "LeftForeArm",
        "left_wrist": "LeftHand",
    },
    ("Left", "Right"),
)  # fmt: skip

MAX: Final = Rig(
    "max",
    {
        "pelvis": "Hips", "spine1": "lowerback", "spine2": "Chest", "spine3": "Chest2",
        "neck": "lowerneck", "head": "Head",
        "left_hip": "LeftHip", "left_knee": "LeftKnee", "left_ankle": "LeftAnkle", "left_foot": "LeftToe",
        "left_collar": "LeftCollar", "left_shoulder": "LeftShoulder", "left_elbow": "LeftElbow",
        "left_wrist": "LeftWrist",
    },
    ("Left", "Right"),
)  # fmt: skip

# One bone for the lower spine and none for the toes.
DAZ: Final = Rig(
    "daz",
    {
        "pelvis": "hip", "spine1": "abdomen", "spine3": "chest", "neck": "neck", "head": "head",
        "left_hip": "lThigh", "left_knee": "lShin", "left_ankle": "lFoot",
        "left_collar": "lCollar", "left_shoulder": "lShldr", "left_elbow": "lForeArm", "left_wrist": "lHand",
    },
    ("l", "r"),
)  # fmt: skip

CHARACTER_CREATOR: Final = Rig(
    "cc",
    {
        "pelvis": "CC_Base_Hip", "spine1": "CC_Base_Waist", "spine2": "CC_Base_Spine01", "spine3": "CC_Base_Spine02",
        "neck": "CC_Base_NeckTwist01", "head": "CC_Base_Head",
        "left_hip": "CC_Base_L_Thigh", "left_knee": "CC_Base_L_Calf", "left_ankle": "CC_Base_L_Foot",
        "left_foot": "CC_Base_L_ToeBase", "left_collar": "CC_Base_L_Clavicle", "left_shoulder": "CC_Base_L_Upperarm",
        "left_elbow": "CC_Base_L_Forearm", "left_wrist": "CC_Base_L_Hand",
    },
    ("_L_", "_R_"),
)  # fmt: skip

BVH_RIGS: Final = (MOTION_BUILDER, MAX, DAZ, CHARACTER_CREATOR)
