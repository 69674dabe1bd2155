"""Recognises a rig: scores every known map on names, hierarchy and places, else goes by the structure alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from .body_frame import FloatArray, body_frame, faces_backwards
from .bone_map import BoneMap, known_maps
from .bone_names import canonical, canonical_names, common_prefix, name_words
from .joints import ESSENTIAL, JOINTS, MIRROR, mapped_ancestor
from .rig import Rig
from .structure import map_by_structure

EXACT_NAME: Final = 1.0
SAME_MEANING: Final = 0.95
WRONG_ANCESTOR: Final = 0.5
WRONG_PLACE: Final = 0.3
WELL_KNOWN: Final = 0.6
"""Score from which a map is taken for the rig's own."""

AGREEMENT: Final = 0.9
"""Share of the joints known by name on which the structure must agree before it adds others."""

STRUCTURE: Final = "By structure"


@dataclass(frozen=True)
class Recognition:
    """What a rig was taken for.

    Attributes:
        bone_map: bones by joint, all of them in the rig.
        score: 0..1; a structural guess has at most 0.5.
        warnings: sentences for the user.
    """

    bone_map: BoneMap
    score: float
    warnings: list[str] = field(default_factory=list)

    @property
    def coverage(self) -> int:
        """Number of joints with a bone, of 22."""
        return len(self.bone_map.bones)

    @property
    def unmapped(self) -> list[str]:
        """Joints without a bone."""
        return [joint for joint in JOINTS if joint not in self.bone_map.bones]


def recognise(rig: Rig, own_map: BoneMap | None = None) -> Recognition:
    """Return the best mapping of a rig; its coverage is 0 where nothing is known.

    Args:
        own_map: a map that the rig brings along (VRM); it is taken where its bones are there.
    """
    candidates = (own_map, *known_maps()) if own_map else known_maps()
    scored = [_score(rig, candidate) for candidate in candidates]
    best = max(scored, key=lambda found: round(found.score, 3)) if scored else None
    if own_map and scored[0].score >= WELL_KNOWN:
        best = scored[0]
    if best is None or best.score < WELL_KNOWN:
        guess = BoneMap(STRUCTURE, map_by_structure(rig))
        by_structure = Recognition(guess, 0.5 * len(guess.bones) / len(JOINTS))
        if best is None or len(guess.bones) > best.coverage:
            best = by_structure
    else:
        best = _completed(rig, best)
    return _checked(rig, best)


def _completed(rig: Rig, found: Recognition) -> Recognition:
    """Return the recognition with essential joints that the names lack filled in, where the structure agrees."""
    bones = dict(found.bone_map.bones)
    missing = [joint for joint in ESSENTIAL if joint not in bones]
    if not missing or found.bone_map.points:
        return found
    guess = map_by_structure(rig)
    common = [joint for joint in ESSENTIAL if joint in bones and joint in guess]
    agreeing = [joint for joint in common if guess[joint] == bones[joint]]
    fresh = {joint: guess[joint] for joint in missing if joint in guess and guess[joint] not in bones.values()}
    if not fresh or len(agreeing) < AGREEMENT * len(common):
        return found
    sentence = f"Known by the structure alone, not by name: {', '.join(fresh)}."
    return replace(found, bone_map=replace(found.bone_map, bones=bones | fresh), warnings=[*found.warnings, sentence])


