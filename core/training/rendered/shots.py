"""The shots of the rendered benchmark: who does what, dressed how, where, and how it is filmed.

`render.py` makes them; `core/training/evaluation/rendered_benchmark.py` scores them. Nothing here is drawn at random:
what a shot does not say follows from its seed.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from .outfits import Outfit

KINDS: Final = (
    "walk", "run", "turn", "dance", "fight", "sit", "lie_get_up", "half_body", "occluded", "from_behind",
)  # fmt: skip

RENDERING_VERSION: Final = 1
"""To be raised when the renderer's pictures or truth change, so that videos of before are rendered anew."""

RUN: Final = "procedural run"
"""A motion that is no clip but made."""


@dataclass(frozen=True)
class Take:
    """A piece of motion: a clip's name (or RUN), the second where it starts, and how long it lasts (None: the shot)."""

    clip: str
    first_s: float = 0.0
    duration_s: float | None = None
    is_mirrored: bool = False


@dataclass(frozen=True)
class Actor:
    """One person of a shot.

    takes: pieces one after the other. is_seated: the clip's person sits down on a box (procedural).
    x, z: where the pelvis starts, metres. heading_deg: turns the motion; the clips start facing +Z.
    """

    body_seed: int
    is_man: bool
    outfit: Outfit
    takes: tuple[Take, ...]
    is_seated: bool = False
    x: float = 0.0
    z: float = 0.0
    heading_deg: float = 0.0


@dataclass(frozen=True)
class Shot:
    """One video.

    panorama, yaw_deg: the surroundings. floor: a pattern of materials.py. azimuth_deg: of the camera about the people,
    0 in front of somebody who faces +Z. height_m: of the lens above the floor. view_deg: of the longer side.
    props: any of `posts`, `counter`, `wall`, `box`.
    """

    name: str
    kind: str
    seed: int
    actors: tuple[Actor, ...]
    panorama: str
    floor: str = "grain"
    frame_count: int = 105
    frame_rate_hz: float = 30.0
    image_size: tuple[int, int] = (960, 540)
    yaw_deg: float = 0.0
    azimuth_deg: float = 0.0
    height_m: float = 1.3
    view_deg: float = 58.0
    exposure: float = 1.0
    is_half_body: bool = False
    is_moving_camera: bool = False
    props: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Return letters that change with the shot's description and with RENDERING_VERSION."""
        return sha256(f"{RENDERING_VERSION} {self!r}".encode()).hexdigest()[:16]

    @property
    def is_procedural(self) -> bool:
        """Whether somebody's motion is made, not captured."""
        return any(actor.is_seated or take.clip == RUN for actor in self.actors for take in actor.takes)


PORTRAIT: Final = (540, 960)

