"""Compiled kernels that colour a picture: sky and floor, which a still camera sees alike in all frames, and surfaces.

kernel_types.py says what the tuples hold.
"""

import math

from .development_packages import compiled
from .kernel_types import Array, Backdrop, Camera, FloorShape, Indices, Light, LightMaps, Picture, Surfaces, Triple
from .light_kernels import gleam, panorama_colour, sky_share, soft_light, sun_share
from .materials import BUMP, GLOSS
from .noise_kernels import noise
from .pattern_kernels import surface_colour

WRINKLES_PER_M = 45.0
OFF_SURFACE_M = 0.012
"""Points are moved this far off their surface before the light maps are asked, lest it shades itself."""


@compiled
def view_direction(camera: Camera, row: int, column: int) -> Triple:
    """Return the unit direction in the world of a pixel's centre."""
    rotation, _, focal, centre_x, centre_y = camera
    x, y = (column + 0.5 - centre_x) / focal, (row + 0.5 - centre_y) / focal
    dx = rotation[0, 0] * x + rotation[1, 0] * y + rotation[2, 0]
    dy = rotation[0, 1] * x + rotation[1, 1] * y + rotation[2, 1]
    dz = rotation[0, 2] * x + rotation[1, 2] * y + rotation[2, 2]
    size = math.sqrt(dx * dx + dy * dy + dz * dz)
    return dx / size, dy / size, dz / size


@compiled
def floor_point(position: Array, view: Triple, floor: FloorShape) -> Triple:
    """Return where a view meets the floor, x and z, and how much of the floor shows there, 0 beyond its edge."""
    _, height, middle_x, middle_z, radius, fade = floor
    far = (height - position[1]) / view[1] if abs(view[1]) > 1e-4 else -1.0
    if far <= 0:
        return 0.0, 0.0, 0.0
    x, z = position[0] + far * view[0], position[2] + far * view[2]
    away = math.sqrt((x - middle_x) ** 2 + (z - middle_z) ** 2)
    return x, z, min(max((radius - away) / fade, 0.0), 1.0)


@compiled
def paint_backdrop(camera: Camera, light: Light, floor: FloorShape, materials: Array, backdrop: Backdrop) -> None:
    """Fill the backdrop with the panorama and the unshaded floor."""
    panorama, harmonics, sun_direction, sun = light
    fixed, soft, sunny = backdrop
    for i in range(fixed.shape[0]):
        for j in range(fixed.shape[1]):
            view = view_direction(camera, i, j)
            x, z, blend = floor_point(camera[1], view, floor)
            albedo = surface_colour(materials[floor[0]], x, 0.0, z)
            for k in range(3):
                fixed[i, j, k] = (1 - blend) * panorama_colour(panorama, view[0], view[1], view[2], k)
                soft[i, j, k] = blend * albedo[k] * soft_light(harmonics, 0.0, 1.0, 0.0, k)
                sunny[i, j, k] = blend * albedo[k] * sun[k] * max(sun_direction[1], 0.0)


@compiled
def shade_floor(camera: Camera, floor: FloorShape, maps: LightMaps, soft: Picture, ambient: Array, lit: Array) -> None:
    """Fill ambient and lit (H, W) with the shares of soft and sun light that reach the floor, seen or not."""
    ambient[:] = 1.0
    lit[:] = 1.0
    for i in range(ambient.shape[0]):
        for j in range(ambient.shape[1]):
            if soft[i, j, 0] > 0:
                x, z, _ = floor_point(camera[1], view_direction(camera, i, j), floor)
                ambient[i, j] = sky_share(maps, (x, floor[1], z))
                lit[i, j] = sun_share(maps, (x, floor[1] + OFF_SURFACE_M, z))


@compiled
def shade_backdrop(triangle: Indices, ambient: Array, lit: Array, backdrop: Backdrop, picture: Picture) -> None:
    """Add the backdrop to the pixels that show no triangle, with the shadows that fall on the floor."""
    fixed, soft, sunny = backdrop
    for i in range(triangle.shape[0]):
        for j in range(triangle.shape[1]):
            if triangle[i, j] < 0:
                for k in range(3):
                    picture[i, j, k] += fixed[i, j, k] + ambient[i, j] * soft[i, j, k] + lit[i, j] * sunny[i, j, k]


