"""Compiled kernels that turn triangles into buffers: which triangle a pixel shows, where on it, and how far away."""

import math

import numpy as np

from .development_packages import compiled
from .kernel_types import Array, Camera, Indices

NEAREST_M = 0.05
"""What is nearer to the camera than this is not drawn."""


@compiled
def skin_vertices(rest: Array, joint_ids: Indices, joint_weights: Array, transforms: Array, out: Array) -> None:
    """Write the vertices (V, 3) posed by the joints' transforms (J, 3, 4); four joints a vertex (V, 4)."""
    for v in range(len(rest)):
        for axis in range(3):
            total = 0.0
            for k in range(joint_ids.shape[1]):
                row = transforms[joint_ids[v, k], axis]
                total += joint_weights[v, k] * (
                    row[0] * rest[v, 0] + row[1] * rest[v, 1] + row[2] * rest[v, 2] + row[3]
                )
            out[v, axis] = total


@compiled
def vertex_normals(vertices: Array, faces: Indices, out: Array) -> None:
    """Write the vertices' unit normals (V, 3), weighted by the areas of their triangles."""
    out[:] = 0.0
    for f in range(len(faces)):
        a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        for k in range(3):
            v = faces[f, k]
            out[v, 0] += uy * vz - uz * vy
            out[v, 1] += uz * vx - ux * vz
            out[v, 2] += ux * vy - uy * vx
    for v in range(len(out)):
        out[v] /= math.sqrt(out[v, 0] ** 2 + out[v, 1] ** 2 + out[v, 2] ** 2) + 1e-12


@compiled
def project(points: Array, camera: Camera, out: Array) -> None:
    """Write x px, y px and 1 / depth (V, 3) of world points; what is behind the camera gets a negative third value."""
    rotation, position, focal_px, centre_x, centre_y = camera
    for v in range(len(points)):
        dx, dy, dz = points[v, 0] - position[0], points[v, 1] - position[1], points[v, 2] - position[2]
        z = rotation[2, 0] * dx + rotation[2, 1] * dy + rotation[2, 2] * dz
        if z < NEAREST_M:
            out[v, 0], out[v, 1], out[v, 2] = 0.0, 0.0, -1.0
        else:
            out[v, 0] = focal_px * (rotation[0, 0] * dx + rotation[0, 1] * dy + rotation[0, 2] * dz) / z + centre_x
            out[v, 1] = focal_px * (rotation[1, 0] * dx + rotation[1, 1] * dy + rotation[1, 2] * dz) / z + centre_y
            out[v, 2] = 1.0 / z


@compiled
def pixel_range(a: float, b: float, c: float, count: int) -> tuple[int, int]:
    """Return the first pixel, and the one after the last, whose centre may lie between three coordinates."""
    first, last = math.ceil(min(a, b, c) - 0.5), math.floor(max(a, b, c) - 0.5)
    return max(0, int(first)), min(count - 1, int(last)) + 1


@compiled
def corner_shares(a: Array, b: Array, c: Array, area: float, x: int, y: int) -> tuple[float, float]:
    """Return the shares of the first two corners at a pixel's centre; negative, or above 1 in sum, outside."""
    px, py = x + 0.5 - c[0], y + 0.5 - c[1]
    return ((b[1] - c[1]) * px + (c[0] - b[0]) * py) / area, ((c[1] - a[1]) * px + (a[0] - c[0]) * py) / area


@compiled
def twice_area(a: Array, b: Array, c: Array) -> float:
    """Return twice the signed area of a triangle on the screen."""
    return float((b[1] - c[1]) * (a[0] - c[0]) + (c[0] - b[0]) * (a[1] - c[1]))


@compiled
def fill_triangle(face: int, corners: Array, covers: Array, triangle: Indices, place: Array, nearness: Array) -> None:
    """Enter one triangle, corners (3, 3) of `project`, into the buffers wherever it is nearest."""
    a, b, c = corners[0], corners[1], corners[2]
    area = twice_area(a, b, c)
    left, right = pixel_range(a[0], b[0], c[0], triangle.shape[1])
    top, bottom = pixel_range(a[1], b[1], c[1], triangle.shape[0])
    if abs(area) < 1e-9:
        return
    for y in range(top, bottom):
        for x in range(left, right):
            u, v = corner_shares(a, b, c, area, x, y)
            w = 1 - u - v
            near = u * a[2] + v * b[2] + w * c[2]
            if min(u, v, w) < 0 or near <= nearness[y, x] or u * covers[0] + v * covers[1] + w * covers[2] < 0:
                continue
            nearness[y, x] = near
            triangle[y, x] = face
            place[y, x, 0] = u * a[2] / near
            place[y, x, 1] = v * b[2] / near


@compiled
def rasterise(screen: Array, faces: Indices, cover: Array, triangle: Indices, place: Array, nearness: Array) -> None:
    """Fill the buffers with the nearest triangles.

    Args:
        screen: (V, 3) of `project`. cover: (V,) a pixel where it is negative is not there (beyond a hem).
        triangle: (H, W) int32, -1 for none. place: (H, W, 2) the shares of the first two corners, in perspective.
        nearness: (H, W) 1 / depth, 0 for none.
    """
    triangle[:] = -1
    nearness[:] = 0.0
    corners, covers = np.empty((3, 3)), np.empty(3)
    for face in range(len(faces)):
        for k in range(3):
            corners[k] = screen[faces[face, k]]
            covers[k] = cover[faces[face, k]]
        if corners[:, 2].min() > 0 and covers.max() >= 0:
            fill_triangle(face, corners, covers, triangle, place, nearness)


@compiled
def rasterise_heights(points: Array, faces: Indices, cover: Array, heights: Array) -> None:
    """Fill a map (N, N) with the largest third coordinate of the triangles; points (V, 3): column, row px, height."""
    heights[:] = -1e9
    for face in range(len(faces)):
        a, b, c = points[faces[face, 0]], points[faces[face, 1]], points[faces[face, 2]]
        area = twice_area(a, b, c)
        if min(cover[faces[face, 0]], cover[faces[face, 1]], cover[faces[face, 2]]) < 0 or abs(area) < 1e-9:
            continue
        left, right = pixel_range(a[0], b[0], c[0], len(heights))
        top, bottom = pixel_range(a[1], b[1], c[1], len(heights))
        for y in range(top, bottom):
            for x in range(left, right):
                u, v = corner_shares(a, b, c, area, x, y)
                if min(u, v, 1 - u - v) >= 0:
                    heights[y, x] = max(heights[y, x], u * a[2] + v * b[2] + (1 - u - v) * c[2])