def _score(rig: Rig, candidate: BoneMap) -> Recognition:
    """Return a map's bones in the rig, scored by name, hierarchy and place."""
    names = _found_names(rig, candidate)
    bones = {joint: bone for joint, (bone, _) in names.items()}
    weights = {joint: 2.0 if joint in ESSENTIAL else 1.0 for joint in candidate.bones}
    misplaced = _misplaced(rig, bones) if bones else set()
    total = 0.0
    for joint, (bone, quality) in names.items():
        ancestor = mapped_ancestor(joint, bones)
        # Controls hang on hidden bones, not on each other.
        in_order = bool(candidate.points) or ancestor is None or _is_below(rig, bone, bones[ancestor])
        factor = (1.0 if in_order else WRONG_ANCESTOR) * (WRONG_PLACE if joint in misplaced else 1.0)
        total += weights[joint] * quality * factor
    also = {
        joint: tuple(name for name in more if name in rig.index)
        for joint, more in candidate.also.items()
        if joint in bones
    }
    points = {joint: name for joint, name in candidate.points.items() if joint in bones and name in rig.index}
    return Recognition(BoneMap(candidate.rig, bones, also, points), total / max(sum(weights.values()), 1e-9))


def _found_names(rig: Rig, candidate: BoneMap) -> dict[str, tuple[str, float]]:
    """Return the rig's bone and how well its name fits for each joint of a map that has one."""
    by_meaning = canonical_names(rig.names)
    words = {joint: name_words(bone) for joint, bone in candidate.bones.items()}
    prefix = common_prefix(words.values())
    found = {}
    for joint, bone in candidate.bones.items():
        if bone in rig.index:
            found[joint] = (bone, EXACT_NAME)
            continue
        meanings = (canonical(words[joint]), canonical(words[joint][len(prefix) :]))
        fitting = next((by_meaning[meaning] for meaning in meanings if meaning in by_meaning), set())
        if len(fitting) == 1:
            found[joint] = (next(iter(fitting)), SAME_MEANING)
    taken: dict[str, str] = {}
    for joint, (bone, _) in list(found.items()):
        if taken.setdefault(bone, joint) != joint:
            del found[joint]
    return found


def _is_below(rig: Rig, bone: str, ancestor: str) -> bool:
    return rig.index[ancestor] in rig.ancestors(rig.index[bone])


def joint_places(rig: Rig, bone_map: BoneMap) -> dict[str, FloatArray]:
    """Return the rest places (3,) of the mapped joints in the rig's own axes."""
    return {
        joint: rig.heads[rig.index[bone_map.points.get(joint, bone)]]
        for joint, bone in bone_map.bones.items()
        if bone in rig.index
    }


def _misplaced(rig: Rig, bones: Mapping[str, str]) -> set[str]:
    """Return the joints whose bones lie where such a joint cannot be."""
    places = joint_places(rig, BoneMap("", bones))
    frame = body_frame(places)
    if frame is None:
        return set()
    origin: FloatArray = np.asarray(places["pelvis"] if "pelvis" in places else np.mean(list(places.values()), axis=0))
    local: dict[str, Any] = {joint: (place - origin) @ frame for joint, place in places.items()}
    wrong = set()
    for joint, (left, up, _) in local.items():
        mirrored = local.get(MIRROR[joint])
        if "left" in joint and mirrored is not None and left <= mirrored[0]:
            wrong |= {joint, MIRROR[joint]}
        if joint in ("head", "neck", "spine3") and up <= 0:
            wrong.add(joint)
        if joint.endswith(("knee", "ankle")) and up >= 0:
            wrong.add(joint)
    return wrong


def _checked(rig: Rig, found: Recognition) -> Recognition:
    """Return the recognition with its warnings; sides that contradict the feet change places."""
    bone_map, warnings = found.bone_map, list(found.warnings)
    places = joint_places(rig, bone_map)
    frame = body_frame(places)
    if frame is not None and faces_backwards(places, frame):
        bone_map = bone_map.with_bones({MIRROR[joint]: bone for joint, bone in bone_map.bones.items()})
        warnings.append("The feet show that this rig's left and right are named the other way round; places count.")
    missing = [joint for joint in ESSENTIAL if joint not in bone_map.bones]
    if missing:
        warnings.append(f"The rig has no bone for: {', '.join(missing)}.")
    if bone_map.rig == STRUCTURE and bone_map.bones:
        warnings.append("The bones' names are unknown, so the mapping is a guess by structure: look it over.")
    return Recognition(bone_map, found.score, warnings)
