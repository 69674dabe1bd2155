"""Draws people from MakeHuman's macro targets: adults of both sexes, all builds, with measured segment proportions.

The macro targets carry what MakeHuman's artists modelled. Limb lengths are corrected by the `measure-*` and
`*-height` targets so that the average adult has the segment lengths found in the literature, as fractions of
stature H between joint centres:

- upper arm 0.160 H and forearm 0.154 H, thigh 0.232 H, shank 0.246 H. P. de Leva, "Adjustments to
  Zatsiorsky-Seluyanov's segment inertia parameters", J. Biomech. 29 (1996), means of men (H = 1.741 m) and women
  (1.735 m): upper arm 281.7 / 275.1 mm, forearm 268.9 / 264.3, thigh 422.2 / 368.5, shank 434.0 / 432.3. The thigh of
  women there is short because of its hip landmark, so thigh and shank are the mean of de Leva's values and those of
- R. Drillis, R. Contini, "Body Segment Parameters" (1966), as printed in D. Winter, "Biomechanics and Motor Control of
  Human Movement", fig. 4.1: thigh 0.245 H, shank 0.246 H, knee height 0.285 H, ankle height 0.039 H.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .makehuman_data import BaseMesh, FloatArray, MakeHumanFolder, read_macro_targets, read_target

UNUSED_AGES: Final = ("baby", "child")

SEGMENTS: Final = {
    # name: (upper joint cube, lower joint cube, fraction of stature)
    "upper_arm": ("l-shoulder", "l-elbow", 0.160),
    "forearm": ("l-elbow", "l-hand", 0.154),
    "thigh": ("l-upper-leg", "l-knee", 0.236),
    "shank": ("l-knee", "l-ankle", 0.247),
}

LENGTH_TARGETS: Final = {
    "upper_arm": "targets/arms/measure-upperarm-length-{}.target.gz",
    "forearm": "targets/arms/measure-lowerarm-length-{}.target.gz",
    "thigh": "targets/legs/upperlegs-height-{}.target.gz",
    "shank": "targets/legs/lowerlegs-height-{}.target.gz",
}


@dataclass(frozen=True)
class Phenotype:
    """One person in MakeHuman's terms; all numbers in 0..1, 0.5 is average.

    gender: 0 woman, 1 man. old: 0 at about 25 years, 1 at about 90. race: shares of MakeHuman's three macro shapes.
    """

    gender: float = 0.5
    old: float = 0.0
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.5
    proportions: float = 0.5
    race: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)

    def word_weights(self) -> dict[str, float]:
        """Return how strongly each word of a target's file name applies to this person."""
        words = dict(zip(("african", "asian", "caucasian"), self.race, strict=True))
        words |= {"male": self.gender, "female": 1 - self.gender, "young": 1 - self.old, "old": self.old}
        for name, value in (("muscle", self.muscle), ("weight", self.weight)):
            words |= {f"min{name}": max(0.0, 1 - 2 * value), f"max{name}": max(0.0, 2 * value - 1)}
            words[f"average{name}"] = 1 - abs(2 * value - 1)
        words |= {"minheight": max(0.0, 1 - 2 * self.height), "maxheight": max(0.0, 2 * self.height - 1)}
        words["uncommonproportions"] = max(0.0, 1 - 2 * self.proportions)
        words["idealproportions"] = max(0.0, 2 * self.proportions - 1)
        return words


def draw_phenotype(random: np.random.Generator) -> Phenotype:
    """Return a random adult. The height slider is spread so that stature has a standard deviation of about 9 cm."""
    slider = random.normal()
    return Phenotype(
        gender=float(random.beta(0.8, 0.8)),
        old=float(np.clip(abs(random.normal(0, 0.3)), 0, 1)),
        muscle=float(np.clip(random.normal(0.5, 0.2), 0, 1)),
        weight=float(np.clip(random.normal(0.5, 0.2), 0, 1)),
        # The slider is steeper above its centre than below.
        height=float(np.clip(0.5 + (0.05 if slider > 0 else 0.085) * slider, 0, 1)),
        proportions=float(np.clip(random.normal(0.5, 0.15), 0, 1)),
        race=tuple(random.dirichlet((1, 1, 1))),
    )


class PhenotypeShapes:
    """Evaluates phenotypes on the base mesh."""

    def __init__(self, folder: MakeHumanFolder, mesh: BaseMesh) -> None:
        """Read the targets and fit the limb lengths of the average adult to the literature."""
        self._mesh = mesh
        macros = read_macro_targets(folder, mesh.mirror, UNUSED_AGES)
        self._words = [name.split("-") for name in macros]
        self._offsets = np.stack(list(macros.values())).reshape(len(macros), -1)
        self._length_targets = {
            name: {way: read_target(folder, pattern.format(way), mesh.mirror) for way in ("incr", "decr")}
            for name, pattern in LENGTH_TARGETS.items()
        }
        self._limb_offsets = np.zeros_like(mesh.vertices)
        self._limb_offsets = self._fit_limb_lengths()

    def vertices(self, person: Phenotype) -> FloatArray:
        """Return the base mesh (B, 3) of a person, in metres, in MakeHuman's A-pose."""
        table = person.word_weights()
        # A word that is in no table ("universal") does not limit its target.
        weights = np.array([np.prod([table.get(word, 1.0) for word in words]) for words in self._words])
        used = weights > 1e-6
        offsets = (weights[used] @ self._offsets[used]).reshape(-1, 3)
        result: FloatArray = self._mesh.vertices + self._limb_offsets + offsets
        return result

    def segment_fractions(self, vertices: FloatArray) -> dict[str, float]:
        """Return each limb segment's length as a fraction of stature."""
        stature = np.ptp(vertices[np.unique(self._mesh.faces), 1])
        fractions = {}
        for name, (upper, lower, _) in SEGMENTS.items():
            ends = [self._mesh.joint_centre(vertices, cube) for cube in (upper, lower)]
            fractions[name] = float(np.linalg.norm(ends[0] - ends[1]) / stature)
        return fractions

    def _fit_limb_lengths(self) -> FloatArray:
        """Return the offsets (B, 3) that give the average adult the literature's segment fractions."""
        amounts = dict.fromkeys(SEGMENTS, 0.0)
        for _ in range(8):  # stature changes with the legs, so approach the fractions step by step
            self._limb_offsets = self._limb_sum(amounts)
            average = self.vertices(Phenotype())
            stature = float(np.ptp(average[np.unique(self._mesh.faces), 1]))
            for name, fraction in self.segment_fractions(average).items():
                missing = (SEGMENTS[name][2] - fraction) * stature
                amounts[name] += missing / self._length_gain(name, "incr" if missing + amounts[name] > 0 else "decr")
        return self._limb_sum(amounts)

    def _length_gain(self, name: str, way: str) -> float:
        """Return by how many metres a segment grows per unit of (signed) amount."""
        upper, lower, _ = SEGMENTS[name]
        target = self._length_targets[name][way]
        ends = [self._mesh.joint_centre(self._mesh.vertices, cube) for cube in (upper, lower)]
        moved = [end + self._mesh.joint_centre(target, cube) for end, cube in zip(ends, (upper, lower), strict=True)]
        growth = np.linalg.norm(moved[0] - moved[1]) - np.linalg.norm(ends[0] - ends[1])
        return float(growth if way == "incr" else -growth)

    def _limb_sum(self, amounts: dict[str, float]) -> FloatArray:
        total: FloatArray = np.zeros_like(self._mesh.vertices)
        for name, amount in amounts.items():
            total = total + abs(amount) * self._length_targets[name]["incr" if amount > 0 else "decr"]
        return total
