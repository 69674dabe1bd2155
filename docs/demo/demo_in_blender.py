"""The part of `dev.py demo` that runs inside Blender: the add-on's own operators, as a user's click would run them.

    python demo_in_blender.py VIDEO FOLDER     (Python of an environment with the module bpy)

Writes NAME.npz, NAME.blend, NAME.fbx, the pictures renders/frame_000123.png (named by source frame,
seen from the video's side and from another), and seconds.json with the time of each stage.
"""

import importlib.util
import json
import math
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix, Vector

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = "jointwise_demo"
PICTURE_COUNT: Final = 5
PICTURE_HEIGHT_PX: Final = 300
PICTURE_WIDTH_PX: Final = 230
VIEW_HEIGHT_M: Final = 2.2
VIEW_ANGLES: Final = (0.0, math.radians(65))
"""Of each view, around the body from the video's camera; a right angle would hide one arm."""
BONE_COLOR: Final = (0.8, 0.08, 0.0, 1.0)
BODY_COLOR: Final = (0.25, 0.45, 0.7, 1.0)
FLOOR_COLOR: Final = (0.4, 0.4, 0.4, 1.0)
SKY_COLOR: Final = (0.6, 0.62, 0.65, 1.0)


def main(video: Path, folder: Path) -> int:
    """Run all stages and return the exit code; an operator's own sentence says what went wrong."""
    seconds: dict[str, float] = {}
    bpy.ops.wm.read_factory_settings(use_empty=True)
    # No walk_excerpt.blend1 beside the result of a second run.
    bpy.context.preferences.filepaths.save_version = 0
    extension = load_extension()
    scene = bpy.context.scene
    scene.jointwise.motion_path = str(folder / f"{video.stem}.npz")
    try:
        with timed("estimate", seconds):
            bpy.ops.jointwise.estimate("EXEC_DEFAULT", filepath=str(video))
            # A new scene has 24 frames a second; the files for the user shall have the video's.
            bpy.ops.jointwise.set_scene_rate()
        armature = bpy.context.view_layer.objects.active
        with timed("save .blend", seconds):
            bpy.ops.wm.save_as_mainfile(filepath=str(folder / f"{video.stem}.blend"))
        with timed("export FBX", seconds):
            bpy.ops.jointwise.export_fbx("EXEC_DEFAULT", filepath=str(folder / f"{video.stem}.fbx"))
    except RuntimeError as error:
        # Blender raises what an operator reports as an error.
        print(str(error).strip(), file=sys.stderr)
        return 2
    with timed("render pictures", seconds):
        frames = scene_frames_by_source_frame(folder / f"{video.stem}.npz")
        render_pictures(scene, armature, frames, folder / "renders")
    extension.unregister()
    (folder / "seconds.json").write_text(json.dumps(seconds), encoding="utf-8")
    return 0


