"""Motions that no free clip outside training holds, made from joint angles: running, and sitting down on a box.

The run is a cycle of sagittal angles after the curves of T. Novacheck, "The biomechanics of running" (1998), figs. 5
and 6 (hip, knee, ankle at 3.2 m/s), as a few Fourier terms; its path comes from the planted foot. Sitting blends a
standing clip into a seat's angles. Both are marked as procedural in the truth's file.
"""

from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from ...body_model import load_open_body
from ...rotations import rotvec_to_rotmat
from ...skeleton import BETA_COUNT, JOINT_COUNT, JOINT_NAMES
from .arrays import FloatArray
from .bodies import Body
from .motions import Motion, heading_rad

CYCLE_SHARES: Final = np.array([0.0, 0.1, 0.2, 0.3, 0.38, 0.5, 0.62, 0.75, 0.88, 1.0])
"""Shares of the stride, from one foot's landing to its next; it leaves the floor at 0.38."""

RUN_DEGREES: Final = {
    # flexion of the hip, of the knee, dorsiflexion of the ankle
    "hip": np.array([32.0, 29.0, 17.0, 1.0, -8.0, -4.0, 14.0, 35.0, 40.0, 32.0]),
    "knee": np.array([16.0, 38.0, 42.0, 28.0, 18.0, 50.0, 92.0, 84.0, 32.0, 16.0]),
    "ankle": np.array([6.0, 18.0, 22.0, 2.0, -20.0, -14.0, 0.0, 6.0, 4.0, 6.0]),
}
STRIDE_S: Final = 0.72
STANCE_FROM: Final = 0.05
STANCE_TO: Final = 0.34
"""Shares of the stride between which the foot certainly stands and its ball moves with the floor."""

PELVIS_HEIGHT_M: Final = 0.92
PELVIS_BOUNCE_M: Final = 0.035
LOWEST_AT: Final = 0.19
"""Share of the stride at which the pelvis is lowest, the middle of the stance."""

PELVIS_TWIST_DEGREES: Final = 9.0
FORWARD_LEAN_DEGREES: Final = 6.0
ARM_SWING_DEGREES: Final = 32.0
SEATED_DEGREES: Final = {"hip": 84.0, "knee": 82.0, "lean": 6.0}
RISING_LEAN_DEGREES: Final = 34.0
SPINE_SHARE_OF_LEAN: Final = 0.35
PELVIS_SHARE_OF_LEAN: Final = 0.5
SEATED_SPLAY_RAD: Final = 0.12
STANCE_SHARE: Final = 0.3


def running_motion(frame_count: int, frame_rate_hz: float, seed: int) -> Motion:
    """Return a run along +Z, as fast as its planted feet say; no two strides are quite alike."""
    random = np.random.default_rng(seed)
    time = np.arange(frame_count) / frame_rate_hz
    phase = time / STRIDE_S * (1 + 0.02 * np.sin(2 * np.pi * 0.4 * time + random.uniform(0, 6)))
    angles = np.zeros((frame_count, JOINT_COUNT, 3))
    for side, start in (("left", 0.0), ("right", 0.5)):
        _swing_leg(angles, side, phase + start)
        _swing_arm(angles, side, phase + start)
    twist = PELVIS_TWIST_DEGREES * np.cos(2 * np.pi * phase)
    _set(angles, "pelvis", x=FORWARD_LEAN_DEGREES, y=-0.6 * twist)
    for name in ("spine1", "spine2", "spine3"):
        _set(angles, name, x=1.0, y=0.6 * twist)
    _set(angles, "neck", x=-FORWARD_LEAN_DEGREES, y=-0.9 * twist)
    pelvis = np.zeros((frame_count, 3))
    pelvis[:, 1] = PELVIS_HEIGHT_M + PELVIS_BOUNCE_M * np.cos(4 * np.pi * (phase - LOWEST_AT - 0.25))
    rotmat = rotvec_to_rotmat(angles)
    pelvis[:, 2] = np.cumsum(_stance_speed(rotmat, phase, frame_rate_hz)) / frame_rate_hz
    return Motion(rotmat, pelvis)


def _stance_speed(rotmat: FloatArray, phase: FloatArray, frame_rate_hz: float) -> FloatArray:
    """Return the pelvis' speed (T,) along +Z that keeps the planted foot in place, m/s; steady in the air."""
    joints, _ = load_open_body().pose_joints(rotmat, np.zeros(BETA_COUNT), np.zeros((len(rotmat), 3)))
    speed = np.full(len(rotmat), np.nan)
    for side, start in (("left", 0.0), ("right", 0.5)):
        ball = joints[:, JOINT_NAMES.index(f"{side}_foot"), 2]
        stance = ((phase + start) % 1.0 > STANCE_FROM) & ((phase + start) % 1.0 < STANCE_TO)
        speed[stance] = -np.gradient(ball, 1 / frame_rate_hz)[stance]
    known = np.flatnonzero(~np.isnan(speed))
    steady: FloatArray = np.interp(np.arange(len(speed)), known, speed[known])
    return steady


def _swing_leg(angles: FloatArray, side: str, phase: FloatArray) -> None:
    hip, knee, ankle = (_cyclic(RUN_DEGREES[name], phase) for name in ("hip", "knee", "ankle"))
    _set(angles, f"{side}_hip", x=-hip, z=-2.0 if side == "left" else 2.0)
    _set(angles, f"{side}_knee", x=knee)
    _set(angles, f"{side}_ankle", x=-ankle)


