"""Shots for training: anybody, dressed anyhow, in a moment of any training clip, filmed from anywhere, from a seed."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ..rendered_frames import FRAME_RATE_HZ
from .outfits import BOTTOMS, TOPS, Outfit
from .shots import Actor, Shot, Take

FRAME_COUNT: Final = 16
DURATION_S: Final = (FRAME_COUNT + 2) / FRAME_RATE_HZ
FIRST_BODY_SEED: Final = 10_000
"""The benchmark's people have smaller ones."""
PANORAMAS: Final = ("city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset")
FLOORS: Final = ("grain", "tiles", "planks")
SIZES: Final = ((768, 432), (768, 432), (432, 768))
"""The network sees the person in 256 x 256 pixels anyhow."""
_PROPS: Final = ((), (), (), (), ("posts",), ("counter",), ("wall",))
_EXPOSURE: Final = {"night": 2.5}


def training_shot(number: int, clips: Mapping[str, float], seed: int) -> Shot:
    """Return the shot of a number; the same for the same clips (name to seconds) and seed.

    Note: clips are drawn by the square root of their length, so that no subject's hour of walking rules.
    """
    random = np.random.default_rng([seed, number])
    names = [name for name, duration_s in clips.items() if duration_s > DURATION_S]
    weights = np.sqrt([clips[name] for name in names])
    clip = names[int(random.choice(len(names), p=weights / weights.sum()))]
    first_s = float(random.uniform(0.0, clips[clip] - DURATION_S))
    outfit = Outfit(
        str(random.choice(TOPS)), str(random.choice(BOTTOMS)), float(random.uniform(0, 1)), bool(random.random() < 0.1)
    )
    actor = Actor(
        FIRST_BODY_SEED + number,
        bool(random.random() < 0.5),
        outfit,
        (Take(clip, first_s, is_mirrored=bool(random.random() < 0.5)),),
    )
    panorama = str(random.choice(PANORAMAS))
    return Shot(
        f"training_{number}", "training", 1000 * seed + number, (actor,), panorama,
        floor=str(random.choice(FLOORS)), frame_count=FRAME_COUNT, frame_rate_hz=FRAME_RATE_HZ,
        image_size=SIZES[int(random.integers(len(SIZES)))], yaw_deg=float(random.uniform(0, 360)),
        azimuth_deg=float(random.uniform(0, 360)), height_m=float(random.uniform(0.4, 2.4)),
        view_deg=float(random.uniform(38, 76)), exposure=_EXPOSURE.get(panorama, float(random.uniform(1.0, 1.5))),
        is_half_body=bool(random.random() < 0.12), props=_PROPS[int(random.integers(len(_PROPS)))],
    )  # fmt: skip