def load_extension() -> Any:
    """Load the repository's root as the package that Blender would make of it, register it, and return it."""
    spec = importlib.util.spec_from_file_location(PACKAGE, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{ROOT} is not an extension")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)
    module.register()
    return module


@contextmanager
def timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    """Say that a stage begins, and note how long it took."""
    print(f"{stage} ...", file=sys.stderr, flush=True)
    started_s = time.monotonic()
    yield
    seconds[stage] = time.monotonic() - started_s


def scene_frames_by_source_frame(motion_path: Path) -> dict[int, float]:
    """Return source frame -> scene frame for a few source frames spread over the motion."""
    keyframes = importlib.import_module(f"{PACKAGE}.blender_addon.keyframes")
    scene_rate = importlib.import_module(f"{PACKAGE}.blender_addon.scene_rate")
    scene = bpy.context.scene
    with np.load(motion_path, allow_pickle=False) as motion:
        frame_ids, timestamps = motion["frame_ids"], motion["timestamps"]
    frames = keyframes.scene_frames(timestamps, scene.frame_start, scene_rate.scene_rate_hz(scene))
    # The very ends are often cut off by the picture's border.
    rows = np.unique(np.linspace(0, len(frame_ids) - 1, PICTURE_COUNT + 2).round().astype(int)[1:-1])
    return {int(frame_ids[row]): float(frames[row]) for row in rows}


def render_pictures(scene: Any, armature: Any, frames: dict[int, float], folder: Path) -> None:
    """Write frame_000123.png for each source frame: the bones in the translucent body, in two views."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    set_up_rendering(scene)
    bones = bpy.data.objects.new("bones", bpy.data.meshes.new("bones"))
    bones.data.materials.append(material("bones", BONE_COLOR, 1.0))
    scene.collection.objects.link(bones)
    for child in armature.children_recursive:
        if child.type == "MESH":
            child.data.materials.clear()
            child.data.materials.append(material("body", BODY_COLOR, 0.35))
    film_camera, view_camera = scene.camera, new_view_camera(scene)
    scene.camera = view_camera
    scene.render.resolution_x, scene.render.resolution_y = PICTURE_WIDTH_PX, PICTURE_HEIGHT_PX
    for source_frame, scene_frame in frames.items():
        scene.frame_set(int(scene_frame), subframe=scene_frame % 1)
        draw_bones(bones.data, armature)
        views = []
        for angle in VIEW_ANGLES:
            place_view_camera(view_camera, film_camera, armature, angle)
            views.append(render(scene, folder / "view.png"))
        save_picture(np.concatenate(views, axis=1), folder / f"frame_{source_frame:06d}.png")
    (folder / "view.png").unlink()


def set_up_rendering(scene: Any) -> None:
    """Cycles on the CPU works without a display; a few samples are enough for small pictures."""
    import addon_utils

    addon_utils.enable("cycles", default_set=True)
    scene.render.engine = "CYCLES"
    scene.render.use_persistent_data = True
    scene.cycles.device = "CPU"
    scene.cycles.samples = 8
    scene.cycles.use_denoising = True
    scene.cycles.max_bounces = 2
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGB"
    scene.view_settings.view_transform = "Standard"
    world = bpy.data.worlds.new("demo")
    enable_nodes(world)
    world.node_tree.nodes["Background"].inputs["Color"].default_value = SKY_COLOR
    scene.world = world
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy = 2.0
    sun.rotation_euler = (math.radians(40), math.radians(15), 0.0)
    scene.collection.objects.link(sun)
    add_floor(scene)


def add_floor(scene: Any) -> None:
    """A disc at z = 0, so that one sees whether the feet stand on it."""
    corner_count, radius_m = 64, 30.0
    angles = np.linspace(0, 2 * np.pi, corner_count, endpoint=False)
    rim = [(radius_m * math.cos(angle), radius_m * math.sin(angle), 0.0) for angle in angles]
    mesh = bpy.data.meshes.new("floor")
    mesh.from_pydata(rim, [], [list(range(corner_count))])
    mesh.materials.append(material("floor", FLOOR_COLOR, 1.0))
    scene.collection.objects.link(bpy.data.objects.new("floor", mesh))


def enable_nodes(owner: Any) -> None:
    """Give a new world or material its nodes where it has none yet; from Blender 5.0 on it always has them."""
    if owner.node_tree is None:
        owner.use_nodes = True


def material(name: str, color: tuple[float, ...], alpha: float) -> Any:
    """Return a matt material."""
    made = bpy.data.materials.new(name)
    enable_nodes(made)
    shader = made.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = color
    shader.inputs["Roughness"].default_value = 0.8
    shader.inputs["Alpha"].default_value = alpha
    return made


def draw_bones(mesh: Any, armature: Any) -> None:
    """Fill the mesh with one thin double pyramid from each joint to its parent, where they are now."""
    points: list[Vector] = []
    faces: list[tuple[int, ...]] = []
    for bone in armature.pose.bones:
        if bone.parent is not None:
            start, end = armature.matrix_world @ bone.parent.head, armature.matrix_world @ bone.head
            faces += [tuple(len(points) + corner for corner in face) for face in _PYRAMID_FACES]
            points += double_pyramid(start, end)
    mesh.clear_geometry()
    mesh.from_pydata([tuple(point) for point in points], [], faces)
    mesh.update()


_PYRAMID_FACES: Final = ((0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 1), (5, 2, 1), (5, 3, 2), (5, 4, 3), (5, 1, 4))


def double_pyramid(start: Vector, end: Vector) -> list[Vector]:
    """Return the six corners of a bone's shape: the start, a square near it, the end."""
    axis = end - start
    side = axis.orthogonal().normalized() * min(0.15 * axis.length, 0.035)
    other = side.cross(axis.normalized())
    waist = start + 0.15 * axis
    return [start, waist + side, waist + other, waist - side, waist - other, end]


def new_view_camera(scene: Any) -> Any:
    """Return a new camera without perspective, so that the body has one size in all pictures."""
    camera = bpy.data.objects.new("view", bpy.data.cameras.new("view"))
    camera.data.type = "ORTHO"
    camera.data.sensor_fit = "VERTICAL"
    camera.data.ortho_scale = VIEW_HEIGHT_M
    scene.collection.objects.link(camera)
    return camera


def place_view_camera(camera: Any, film_camera: Any, armature: Any, angle: float) -> None:
    """Put the camera before the body, turned around it by the angle (radians) from the video's view."""
    pelvis = armature.matrix_world @ armature.pose.bones["pelvis"].head
    centre = Vector((pelvis.x, pelvis.y, VIEW_HEIGHT_M * 0.42))
    to_film = film_camera.matrix_world.translation - pelvis
    to_film.z = 0.0
    direction = Matrix.Rotation(angle, 3, "Z") @ to_film.normalized()
    direction.z = 0.12
    camera.location = centre + 8.0 * direction
    camera.rotation_euler = (-direction).to_track_quat("-Z", "Y").to_euler()


def render(scene: Any, path: Path) -> Any:
    """Render and return the pixels (H, W, 4), the bottom row first."""
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(PICTURE_HEIGHT_PX, PICTURE_WIDTH_PX, 4)


def save_picture(pixels: Any, path: Path) -> None:
    """Write pixels (H, W, 4), the bottom row first, as a PNG."""
    image = bpy.data.images.new(path.stem, pixels.shape[1], pixels.shape[0])
    image.pixels.foreach_set(np.ascontiguousarray(pixels, np.float32).ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
