"""What the artist asks of the cleanup, as plain values: `solve` reads them, the panel's property group gives them."""

from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

from ...core.skeleton import JOINT_COUNT

ContactMode = Literal["auto", "always", "never", "ground"]

ALL_JOINTS: Final = (1.0,) * JOINT_COUNT


@dataclass(frozen=True)
class CleanupSettings:
    """Settings of one armature; the defaults give the motion as it was estimated.

    Attributes:
        prior: 0..1, from the per-frame result (0) to the estimate with its temporal prior and refinement (1).
        joint_prior: (24,) 0..1, multiplies `prior` for each joint.
        smoothing_s: a rotation that swings with this period keeps half its size; 0 for none.
        root_smoothing_s: the same for the place of the pelvis.
        contact_mode: `auto` holds feet where the contact curves say, `always` whenever they are slow and near the
            floor, `never` leaves them, `ground` only lifts them out of the floor.
        in_place: without horizontal travel.
        loop: make the end meet the start.
        loop_blend_s: how much of the end goes into the start for that.
        loop_travel: each cycle goes on from where the former one ended.
        first_frame: first source frame to key.
        end_frame: first source frame that is not keyed any more; 0 for all.
        speed: 2 plays twice as fast.
        key_unseen: key limbs that were never seen as well.
    """

    prior: float = 1.0
    joint_prior: tuple[float, ...] = field(default=ALL_JOINTS)
    smoothing_s: float = 0.0
    root_smoothing_s: float = 0.0
    contact_mode: ContactMode = "never"
    in_place: bool = False
    loop: bool = False
    loop_blend_s: float = 0.3
    loop_travel: bool = True
    first_frame: int = 0
    end_frame: int = 0
    speed: float = 1.0
    key_unseen: bool = False


def to_cleanup_settings(group: Any) -> CleanupSettings:
    """Return the plain values of a property group whose properties have the same names."""
    values = {item.name: getattr(group, item.name) for item in fields(CleanupSettings)}
    values["joint_prior"] = tuple(values["joint_prior"])
    return CleanupSettings(**values)
