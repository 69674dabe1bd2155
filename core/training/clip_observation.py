"""What BlazePose would report of a scene by the error model of one real clip (`landmark_noise.py`)."""

from torch import Generator

from .cameras import PERSON_HEIGHT_M
from .landmark_noise import NoiseSettings, clip_amplitude, image_error, noisy_world_landmarks
from .observation import Observation, Scene, hip_middle
from .occlusion import OcclusionSettings, hide_landmarks, swap_sides


def observe_clip(scene: Scene, noise: NoiseSettings, occlusion: OcclusionSettings, generator: Generator) -> Observation:
    """Return what BlazePose would report of a scene."""
    rate = scene.frame_rate_hz
    hidden = hide_landmarks(scene.landmarks, scene.keypoints2d, rate, occlusion, generator)
    degradation = hidden.degradation(occlusion) * clip_amplitude(len(scene.landmarks), noise, generator)
    rooted = scene.landmarks - hip_middle(scene.landmarks)
    world = noisy_world_landmarks(rooted, degradation, rate, noise, generator)
    height2d = PERSON_HEIGHT_M * scene.metre2d[..., None]
    keypoints2d = scene.keypoints2d + image_error(degradation, rate, noise, generator) * height2d
    observed = [keypoints2d, world, hidden.visibility(generator)]
    keypoints2d, world, visibility = swap_sides(observed, rate, occlusion.swap_rate, generator)
    return Observation(keypoints2d, world - hip_middle(world), visibility, scene.metre2d)
