"""Puts a shot together: bodies dressed and moved, props about them, the camera before them."""

import json
from typing import Final

import numpy as np

from ...errors import MotionDataError
from .arrays import BoolArray, FloatArray
from .bodies import Body, BodyMaker, body_maker
from .environment import Environment, load_environment
from .materials import Material
from .meshes import Mesh
from .motions import Motion, MotionFiles, joined, mirrored, turned
from .outfits import DressedBody, dress
from .procedural_motions import running_motion, seat_of, sitting_motion
from .props import box, counter_before, posts_before, prop_material, wall_behind
from .scene import Scene
from .scene_parts import CameraPath, Floor, ScenePerson
from .shot_cameras import focal_length_px, hand_held_camera, still_camera
from .shots import RUN, Actor, Shot
from .sources import RenderSources
from .standing import PosedBody, pose_body, stand_on_floor
from .truth import ShotTruth

BLEND_S: Final = 0.35
SIT_DOWN_S: Final = (0.6, 2.0)
GET_UP_S: Final = (3.6, 4.8)


class Stage:
    """Sets up shots from one set of sources, which are read once."""

    def __init__(self, sources: RenderSources, *, for_training: bool = False) -> None:
        self._sources = sources
        self.motions = MotionFiles(sources.motions, for_training=for_training)
        self._bodies: BodyMaker = body_maker(sources.makehuman)

    def set_up(self, shot: Shot) -> tuple[Scene, ShotTruth]:
        """Return the shot's scene and its truth, in which nothing is hidden yet.

        Raises:
            MotionDataError: a clip or panorama is missing.
        """
        random = np.random.default_rng(shot.seed)
        cast = [self._cast(shot, actor) for actor in shot.actors]
        posed = [person for _, _, person, _ in cast]
        camera = self._camera(shot, posed)
        props = _props(shot, cast[0][0], posed[0], camera, random)
        people = [ScenePerson(dressed.mesh, person.transforms) for _, dressed, person, _ in cast]
        environment = load_environment(self._sources.panoramas, shot.panorama, np.deg2rad(shot.yaw_deg), shot.exposure)
        floor = _floor(shot, posed, environment, random)
        truth = ShotTruth(
            shot.kind, shot.frame_rate_hz, camera, 0.0, shot.is_moving_camera, posed, [c for *_, c in cast],
            _metadata(shot), np.zeros((len(cast), shot.frame_count, 33), bool),
        )  # fmt: skip
        return Scene(people, props, environment, floor, camera), truth

    def _cast(self, shot: Shot, actor: Actor) -> tuple[Body, DressedBody, PosedBody, BoolArray]:
        body = self._bodies.person(actor.body_seed, actor.is_man)
        dressed = dress(body, actor.outfit, actor.body_seed)
        motion = self.motion_of(shot, actor)
        motion, contacts = stand_on_floor(body, motion, shot.frame_rate_hz, dressed.sole_m, actor.is_seated)
        shift = np.array([actor.x, 0.0, actor.z]) - motion.pelvis[0] * [1.0, 0.0, 1.0]
        return body, dressed, pose_body(body, Motion(motion.rotmat, motion.pelvis + shift)), contacts

    def motion_of(self, shot: Shot, actor: Actor) -> Motion:
        """Return what an actor does, on the clips' own skeleton.

        Raises:
            MotionDataError: a clip is missing, or the takes are shorter than the shot.
        """
        rate, motion = shot.frame_rate_hz, None
        blend = round(BLEND_S * rate)
        for take in actor.takes:
            count = shot.frame_count if take.duration_s is None else round(take.duration_s * rate)
            if take.clip == RUN:
                piece = running_motion(count, rate, shot.seed)
            else:
                piece = self.motions.motion(take.clip, take.first_s, count, rate)
            piece = mirrored(piece) if take.is_mirrored else piece
            motion = piece if motion is None else joined(motion, piece, blend)
        if motion is None or motion.frame_count < shot.frame_count:
            raise MotionDataError(f"The takes of the shot {shot.name} are shorter than it.")
        motion = Motion(motion.rotmat[: shot.frame_count], motion.pelvis[: shot.frame_count])
        if actor.is_seated:
            motion = sitting_motion(motion, rate, SIT_DOWN_S, GET_UP_S)
        return turned(motion, np.deg2rad(actor.heading_deg))

    def _camera(self, shot: Shot, posed: list[PosedBody]) -> CameraPath:
        focal = focal_length_px(shot.image_size, shot.view_deg)
        azimuth = np.deg2rad(shot.azimuth_deg)
        if shot.is_moving_camera:
            return hand_held_camera(
                posed[0].landmarks, shot.image_size, focal, azimuth, shot.height_m, shot.frame_rate_hz, shot.seed
            )
        everyone = np.concatenate([person.landmarks for person in posed], axis=1)
        if shot.is_half_body:
            return still_camera(posed[0].landmarks, shot.image_size, focal, azimuth, shot.height_m, True)
        return still_camera(everyone, shot.image_size, focal, azimuth, shot.height_m)


def _props(shot: Shot, body: Body, person: PosedBody, camera: CameraPath, random: np.random.Generator) -> list[Mesh]:
    eye, pelvis = camera.position(0), person.joints[:, 0]
    props: list[Mesh] = []
    if "posts" in shot.props:
        props += posts_before(pelvis, eye, 0.0, (0.3, 0.68), prop_material(random, "grain", 0.1))
    if "counter" in shot.props:
        props.append(counter_before(pelvis, eye, 0.0, 0.86, prop_material(random, "planks", 0.2)))
    if "wall" in shot.props:
        props.append(wall_behind(pelvis, eye, 0.0, 1.3, prop_material(random, "bricks", 0.12)))
    if "box" in shot.props:
        seated = int(np.argmin(pelvis[:, 1]))
        top, heading = seat_of(body, person.joints[seated])
        back = np.array([np.sin(heading), 0.0, np.cos(heading)])
        centre = top - 0.08 * back
        props.append(
            box(
                _at_height(centre, top[1] / 2),
                (0.55, float(top[1]), 0.42),
                heading,
                prop_material(random, "grain", 0.2),
            )
        )
    return props


def _at_height(point: FloatArray, height: float) -> FloatArray:
    return np.array([point[0], height, point[2]])


def _floor(shot: Shot, posed: list[PosedBody], environment: Environment, random: np.random.Generator) -> Floor:
    """Return a floor of the panorama's own ground colour, as wide as the people's paths need."""
    path = np.concatenate([person.joints[:, 0] for person in posed])[:, [0, 2]]
    middle = 0.5 * (path.min(axis=0) + path.max(axis=0))
    reach = float(np.linalg.norm(path - middle, axis=1).max())
    sizes = {"planks": 0.13, "tiles": float(random.uniform(0.3, 0.6)), "grain": 0.06}
    first = np.clip(environment.ground * random.uniform(0.85, 1.2), 0.03, 0.7)
    second = first * random.uniform(0.45, 0.8)
    material = Material(
        shot.floor,
        (float(first[0]), float(first[1]), float(first[2])),
        (float(second[0]), float(second[1]), float(second[2])),
        sizes[shot.floor],
    )
    return Floor(material, 0.0, (float(middle[0]), float(middle[1])), reach + 7.0, 4.5)


def _metadata(shot: Shot) -> str:
    return json.dumps(
        {
            "name": shot.name,
            "fingerprint": shot.fingerprint(),
            "procedural": shot.is_procedural,
            "clips": [[take.clip for take in actor.takes] for actor in shot.actors],
            "bodies": [actor.body_seed for actor in shot.actors],
            "panorama": shot.panorama,
        }
    )
