"""What goes together into the compiled kernels, as plain tuples, which numba takes apart at no cost."""

from typing import TypeAlias

from .arrays import FloatArray, IntArray

Array: TypeAlias = FloatArray
Indices: TypeAlias = IntArray
Picture: TypeAlias = FloatArray
Triple: TypeAlias = tuple[float, float, float]

Camera: TypeAlias = tuple[Array, Array, float, float, float]
"""rotation (3, 3) camera from world, position (3,) world metres, focal length px, centre x px, centre y px."""

Light: TypeAlias = tuple[Picture, Array, Array, Array]
"""panorama (H, W, 3), harmonics (9, 3), direction towards the sun (3,), sun (3,)."""

LightMaps: TypeAlias = tuple[Array, Array, float, Array, Array, float]
"""Heights (N, N) seen from the sun, its frame (3, 4) from world, its softness px; the same of the zenith."""

FloorShape: TypeAlias = tuple[int, float, float, float, float, float]
"""Row of the materials, height, centre x, centre z, radius, width of the fading edge; metres."""

Backdrop: TypeAlias = tuple[Picture, Picture, Picture]
"""fixed, soft, sunny (H, W, 3): the sky, and the floor's shares of soft light and of the sun."""

Surfaces: TypeAlias = tuple[Array, Array, Array, Indices, Indices]
"""vertices, normals, rest (V, 3), faces (F, 3), face_material (F,)."""
