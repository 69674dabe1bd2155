"""The mapping that a VRM model brings along, as the VRM add-on keeps it at the armature; read without that add-on."""

from collections.abc import Iterator
from typing import Any, Final

from .bone_map import BoneMap

_SIDED: Final = {
    "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot", "foot": "Toes",
    "collar": "Shoulder", "shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand",
}  # fmt: skip
HUMAN_BONES: Final = {
    "hips": "pelvis", "spine": "spine1", "chest": "spine2", "upperChest": "spine3", "neck": "neck", "head": "head",
    **{f"{side}{bone}": f"{side}_{joint}" for side in ("left", "right") for joint, bone in _SIDED.items()},
}  # fmt: skip
"""Joints by VRM's names of human bones."""


def vrm_bone_map(armature: Any) -> BoneMap | None:
    """Return the map of a VRM model's armature object; None for other armatures."""
    extension = getattr(armature.data, "vrm_addon_extension", None)
    if extension is None:
        return None
    for found in (dict(_from_vrm1(extension)), dict(_from_vrm0(extension))):
        bones = {HUMAN_BONES[name]: bone for name, bone in found.items() if name in HUMAN_BONES and bone}
        if "pelvis" in bones:
            return BoneMap("VRM", bones)
    return None


def _from_vrm1(extension: Any) -> Iterator[tuple[str, str]]:
    human_bones = _inner(extension, "vrm1", "humanoid", "human_bones")
    for name in HUMAN_BONES:
        attribute = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
        bone = _inner(human_bones, attribute, "node", "bone_name")
        if isinstance(bone, str):
            yield name, bone


def _from_vrm0(extension: Any) -> Iterator[tuple[str, str]]:
    for entry in _inner(extension, "vrm0", "humanoid", "human_bones") or ():
        name, bone = getattr(entry, "bone", ""), _inner(entry, "node", "bone_name")
        if isinstance(bone, str):
            yield name, bone


def _inner(item: Any, *names: str) -> Any:
    """Return an attribute's attribute's … value; None where one is missing."""
    for name in names:
        item = getattr(item, name, None)
    return item
