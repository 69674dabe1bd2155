"""What the whole-track fit weighs against what."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class FitOptions:
    """Weights of the terms (see fit_terms.py), for one frame at 30 frames a second; lengths and speeds they turn at.

    Attributes:
        knot_spacing_s: of the splines that the result may differ by from the start.
        iterations: of the solver, at most.
        image, image_sigma: of the landmarks in the picture; the sigma in person heights. Farther ones count less.
        world, world_sigma_m: of the shape of the landmark network's own 3-D guess (x, y, z), which is worst in depth.
        pose: of staying with the motion prior's rotations.
        acceleration, acceleration_scale_m: of the body's landmarks, by frame at 30 frames a second.
        root_acceleration, depth_acceleration: of the pelvis, across and along the line of sight.
        contact, contact_speed_m_s: of feet that stand.
    """

    knot_spacing_s: float = 0.15
    iterations: int = 4
    image: float = 1.0
    image_sigma: float = 0.03
    world: float = 0.03
    world_sigma_m: tuple[float, float, float] = (0.05, 0.05, 0.12)
    pose: float = 6.0
    acceleration: float = 0.01
    acceleration_scale_m: float = 0.02
    root_acceleration: float = 0.05
    depth_acceleration: float = 2.5
    contact: float = 0.3
    contact_speed_m_s: float = 0.2


DEFAULT_FIT: Final = FitOptions()
