"""The 33 BlazePose-style landmarks on the open body, as a fixed mix of joints and a few skin vertices.

Where each landmark sits, and why:

- shoulder, elbow, knee, ankle: the joint itself; wrist: the centre of the wrist crease, where our wrist joint is.
- hip: on the line of the hip joints but 20 % further out than the joint centres. BlazePose puts its hips wider than
  hip joint centres (17 cm apart) are: 20.6 and 22.1 cm on two clips; 15.7 on a third, where the person is seen from
  behind.
- nose: its tip. eye: the front of the eyeball; inner and outer: the corners of the lids. ear: the middle of the
  outer ear. mouth: its corners.
- index, pinky: the knuckles at the fingers' roots, drawn together by a fifth; thumb: between the thumb's root and the
  wrist. BlazePose's own distances say so: wrist to index 9 to 11 cm, to pinky 7 to 9, to thumb 2.5 to 3, index to
  pinky 3 to 4.5.
- heel: the back of the sole; foot_index: the tip of the big toe. Both on the skin, so that they can touch a floor.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ...skeleton import JOINT_COUNT, JOINT_NAMES, LANDMARK_COUNT, LANDMARK_NAMES
from .makehuman_data import BaseMesh, FloatArray, MakeHumanFolder, read_target

HIP_WIDENING: Final = 0.10
"""Share of the distance between the hip joints that each hip landmark lies outside of its joint."""

KNUCKLE_CLOSING: Final = 0.2
THUMB_CLOSING: Final = 0.4

JOINT_LANDMARKS: Final = ("shoulder", "elbow", "wrist", "knee", "ankle")
SKIN_LANDMARKS: Final = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "left_ear", "mouth_left", "left_pinky", "left_index",
    "left_thumb", "left_heel", "left_foot_index",
)  # fmt: skip
"""Landmarks on one skin vertex; those of the right side are the mirror images."""

TIP_FINGERS: Final = {"thumb": 1, "index": 2, "middle": 3, "ring": 4, "pinky": 5}


class SkinPoints:
    """Finds named points on the base mesh of the average body (A-pose)."""

    def __init__(self, folder: MakeHumanFolder, mesh: BaseMesh, shape: FloatArray) -> None:
        self._folder, self._mesh, self._shape = folder, mesh, shape
        self._visible = np.unique(mesh.faces)
        self._tree = cKDTree(shape[self._visible])

    def landmark_vertices(self) -> dict[str, int]:
        """Return the base-mesh vertex of every landmark in `SKIN_LANDMARKS` and of its mirror image."""
        inner, outer = sorted(
            (self._most_moved(f"targets/eyes/l-eye-corner{k}-up.target.gz") for k in (1, 2)),
            key=lambda vertex: self._shape[vertex, 0],
        )
        left = {
            "nose": self._nose_tip(),
            "left_eye_inner": inner,
            "left_eye": self._nearest(self._cube("l-eye") + np.array([0, 0, 0.02])),
            "left_eye_outer": outer,
            "left_ear": self._nearest(self._moved_centre("targets/ears/l-ear-scale-incr.target.gz")),
            "mouth_left": self._most_moved("targets/mouth/mouth-angles-up.target.gz"),
            "left_pinky": self._nearest(self._cube("l-finger-5-1")),
            "left_index": self._nearest(self._cube("l-finger-2-1")),
            "left_thumb": self._nearest(self._cube("l-finger-1-1")),
            "left_heel": self._heel(),
            "left_foot_index": self._nearest(self._cube("l-toe-1-3") + np.array([0, 0, 0.02])),
        }
        return left | {_other_side(name): int(self._mesh.mirror[vertex]) for name, vertex in left.items()}

    def tip_vertices(self) -> dict[str, int]:
        """Return the base-mesh vertices of the finger tips and small toes (used for the vertex order)."""
        left = {"left_small_toe": self._nearest(self._cube("l-toe-5-4") + np.array([0, 0, 0.01]))}
        for name, number in TIP_FINGERS.items():
            tip, before = self._cube(f"l-finger-{number}-4"), self._cube(f"l-finger-{number}-3")
            left[f"left_{name}_tip"] = self._nearest(tip + 0.5 * (tip - before))
        return left | {_other_side(name): int(self._mesh.mirror[vertex]) for name, vertex in left.items()}

    def _cube(self, name: str) -> FloatArray:
        return self._mesh.joint_centre(self._shape, name)

    def _nearest(self, point: FloatArray) -> int:
        return int(self._visible[self._tree.query(point)[1]])

    def _nose_tip(self) -> int:
        seam = self._visible[self._mesh.mirror[self._visible] == self._visible]
        height = self._shape[seam, 1]
        face = seam[(height > self._cube("mouth")[1]) & (height < self._cube("l-eye")[1])]
        return int(face[np.argmax(self._shape[face, 2])])

    def _heel(self) -> int:
        """Return the vertex at the back of the left sole, below the middle of the ankle."""
        sole = self._shape[self._visible, 1].min()
        ankle = self._cube("l-ankle")
        points = self._shape[self._visible]
        score = points[:, 2] + 0.7 * np.abs(points[:, 1] - sole - 0.012) + 0.5 * np.abs(points[:, 0] - ankle[0])
        score[(points[:, 0] < 0) | (points[:, 1] > sole + 0.05)] = np.inf
        return int(self._visible[np.argmin(score)])

    def _moved(self, target: str) -> FloatArray:
        """Return how far (B,) a shape target moves each visible vertex of the left half."""
        distance = np.zeros(len(self._shape))
        moved = np.linalg.norm(read_target(self._folder, target, self._mesh.mirror), axis=1)
        distance[self._visible] = moved[self._visible] * (self._shape[self._visible, 0] > 0)
        return distance

    def _most_moved(self, target: str) -> int:
        return int(np.argmax(self._moved(target)))

    def _moved_centre(self, target: str) -> FloatArray:
        centre: FloatArray = self._shape[self._moved(target) > 0].mean(axis=0)
        return centre


def landmark_regressor(
    vertices: dict[str, int],
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """Return joint weights (33, 24), vertex ids (K,) and vertex weights (33, K) of the landmarks.

    Args:
        vertices: vertex of each skin landmark by landmark name, in the final vertex order.
    """
    joint_weights = np.zeros((LANDMARK_COUNT, JOINT_COUNT), np.float32)
    names = [name for name in LANDMARK_NAMES if name in vertices]
    vertex_weights = np.zeros((LANDMARK_COUNT, len(names)), np.float32)
    for column, name in enumerate(names):
        vertex_weights[LANDMARK_NAMES.index(name), column] = 1.0
    for side in ("left_", "right_"):
        _adjust_hand(side, names, joint_weights, vertex_weights)
    for side in ("left_", "right_"):
        for name in JOINT_LANDMARKS:
            joint_weights[LANDMARK_NAMES.index(side + name), JOINT_NAMES.index(side + name)] = 1.0
        hip = LANDMARK_NAMES.index(side + "hip")
        joint_weights[hip, JOINT_NAMES.index(side + "hip")] = 1.0 + HIP_WIDENING
        joint_weights[hip, JOINT_NAMES.index(_other_side(side) + "hip")] = -HIP_WIDENING
    return joint_weights, np.array([vertices[name] for name in names], np.int32), vertex_weights


def _adjust_hand(
    side: str, names: list[str], joint_weights: NDArray[np.float32], vertex_weights: NDArray[np.float32]
) -> None:
    """Move index and pinky towards each other and the thumb towards the wrist, as BlazePose places them."""
    for name, other in (("index", "pinky"), ("pinky", "index")):
        row = LANDMARK_NAMES.index(side + name)
        vertex_weights[row, names.index(side + name)] = 1.0 - KNUCKLE_CLOSING
        vertex_weights[row, names.index(side + other)] = KNUCKLE_CLOSING
    thumb = LANDMARK_NAMES.index(side + "thumb")
    vertex_weights[thumb, names.index(side + "thumb")] = 1.0 - THUMB_CLOSING
    joint_weights[thumb, JOINT_NAMES.index(side + "wrist")] = THUMB_CLOSING


def _other_side(name: str) -> str:
    return name.replace("left", "right") if "left" in name else name.replace("right", "left")
