"""The skeletons of BVH files that are understood: which bone is which SMPL joint. Plain tables.

`amc` is the database's own ASF/AMC; `mb`, `max` and `daz` are the three public BVH conversions (for MotionBuilder,
3ds Max and DAZ); `cc` is the iClone one. `smpl` has SMPL's joints by their own names, as our export writes them;
`humanik` is Mixamo's and MotionBuilder's own.
"""

from dataclasses import dataclass, field
from typing import Final

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Rig:
    """One skeleton's bones and what is peculiar to its files.

    Attributes:
        name: short name, stored with each clip.
        bones: SMPL joint -> bone, for the middle and the left side.
        right_of: what in a left bone's name is replaced, once, by what to get the right one's.
        starts_in_zero_pose: the first frame is no recording but the zero pose.
        root_adds_offset: the root's position channels count from its OFFSET instead of replacing it.
        hinge_axes: joint -> axis about which an elbow bends in the zero pose, see SourceClip; empty for CMU's.
        corrections_rotvec: joint -> axis-angle, radians, that takes SMPL's frame to the bone's, for a rig whose zero
            pose means nothing; empty where the zero pose tells.
    """

    name: str
    bones: dict[str, str]
    right_of: tuple[str, str]
    starts_in_zero_pose: bool = False
    root_adds_offset: bool = False
    hinge_axes: dict[str, Vector] = field(default_factory=dict)
    corrections_rotvec: dict[str, Vector] = field(default_factory=dict)

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
    starts_in_zero_pose=True,
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
    starts_in_zero_pose=True,
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
    starts_in_zero_pose=True,
)  # fmt: skip

_ICLONE_CORRECTIONS: Final[dict[str, Vector]] = {
    "pelvis": (0.002, 0.003, 0.004), "spine1": (-0.281, 0.003, 0.0), "spine2": (0.09, 0.003, 0.001),
    "spine3": (0.183, 0.003, 0.001), "neck": (-0.193, 0.003, 0.001), "head": (0.002, 0.003, 0.001),
    "left_hip": (-0.018, 0.046, 3.071), "right_hip": (-0.007, -0.065, -3.067),
    "left_knee": (-0.023, 0.108, -3.11), "right_knee": (-0.037, -0.122, 3.109),
    "left_ankle": (0.378, 1.598, 2.434), "right_ankle": (0.404, -1.635, -2.406),
    "left_foot": (0.229, 1.95, 2.137), "right_foot": (0.254, -1.981, -2.099),
    "left_collar": (0.199, -0.205, 1.533), "right_collar": (0.203, 0.209, -1.516),
    "left_shoulder": (-0.396, -0.437, 1.622), "right_shoulder": (-0.395, 0.435, -1.621),
    "left_elbow": (-0.42, -0.406, 1.557), "right_elbow": (-0.422, 0.407, -1.552),
    "left_wrist": (-0.254, -0.401, 1.655), "right_wrist": (-0.584, 0.618, -1.659),
}  # fmt: skip
"""Its bones' frames lie along the bones. Least squares over 13 of CMU's recordings that exist as AMC and for iClone;
what is left is 0.3 to 1 degree, 4 at the ankles, 6 and 12 at the wrists."""

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
    root_adds_offset=True,
    corrections_rotvec=_ICLONE_CORRECTIONS,
)  # fmt: skip

SMPL: Final = Rig(
    "smpl",
    {
        "pelvis": "pelvis", "spine1": "spine1", "spine2": "spine2", "spine3": "spine3", "neck": "neck", "head": "head",
        "left_hip": "left_hip", "left_knee": "left_knee", "left_ankle": "left_ankle", "left_foot": "left_foot",
        "left_collar": "left_collar", "left_shoulder": "left_shoulder", "left_elbow": "left_elbow",
        "left_wrist": "left_wrist",
    },
    ("left", "right"),
    # The zero pose is SMPL's T-pose.
    corrections_rotvec={"pelvis": (0.0, 0.0, 0.0)},
)  # fmt: skip

HUMAN_IK: Final = Rig(
    "humanik",
    {
        "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2",
        "neck": "Neck", "head": "Head",
        "left_hip": "LeftUpLeg", "left_knee": "LeftLeg", "left_ankle": "LeftFoot", "left_foot": "LeftToeBase",
        "left_collar": "LeftShoulder", "left_shoulder": "LeftArm", "left_elbow": "LeftForeArm",
        "left_wrist": "LeftHand",
    },
    ("Left", "Right"),
    # Its zero pose is a T-pose with the elbows' hinges upright, as SMPL's.
    hinge_axes={"left_elbow": (0.0, -1.0, 0.0), "right_elbow": (0.0, 1.0, 0.0)},
)  # fmt: skip

BVH_RIGS: Final = (SMPL, HUMAN_IK, MOTION_BUILDER, MAX, DAZ, CHARACTER_CREATOR)