def _swing_arm(angles: FloatArray, side: str, phase: FloatArray) -> None:
    """Set an arm, which swings against the leg of its side: it hangs, turned in a little, the elbow bent."""
    sign = 1.0 if side == "left" else -1.0
    swing = np.deg2rad(ARM_SWING_DEGREES * np.cos(2 * np.pi * phase) + 8)
    hanging = Rotation.from_rotvec([0.0, -0.25 * sign, 0.0]) * Rotation.from_rotvec([0.0, 0.0, -1.3 * sign])
    shoulder = Rotation.from_rotvec(swing[:, None] * [1.0, 0.0, 0.0]) * hanging
    angles[:, JOINT_NAMES.index(f"{side}_shoulder")] = shoulder.as_rotvec()
    _set(angles, f"{side}_collar", z=-8.0 * sign)
    _set(angles, f"{side}_elbow", y=-sign * (82 - 10 * np.cos(2 * np.pi * phase)))


def sitting_motion(
    standing: Motion, frame_rate_hz: float, down_s: tuple[float, float], up_s: tuple[float, float]
) -> Motion:
    """Return a standing motion that sits down and gets up again: legs, spine and pelvis are keyed, arms are the clip's.

    Args:
        down_s, up_s: when sitting down, and getting up, begins and ends; get up after the end to stay seated.
    Note: the pelvis stays where it is; `stand_on_floor` moves it so that the feet do.
    """
    time = np.arange(standing.frame_count) / frame_rate_hz
    seated = _ease((time - down_s[0]) / (down_s[1] - down_s[0])) - _ease((time - up_s[0]) / (up_s[1] - up_s[0]))
    lean = np.deg2rad(SEATED_DEGREES["lean"] * seated + RISING_LEAN_DEGREES * np.sin(np.pi * seated) ** 2)
    local = Rotation.from_matrix(standing.rotmat.reshape(-1, 3, 3)).as_rotvec().reshape(-1, JOINT_COUNT, 3)
    for name in ("spine1", "spine2"):
        local[:, JOINT_NAMES.index(name), 0] += SPINE_SHARE_OF_LEAN * lean
    pitch = PELVIS_SHARE_OF_LEAN * lean
    facing = Rotation.from_rotvec([0.0, heading_rad(standing, 0), 0.0])
    local[:, 0] = (facing * Rotation.from_rotvec(pitch[:, None] * [1.0, 0.0, 0.0])).as_rotvec()
    for side, outwards in (("left", 1.0), ("right", -1.0)):
        _seat_leg(local, side, seated, pitch, SEATED_SPLAY_RAD * outwards)
    return Motion(rotvec_to_rotmat(local), np.repeat(standing.pelvis[:1], standing.frame_count, axis=0))


def _seat_leg(local: FloatArray, side: str, seated: FloatArray, pitch: FloatArray, splay_rad: float) -> None:
    """Replace a leg's rotation vectors in (T, 24, 3): the soles stay level whatever hip and knee do.

    What the clip does with its legs does not fit a seat, so they stay in a third of its mean stance.
    """
    hip, knee, ankle, foot = (JOINT_NAMES.index(f"{side}_{name}") for name in ("hip", "knee", "ankle", "foot"))
    for joint in (hip, knee, ankle, foot):
        local[:, joint] = STANCE_SHARE * local[:, joint].mean(axis=0)
    local[:, hip, 0] -= seated * np.deg2rad(SEATED_DEGREES["hip"]) + pitch
    local[:, hip, 1] += seated * splay_rad
    local[:, knee, 0] += seated * np.deg2rad(SEATED_DEGREES["knee"])
    local[:, ankle, 0] = -(local[:, hip, 0] + local[:, knee, 0] + pitch)


def seat_of(body: Body, posed_joints: FloatArray) -> tuple[FloatArray, float]:
    """Return the middle of the seat's top (3,) under the seated pelvis and the direction (radians) that it faces.

    Args:
        posed_joints: (24, 3) of the seated frame.
    """
    hips = posed_joints[[JOINT_NAMES.index("left_hip"), JOINT_NAMES.index("right_hip")]]
    middle = hips.mean(axis=0)
    across = hips[0] - hips[1]
    heading = float(np.arctan2(-across[2], across[0]))
    thigh = 0.5 * np.ptp(body.vertices[np.abs(body.vertices[:, 1] - body.joint("left_hip")[1]) < 0.02, 2])
    return middle - [0.0, 0.72 * thigh, 0.0], heading


def _cyclic(values: FloatArray, phase: FloatArray) -> FloatArray:
    result: FloatArray = CubicSpline(CYCLE_SHARES, values, bc_type="periodic")(phase % 1.0)
    return result


def _ease(share: FloatArray) -> FloatArray:
    x = np.clip(share, 0, 1)
    result: FloatArray = x**3 * (10 - 15 * x + 6 * x * x)
    return result


def _set(
    angles: FloatArray,
    joint: str,
    x: FloatArray | float = 0.0,
    y: FloatArray | float = 0.0,
    z: FloatArray | float = 0.0,
) -> None:
    """Set a joint's rotation from small turns about its rest axes, degrees."""
    index = JOINT_NAMES.index(joint)
    for axis, value in enumerate((x, y, z)):
        angles[:, index, axis] = np.deg2rad(value)