SHOTS: Final[tuple[Shot, ...]] = (
    Shot(
        "walk_1", "walk", 101, (Actor(11, True, Outfit("shirt", "trousers"), (Take("07_05", 0.2),), heading_deg=20),),
        "city", "tiles", azimuth_deg=-25, yaw_deg=40, height_m=1.5, exposure=1.4,
    ),
    Shot(
        "walk_2_moving_camera", "walk", 102,
        (Actor(12, False, Outfit("t-shirt", "skirt", 0.9), (Take("07_03", 0.1),)),),
        "forest", "grain", 98, azimuth_deg=35, yaw_deg=200, height_m=1.6, is_moving_camera=True,
    ),
    Shot(
        "run_1", "run", 103, (Actor(13, True, Outfit("vest", "shorts"), (Take(RUN),), heading_deg=28),),
        "sunrise", "grain", 75, azimuth_deg=0, yaw_deg=60, height_m=1.2, view_deg=62, exposure=1.5,
    ),
    Shot(
        "run_2", "run", 104, (Actor(14, False, Outfit("t-shirt", "trousers", 0.2), (Take("14_14", 3.4),)),),
        "courtyard", "tiles", 105, azimuth_deg=35, yaw_deg=250, height_m=1.0, image_size=PORTRAIT,
    ),
    Shot(
        "turn_1", "turn", 105,
        (Actor(15, True, Outfit("jacket", "wide trousers"), (Take("exp_directing_traffic_1", 8.5),)),),
        "city", "grain", 90, azimuth_deg=160, yaw_deg=170, height_m=1.7, exposure=1.4,
    ),
    Shot(
        "turn_2", "turn", 106,
        (Actor(16, False, Outfit("sweater", "trousers", 0.6), (Take("131_03", 5.0),)),),
        "sunset", "tiles", 114, azimuth_deg=-15, yaw_deg=60, height_m=1.2,
    ),
    Shot(
        "dance_1", "dance", 107,
        (
            Actor(17, False, Outfit("vest", "skirt", 1.0),
                  (Take("dance_b", 0.05, 2.3), Take("dance_b", 0.05, 2.3, True))),
        ),
        "studio", "planks", 120, azimuth_deg=0, yaw_deg=130, height_m=1.1,
    ),
    Shot(
        "dance_2", "dance", 108,
        (Actor(18, True, Outfit("t-shirt", "wide trousers"), (Take("dance_b", 0.05, 2.3, True),)),),
        "interior", "planks", 66, azimuth_deg=40, yaw_deg=20, height_m=1.5, view_deg=72,
    ),
    Shot(
        "fight_1", "fight", 109,
        (Actor(19, True, Outfit("sweater", "shorts"), (Take("punch", 0.05, 1.9), Take("spinkick", 0.05, 1.1))),),
        "courtyard", "grain", 78, azimuth_deg=30, yaw_deg=80, height_m=1.3, props=("wall",),
    ),
    Shot(
        "fight_2_60fps", "fight", 110,
        (Actor(20, False, Outfit("t-shirt", "trousers", 0.4), (Take("spinkick", 0.1),)),),
        "sunrise", "grain", 64, 60.0, azimuth_deg=-35, yaw_deg=300, height_m=1.4, exposure=1.4,
    ),
    Shot(
        "sit_1", "sit", 111,
        (Actor(21, True, Outfit("shirt", "trousers"), (Take("exp_basketball_signal_2", 3.0),), True),),
        "interior", "planks", 150, azimuth_deg=35, yaw_deg=210, height_m=1.3, props=("box",),
    ),
    Shot(
        "sit_2", "sit", 112,
        (Actor(22, False, Outfit("t-shirt", "shorts", 0.0), (Take("exp_directing_traffic_4", 6.0),), True),),
        "city", "grain", 120, azimuth_deg=-60, yaw_deg=310, height_m=1.1, exposure=1.4, props=("box",),
        image_size=PORTRAIT,
    ),
    Shot(
        "sit_3_floor", "sit", 122,
        (Actor(33, False, Outfit("sweater", "trousers", 0.5), (Take("meditate", 0.1),), heading_deg=-20),),
        "forest", "grain", 75, azimuth_deg=0, yaw_deg=20, height_m=1.0, exposure=1.3,
    ),
    Shot(
        "lie_get_up_1", "lie_get_up", 113,
        (
            Actor(23, True, Outfit("t-shirt", "trousers", is_bald=True), (Take("getup_facedown", 0.05),),
                  heading_deg=60),
        ),
        "studio", "tiles", 84, azimuth_deg=0, yaw_deg=30, height_m=1.5,
    ),
    Shot(
        "lie_get_up_2", "lie_get_up", 114,
        (Actor(24, False, Outfit("sweater", "wide trousers", 0.3), (Take("getup_facedown", 0.05, None, True),)),),
        "forest", "grain", 84, azimuth_deg=25, yaw_deg=100, height_m=1.8,
    ),
    Shot(
        "half_body_1", "half_body", 115,
        (Actor(25, False, Outfit("shirt", "trousers", 1.0), (Take("exp_basketball_signal_4", 8.0),)),),
        "interior", "planks", 120, azimuth_deg=10, yaw_deg=140, height_m=1.4, is_half_body=True,
    ),
    Shot(
        "half_body_2", "half_body", 116,
        (Actor(26, True, Outfit("jacket", "trousers"), (Take("exp_directing_traffic_4", 12.0),)),),
        "sunset", "tiles", 105, azimuth_deg=-25, yaw_deg=220, height_m=1.55, image_size=(848, 480), is_half_body=True,
    ),
    Shot(
        "occluded_1", "occluded", 117,
        (Actor(27, True, Outfit("jacket", "trousers"), (Take("07_04", 0.2),), heading_deg=75),),
        "courtyard", "tiles", 102, azimuth_deg=0, yaw_deg=300, height_m=1.5, props=("posts",), view_deg=64,
    ),
    Shot(
        "occluded_2", "occluded", 118,
        (Actor(28, False, Outfit("t-shirt", "shorts", 0.7), (Take("14_20", 12.0),)),),
        "city", "grain", 120, azimuth_deg=15, yaw_deg=0, height_m=1.6, exposure=1.4, props=("counter",),
    ),
    Shot(
        "from_behind_1", "from_behind", 119,
        (Actor(29, False, Outfit("sweater", "trousers", 0.8), (Take("07_06", 0.1),)),),
        "sunrise", "grain", 96, azimuth_deg=165, yaw_deg=20, height_m=1.4, exposure=1.5,
    ),
    Shot(
        "from_behind_2", "from_behind", 120,
        (Actor(30, True, Outfit("shirt", "shorts"), (Take("exp_washwindow_1", 4.0),)),),
        "forest", "planks", 105, azimuth_deg=195, yaw_deg=250, height_m=1.5, props=("wall",),
    ),
    Shot(
        "two_people", "walk", 121,
        (
            Actor(31, True, Outfit("t-shirt", "trousers"), (Take("07_07", 0.1),), heading_deg=40, x=-0.6, z=-0.6),
            Actor(32, False, Outfit("jacket", "wide trousers", 0.5), (Take("exp_directing_traffic_4", 24.5),), x=1.1,
                  z=-1.0, heading_deg=-15),
        ),
        "city", "tiles", 90, azimuth_deg=0, yaw_deg=250, height_m=1.5, exposure=1.4, view_deg=62,
    ),
)  # fmt: skip
