"""The story of a retarget: read, recognise, transfer, pin the feet, key. All or nothing.

`retarget_motion(context, source, target, bone_map, options)` is for scripts too; `recognise_rig(target)` makes the map.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from ...core.errors import OptionError, SceneError
from ..capture_tags import read_tag
from ..compat import ActionCurves
from ..object_mode import leave_edit_mode
from .bone_map import BoneMap
from .carriage import Carriage, build_carriage
from .controls import interference, is_control_rig, observe_carriage
from .foot_pinning import can_pin, pin_feet
from .new_action import new_action
from .recognition import Recognition, recognise
from .rest_alignment import rest_pose_name
from .rig import Rig, read_rig
from .source_motion import SourceMotion, read_source_motion
from .switches import is_fk_rig, key_switches, resting_controls
from .target_keys import bones_above, key_rest, key_target, reset_bones
from .transfer import Transfer, keep_in_place, transfer_motion
from .vrm_map import vrm_bone_map

UNEVEN: Final = 0.01
DEFAULT_RATE_HZ: Final = 30.0


@dataclass(frozen=True)
class RetargetOptions:
    """What the user chooses.

    Attributes:
        pin_feet: hold standing feet still.
        scale_root: scale the pelvis's path by the ratio of the leg lengths.
        in_place: leave out the way over the ground.
        flat_soles: feet stand as flat as at the rig's rest, and no longer point exactly as the captured ones do.
    """

    pin_feet: bool = True
    scale_root: bool = True
    in_place: bool = False
    flat_soles: bool = False


@dataclass
class RetargetReport:
    """What came of it.

    Attributes:
        action: the new action, now the target's.
        rest_pose: how the target's arms rest, such as `A-pose`.
        warnings: sentences for the user.
    """

    action: Any
    rest_pose: str
    warnings: list[str] = field(default_factory=list)


def recognise_rig(target: Any) -> Recognition:
    """Return the mapping for an armature object; one that a VRM model brings along comes first."""
    return recognise(read_rig(target), vrm_bone_map(target))


def retarget_motion(
    context: Any, source: Any, target: Any, bone_map: BoneMap, options: RetargetOptions
) -> RetargetReport:
    """Key a captured armature's motion on another armature, in a new action; the former action is kept.

    Raises:
        SceneError: the source has no motion, or the target cannot be keyed.
        OptionError: the map does not fit the target.
    """
    motion, rig = check_retarget(context, source, target, bone_map)
    carriage = build_carriage(rig, bone_map)
    with new_action(target, f"{target.name}_{source.name}") as curves:
        transfer, warnings = _key(context, motion, target, rig, carriage, curves, options, _rate_hz(source))
    warnings += interference(target, rig, carriage) + _doubts(target, rig)
    if "pelvis" not in bone_map.bones:
        root = rig.names[carriage.root]
        warnings.append(f"No bone is mapped to the pelvis, so the bone {root} takes the way over the ground.")
    return RetargetReport(curves.action, rest_pose_name(transfer.alignment, carriage.rest_places), warnings)


def check_retarget(context: Any, source: Any, target: Any, bone_map: BoneMap) -> tuple[SourceMotion, Rig]:
    """Return the motion and the rig of a retarget that can be done; changes nothing but leaves edit mode.

    Raises:
        SceneError, OptionError: as `retarget_motion`.
    """
    check_target(context, source, target)
    if source.data.is_editmode or target.data.is_editmode:
        leave_edit_mode(context)
    # A script may have moved an object just now; Blender computes its matrix only then.
    context.view_layer.update()
    motion, rig = read_source_motion(source), read_rig(target)
    check_map(rig, bone_map, target)
    return motion, rig


def _key(
    context: Any,
    motion: SourceMotion,
    target: Any,
    rig: Rig,
    carriage: Carriage,
    curves: ActionCurves,
    options: RetargetOptions,
    rate_hz: float,
) -> tuple[Transfer, list[str]]:
    """Write all keys; return the transfer and what the user should know."""
    carriage, warnings = _prepare(context, target, rig, carriage, curves, float(motion.frames[0]))
    transfer = transfer_motion(motion, rig, carriage, options.scale_root, options.flat_soles)
    if options.pin_feet:
        transfer, note = _pinned(transfer, motion, rate_hz)
        warnings += note
    if options.in_place:
        transfer = keep_in_place(transfer)
    key_target(target, curves, motion.frames, rig, carriage, transfer.pose)
    return transfer, warnings


def _prepare(
    context: Any, target: Any, rig: Rig, carriage: Carriage, curves: ActionCurves, first_frame: float
) -> tuple[Carriage, list[str]]:
    """Put the rig to rest where the motion needs it, and find out what the driven bones hang on."""
    above = bones_above(rig, carriage)
    is_fk = is_fk_rig(rig, carriage)
    resting = resting_controls(rig, carriage) if is_fk else above
    reset_bones(target, rig, {*above, *resting, *(entry.bone for entry in carriage.driven)})
    if is_fk:
        key_switches(target, curves, first_frame)
    elif is_control_rig(target, rig, carriage):
        resting = []
    key_rest(target, curves, first_frame, rig, [bone for bone in resting if bone != carriage.root])
    if not is_control_rig(target, rig, carriage):
        return carriage, []
    carriage, lost = observe_carriage(context, target, rig, carriage)
    if not lost:
        return carriage, []
    return carriage, [f"Something else also moves these controls of {target.name}: {', '.join(lost)}."]


def _pinned(transfer: Transfer, motion: SourceMotion, rate_hz: float) -> tuple[Transfer, list[str]]:
    if motion.feet_stand is None:
        return transfer, ["The capture does not say when its feet stand, so they were not pinned."]
    if not can_pin(transfer):
        return transfer, ["The rig's legs are not all mapped, so its feet were not pinned."]
    return pin_feet(transfer, motion.feet_stand, motion.frames, rate_hz), []


def _rate_hz(source: Any) -> float:
    tag = read_tag(source)
    return tag.frame_rate_hz if tag else DEFAULT_RATE_HZ


def check_target(context: Any, source: Any, target: Any) -> None:
    """Raise SceneError for an object that cannot take the motion."""
    if target.type != "ARMATURE":
        raise SceneError(f"{target.name} is not an armature.", "Choose your character's rig.")
    if target == source:
        raise SceneError("The motion cannot be retargeted onto its own armature.", "Choose your character's rig.")
    if target.library is not None:
        raise SceneError(
            f"The rig {target.name} is linked from another file, so it cannot be keyed here.",
            "Make a library override of it (Object > Library Override > Make) and choose that.",
        )
    if target.override_library is not None and target.override_library.is_system_override:
        raise SceneError(
            f"The library override {target.name} is not editable.",
            "Make it editable (Object > Library Override > Make) first.",
        )
    if context.view_layer.objects.get(target.name) != target:
        raise SceneError(f"The rig {target.name} is not in the current view layer.", "Enable its collection.")
    if target.animation_data is not None and target.animation_data.use_tweak_mode:
        raise SceneError(f"A strip of {target.name} is being tweaked.", "Leave the tweak mode of the NLA editor (Tab).")


def check_map(rig: Rig, bone_map: BoneMap, target: Any) -> None:
    """Raise OptionError for a map that does not fit the rig, SceneError for a rig that cannot take a motion."""
    if not bone_map.bones:
        raise OptionError(f"No bone of {target.name} is mapped.", "Choose the bones in the mapping.")
    missing = sorted(set(bone_map.bones.values()) - set(rig.names))
    if missing:
        raise OptionError(f"{target.name} has no bone {missing[0]}.", "Correct the mapping, or recognise it again.")
    for bone in bone_map.bones.values():
        joints = [joint for joint, other in bone_map.bones.items() if other == bone]
        if len(joints) > 1:
            raise OptionError(f"The bone {bone} is mapped to {' and '.join(joints)}.", "Leave one of them.")
    if rig.scale < 1e-9 or rig.is_mirrored:
        raise SceneError(f"The scale of {target.name} is zero or negative.", "Give the object a positive scale.")


def _doubts(target: Any, rig: Rig) -> list[str]:
    """Return sentences about what may spoil the motion on this target."""
    found = []
    if rig.unevenness > UNEVEN:
        found.append(f"{target.name} is scaled differently along its axes, so its limbs point a little elsewhere.")
    if target.data.pose_position == "REST":
        found.append(f"{target.name} is shown at rest, so it does not move: set its Pose Position to Pose.")
    tracks = target.animation_data.nla_tracks if target.animation_data else ()
    if any(not track.mute and len(track.strips) for track in tracks):
        found.append(f"{target.name} has NLA strips, which play together with the new action.")
    return found
