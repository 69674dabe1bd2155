"""Finds the joints of a rig with unknown names: two long limbs that go down, two that go sideways, one head.

The places are looked at in the world, so the rig has to stand (T-pose, A-pose or the like).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from .rig import FloatArray, Rig
from .rotation_arcs import unit

LEG_SHARE: Final = 0.3
"""Share of the standing height that a leg is longer than, and that an arm's end is away from the middle."""
HEAD_SHARE: Final = 0.97
"""Share of the standing height below which the head's joint is; bones above end the head."""
SHOULDER_SHARE: Final = 0.05
"""How far a shoulder is from the middle, as a share of the standing height; collar bones begin nearer."""
DOWN: Final = 0.8
"""Cosine between a leg's bones and straight down."""
UPS: Final = ((0, 0, 1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0), (0, 0, -1))


def map_by_structure(rig: Rig) -> dict[str, str]:
    """Return the bone's name for each joint that is found; empty where the rig is not built like a person."""
    if len(rig.names) < 10:
        return {}
    for up in UPS:
        found = _Standing(rig, np.array(up, np.float64)).joints()
        if found:
            return {joint: rig.names[bone] for joint, bone in found.items()}
    return {}


@dataclass(frozen=True)
class _Standing:
    """A rig and the direction that is taken for up."""

    rig: Rig
    up: FloatArray

    def joints(self) -> dict[str, int]:
        """Return bones by joint, or nothing where the shape does not fit."""
        leaves = [bone for bone in range(len(self.rig.names)) if not self.rig.children(bone)]
        feet = self._feet(leaves)
        if feet is None:
            return {}
        hips = self._common(*feet)
        head_leaf = max(leaves, key=lambda bone: self._height(bone, at_tail=True))
        pelvis = self._common(hips, head_leaf)
        hands = self._hands(leaves, feet, pelvis)
        if hands is None or self._height(head_leaf, at_tail=True) < self._height(pelvis) + LEG_SHARE * self.size:
            return {}
        chest = self._common(self._common(*hands), head_leaf)
        found = {"pelvis": pelvis} | self._trunk(pelvis, chest, head_leaf)
        sides = self._sides(hips, feet)
        if sides is None:
            return {}
        for side, sign in (("left", 1.0), ("right", -1.0)):
            foot, hand = (max(pair, key=lambda bone: sign * float(self.points[bone] @ sides)) for pair in (feet, hands))
            parts = self._leg(hips, foot) | self._arm(chest, hand, sides)
            found |= {f"{side}_{part}": bone for part, bone in parts.items()}
        return found if len(set(found.values())) == len(found) and len(found) >= 14 else {}

    @property
    def points(self) -> FloatArray:
        """(B, 3) heads in the world's directions."""
        points: FloatArray = self.rig.heads @ self.rig.world_rotmat.T
        return points

    @property
    def ends(self) -> FloatArray:
        """(B, 3) tails in the world's directions."""
        ends: FloatArray = self.rig.tails @ self.rig.world_rotmat.T
        return ends

    @property
    def size(self) -> float:
        """Standing height."""
        return float(np.ptp(np.concatenate([self.points, self.ends]) @ self.up))

    def _height(self, bone: int, at_tail: bool = False) -> float:
        return float((self.ends if at_tail else self.points)[bone] @ self.up)

    def _path(self, bone: int) -> list[int]:
        """Return the bones from the root to a bone."""
        return [*reversed(self.rig.ancestors(bone)), bone]

    def _common(self, first: int, second: int) -> int:
        """Return the nearest bone that both hang on; the root where they share none."""
        shared = [a for a, b in zip(self._path(first), self._path(second), strict=False) if a == b]
        return shared[-1] if shared else self._path(first)[0]

    def _below(self, ancestor: int, bone: int) -> list[int]:
        """Return the bones after an ancestor down to a bone."""
        path = self._path(bone)
        return path[path.index(ancestor) + 1 :] if ancestor in path else []

    def _feet(self, leaves: list[int]) -> tuple[int, int] | None:
        """Return the ends of two limbs that go down a long way from where they part."""
        order = sorted(leaves, key=self._height)
        for first, second in _pairs(order[:12]):
            common = self._common(first, second)
            if min(self._drop(common, first), self._drop(common, second)) > LEG_SHARE * self.size:
                return first, second
        return None

    def _drop(self, ancestor: int, bone: int) -> float:
        """Return how far below the first bone after an ancestor a bone is."""
        below = self._below(ancestor, bone)
        return self._height(below[0]) - self._height(bone) if below else 0.0

    def _hands(self, leaves: list[int], feet: tuple[int, int], pelvis: int) -> tuple[int, int] | None:
        """Return the ends of two limbs that go sideways, one on each side."""
        middle = self.points[pelvis]

        def aside(bone: int) -> FloatArray:
            offset = self.points[bone] - middle
            return np.asarray(offset - (offset @ self.up) * self.up)

        legs = {bone for foot in feet for bone in self._below(self._common(*feet), foot)}
        free = [bone for bone in leaves if not legs & set(self._path(bone))]
        order = sorted(free, key=lambda bone: -float(np.linalg.norm(aside(bone))))
        for first, second in _pairs(order[:24]):
            one, other = aside(first), aside(second)
            sizes = np.linalg.norm(one) * np.linalg.norm(other)
            # Arms that hang down end less far from the middle than a leg is long.
            if sizes > 0 and one @ other < -0.5 * sizes and np.sqrt(sizes) > 0.1 * self.size:
                return first, second
        return None

    def _trunk(self, pelvis: int, chest: int, head_leaf: int) -> dict[str, int]:
        spine = self._below(pelvis, chest)
        picks = {1: (0,), 2: (0, 1)}.get(len(spine), (0, len(spine) // 2, len(spine) - 1)) if spine else ()
        names = {1: ("spine3",), 2: ("spine1", "spine3")}.get(len(picks), ("spine1", "spine2", "spine3"))
        found = {name: spine[pick] for name, pick in zip(names, picks, strict=False)}
        above = self._below(chest, head_leaf)
        if above:
            bottom = min(float(value) for value in self.points @ self.up)
            inner = [bone for bone in above if self._height(bone) - bottom < HEAD_SHARE * self.size]
            # One bone above a neck is the head itself, however short it is.
            head = inner[-1] if inner and len(above) > 2 else above[-1]
            found["head"] = head
            if head != above[0]:
                found["neck"] = above[0]
        return found

    def _leg(self, hips: int, foot: int) -> dict[str, int]:
        """Return the bones of a leg by part: down from the hip, and forwards from the ankle."""
        chain = self._below(hips, foot)
        steps = [unit(end - self.points[bone]) for bone, end in zip(chain, self._ends(chain), strict=True)]
        going_down = [place for place, step in enumerate(steps) if float(step @ self.up) < -DOWN]
        if not going_down:
            return {}
        hip = going_down[0]
        ankle = next((place for place in range(hip + 1, len(chain)) if float(steps[place] @ self.up) > -DOWN), None)
        if ankle is None or ankle < hip + 2:
            return {}
        found = {"hip": chain[hip], "knee": self._middle(chain[hip : ankle + 1]), "ankle": chain[ankle]}
        return found | ({"foot": chain[-1]} if len(chain) > ankle + 1 else {})

    def _arm(self, chest: int, hand: int, sides: FloatArray) -> dict[str, int]:
        """Return the bones of an arm by part: shoulders are off the trunk's middle, fingers part at the wrist."""
        chain = self._below(chest, hand)
        width = SHOULDER_SHARE * self.size
        middle = float(self.points[chest] @ sides)
        aside = [abs(float(self.points[bone] @ sides) - middle) > width for bone in chain]
        if True not in aside:
            return {}
        shoulder = aside.index(True)
        forks = [place for place, bone in enumerate(chain) if len(self.rig.children(bone)) > 1 and place > shoulder + 1]
        wrist = forks[0] if forks else len(chain) - 1
        if wrist < shoulder + 2:
            return {}
        found = {"shoulder": chain[shoulder], "elbow": self._middle(chain[shoulder : wrist + 1]), "wrist": chain[wrist]}
        return found | ({"collar": chain[0]} if shoulder > 0 else {})

    def _middle(self, chain: list[int]) -> int:
        """Return the inner bone of a limb that is nearest to the middle of its length."""
        lengths = [float(np.linalg.norm(self.points[b] - self.points[a])) for a, b in pairwise(chain)]
        along = np.cumsum(lengths)
        return chain[1 + int(np.argmin(np.abs(along[:-1] - along[-1] / 2)))]

    def _ends(self, chain: list[int]) -> list[FloatArray]:
        """Return where each bone of a chain leads: to the next one, the last to its tail."""
        return [*(self.points[bone] for bone in chain[1:]), self.ends[chain[-1]]]

    def _sides(self, hips: int, feet: tuple[int, int]) -> FloatArray | None:
        """Return the direction of the body's left, by the way that the feet point."""
        forward = np.zeros(3)
        for foot in feet:
            leg = self._leg(hips, foot)
            if not leg:
                return None
            ankle = leg["ankle"]
            tip = self.points[leg["foot"]] if "foot" in leg else self.ends[ankle]
            ahead = tip - self.points[ankle]
            forward += ahead - (ahead @ self.up) * self.up
        size = np.linalg.norm(forward)
        return None if size < 1e-6 else np.asarray(np.cross(self.up, forward / size))


def _pairs(items: list[int]) -> Iterator[tuple[int, int]]:
    """Yield all pairs, those of early items first."""
    for last in range(1, len(items)):
        for first in range(last):
            yield items[first], items[last]
