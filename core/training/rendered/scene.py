"""A scene in world axes (Y up) and the exposure of its frames: skinning, light maps, buffers, shading, development."""

from typing import Final

import numpy as np

from .arrays import FloatArray, Image, IntArray
from .environment import Environment
from .kernel_types import Backdrop, Camera, FloorShape, Light
from .light_maps import light_maps
from .materials import material_table
from .meshes import Mesh, join_meshes
from .raster_kernels import project, rasterise, skin_vertices, vertex_normals
from .scene_parts import CameraPath, Floor, Grading, ScenePerson
from .shading_kernels import paint_backdrop, shade_backdrop, shade_floor, shade_surfaces

MIDDLE_EXPOSURE: Final = 1
"""The exposure whose depths decide what is hidden."""

FILM_SPEED: Final = 0.75
LOW_PROP_M: Final = 1.2
"""Props that are higher than this do not shade the sky."""


class Scene:
    """Everything that stands in front of the camera."""

    def __init__(
        self, people: list[ScenePerson], props: list[Mesh], environment: Environment, floor: Floor, camera: CameraPath
    ) -> None:
        self._people, self._environment, self._floor, self._camera = people, environment, floor, camera
        whole = join_meshes([*(person.mesh for person in people), *props])
        self._rest, self._faces, self._cover = whole.rest, whole.faces.astype(np.int32), whole.cover
        self._face_material = whole.face_material.astype(np.int32)
        self._floor_row = len(whole.materials)
        self._materials = material_table([*whole.materials, floor.material])
        self._skins = [_strongest(person.mesh.weights) for person in people]
        self._person_vertices = sum(len(person.mesh.rest) for person in people)
        heights = np.where(np.arange(len(whole.rest)) < self._person_vertices, floor.height, whole.rest[:, 1])
        self._low_faces = self._faces[heights[whole.faces].max(axis=1) < floor.height + LOW_PROP_M]
        width, height = camera.image_size
        self._triangle = np.empty((height, width), np.int32)
        self._place = np.zeros((height, width, 2))
        self._nearness = np.zeros((height, width))
        self._floor_light = (np.empty((height, width)), np.empty((height, width)))
        self._backdrops: dict[int, Backdrop] = {}
        self._posed: dict[int, FloatArray] = {}

    @property
    def frame_count(self) -> int:
        """How many frames the scene lasts."""
        return len(self._camera.camera_from_world)

    def render(self, frame: int, grading: Grading) -> tuple[Image, FloatArray]:
        """Return the picture (H, W, 3), red first, and the depths (H, W) along the view, infinite without a surface."""
        points = self._vertices(frame)
        motion = 0.5 * (self._vertices(frame + 1) - self._vertices(frame - 1))
        normals = np.empty_like(points)
        vertex_normals(points, self._faces, normals)
        people = points[: self._person_vertices]
        sun_direction = self._environment.sun_direction
        maps = light_maps(points, self._cover, self._faces, self._low_faces, people, sun_direction)
        light, floor = self._light(), self._floor_shape()
        picture, depths, screen = np.zeros((*self._triangle.shape, 3)), self._nearness, np.empty_like(points)
        for index, (moment, shift_x, shift_y) in enumerate(grading.exposures):
            moved = points + grading.shutter_share * moment * motion
            camera = self._camera_at(frame, grading.shutter_share * moment, shift_x, shift_y)
            project(moved, camera, screen)
            rasterise(screen, self._faces, self._cover, self._triangle, self._place, self._nearness)
            if index == MIDDLE_EXPOSURE:
                depths = np.where(self._nearness > 0, 1 / np.maximum(self._nearness, 1e-9), np.inf)
            surfaces = (moved, normals, self._rest, self._faces, self._face_material)
            shade_surfaces(self._triangle, self._place, surfaces, self._materials, camera, light, maps, picture)
            backdrop = self._backdrop(index, camera, light)
            if index == 0:
                # The shadows on the floor are alike in all exposures but for a fraction of a pixel.
                shade_floor(camera, floor, maps, backdrop[1], *self._floor_light)
            shade_backdrop(self._triangle, *self._floor_light, backdrop, picture)
        return _developed(picture / len(grading.exposures), frame, grading), depths

    def _vertices(self, frame: int) -> FloatArray:
        """Return all vertices (V, 3) in the world, metres; frames outside are the first or last one."""
        frame = min(max(frame, 0), self.frame_count - 1)
        if frame not in self._posed:
            self._posed = {kept: points for kept, points in self._posed.items() if abs(kept - frame) <= 2}
            self._posed[frame] = self._skinned(frame)
        return self._posed[frame]

    def _skinned(self, frame: int) -> FloatArray:
        points = np.array(self._rest)
        start = 0
        for person, (ids, weights) in zip(self._people, self._skins, strict=True):
            end = start + len(ids)
            skin_vertices(self._rest[start:end], ids, weights, person.transforms[frame], points[start:end])
            start = end
        return points

    def _camera_at(self, frame: int, moment: float, shift_x: float, shift_y: float) -> Camera:
        before, after = max(frame - 1, 0), min(frame + 1, self.frame_count - 1)
        path = self._camera.camera_from_world
        rotation = path[frame, :3, :3] + 0.5 * moment * (path[after, :3, :3] - path[before, :3, :3])
        step = 0.5 * moment * (self._camera.position(after) - self._camera.position(before))
        width, height = self._camera.image_size
        position = self._camera.position(frame) + step
        return rotation, position, self._camera.focal_length_px, width / 2 + shift_x, height / 2 + shift_y

    def _backdrop(self, exposure: int, camera: Camera, light: Light) -> Backdrop:
        """Return the sky and the floor of one of the exposures, painted anew only where the camera moves."""
        if exposure not in self._backdrops or self._camera.is_moving:
            fixed, soft, sunny = (np.empty((*self._triangle.shape, 3), np.float32) for _ in range(3))
            paint_backdrop(camera, light, self._floor_shape(), self._materials, (fixed, soft, sunny))
            self._backdrops[exposure] = fixed, soft, sunny
        return self._backdrops[exposure]

    def _light(self) -> Light:
        environment = self._environment
        return environment.panorama, environment.harmonics, environment.sun_direction, environment.sun

    def _floor_shape(self) -> FloorShape:
        floor = self._floor
        return self._floor_row, floor.height, floor.centre[0], floor.centre[1], floor.radius, floor.fade


def _developed(linear: FloatArray, frame: int, grading: Grading) -> Image:
    """Return the linear picture through a filmic curve, as sRGB with sensor noise.

    Source: K. Narkowicz, "ACES filmic tone mapping curve" (2015).
    """
    x = FILM_SPEED * linear
    bent = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    curve = np.where(bent < 0.0031308, 12.92 * bent, 1.055 * np.clip(bent, 1e-6, None) ** (1 / 2.4) - 0.055)
    random = np.random.default_rng([grading.seed, frame])
    noise = random.standard_normal(linear.shape[:2]).astype(np.float32)[..., None]
    noise = noise + 0.5 * random.standard_normal(linear.shape).astype(np.float32)
    picture: Image = np.clip(255 * curve + grading.noise_levels * noise + 0.5, 0, 255).astype(np.uint8)
    return picture


def _strongest(weights: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the four strongest joints (V, 4) of each vertex and their weights, which sum to 1."""
    ids = np.argsort(-weights, axis=1)[:, :4]
    values = np.take_along_axis(weights, ids, axis=1)
    return ids, values / np.maximum(values.sum(axis=1, keepdims=True), 1e-9)