@compiled
def between(values: Array, faces: Indices, face: int, u: float, v: float) -> Triple:
    """Return the vertices' values (V, 3) at a point of a triangle."""
    a, b, c = values[faces[face, 0]], values[faces[face, 1]], values[faces[face, 2]]
    w = 1 - u - v
    return u * a[0] + v * b[0] + w * c[0], u * a[1] + v * b[1] + w * c[1], u * a[2] + v * b[2] + w * c[2]


@compiled
def wrinkled(normal: Triple, rest: Triple, bump: float, view: Triple) -> Triple:
    """Return the unit normal, tilted by wrinkles and turned towards the camera."""
    x, y, z = WRINKLES_PER_M * rest[0], WRINKLES_PER_M * rest[1], WRINKLES_PER_M * rest[2]
    nx, ny, nz = normal
    if bump > 0:
        base = noise(x, y, z)
        nx += bump * (noise(x + 0.35, y, z) - base)
        ny += bump * (noise(x, y + 0.35, z) - base)
        nz += bump * (noise(x, y, z + 0.35) - base)
    facing = max(nx * view[0] + ny * view[1] + nz * view[2], 0.0)
    nx, ny, nz = nx - 2 * facing * view[0], ny - 2 * facing * view[1], nz - 2 * facing * view[2]
    size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
    return nx / size, ny / size, nz / size


@compiled
def surface_light(
    material: Array,
    point: Triple,
    normal: Triple,
    rest: Triple,
    view: Triple,
    light: Light,
    maps: LightMaps,
) -> Triple:
    """Return the linear colour of a surface point."""
    _, harmonics, sun_direction, sun = light
    off = (
        point[0] + OFF_SURFACE_M * normal[0],
        point[1] + OFF_SURFACE_M * normal[1],
        point[2] + OFF_SURFACE_M * normal[2],
    )
    ambient = sky_share(maps, off)
    lit = max(normal[0] * sun_direction[0] + normal[1] * sun_direction[1] + normal[2] * sun_direction[2], 0.0)
    if lit > 0:
        lit *= sun_share(maps, off)
    red, green, blue = surface_colour(material, rest[0], rest[1], rest[2])
    shine = gleam(material[GLOSS], normal, view, sun_direction, lit)
    x, y, z = normal
    return (
        red * (ambient * soft_light(harmonics, x, y, z, 0) + lit * sun[0])
        + shine * (sun[0] + 0.3 * ambient * harmonics[0, 0]),
        green * (ambient * soft_light(harmonics, x, y, z, 1) + lit * sun[1])
        + shine * (sun[1] + 0.3 * ambient * harmonics[0, 1]),
        blue * (ambient * soft_light(harmonics, x, y, z, 2) + lit * sun[2])
        + shine * (sun[2] + 0.3 * ambient * harmonics[0, 2]),
    )


@compiled
def shade_surfaces(
    triangle: Indices,
    place: Array,
    surfaces: Surfaces,
    materials: Array,
    camera: Camera,
    light: Light,
    maps: LightMaps,
    picture: Picture,
) -> None:
    """Add the light of the triangles that `rasterise` found to the linear picture (H, W, 3)."""
    vertices, normals, rest, faces, face_material = surfaces
    for i in range(triangle.shape[0]):
        for j in range(triangle.shape[1]):
            face = triangle[i, j]
            if face < 0:
                continue
            u, v = place[i, j, 0], place[i, j, 1]
            view, painted = view_direction(camera, i, j), between(rest, faces, face, u, v)
            material = materials[face_material[face]]
            normal = wrinkled(between(normals, faces, face, u, v), painted, material[BUMP], view)
            point = between(vertices, faces, face, u, v)
            colour = surface_light(material, point, normal, painted, view, light, maps)
            for k in range(3):
                picture[i, j, k] += colour[k]
