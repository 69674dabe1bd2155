"""What our landmark network says about a rendered video, and what the simulator would say in its place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...models.engine import load_network
from ...person_tracker import PersonTracker
from ...video import VideoReader
from ..landmark_noise import clip_amplitude, image_error, noisy_world_landmarks
from ..occlusion import hide_landmarks, swap_sides
from ..simulator import BENCHMARK, SimulatorSettings, hip_middle
from .rendered_tracks import match_person, spread_over_frames
from .rendered_truth import ShotTruth

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ObservedLandmarks:
    """Landmarks of one person on all T frames of a shot, before any repair; NaN where the person was not seen.

    Attributes:
        truth: of the person whom they show.
        world_landmarks: (T, 33, 3) metres, camera axes, rooted at the middle of the hips.
        keypoints2d_px: (T, 33, 2).
        visibility: (T, 33) 0..1.
    """

    truth: ShotTruth
    world_landmarks: FloatArray
    keypoints2d_px: FloatArray
    visibility: FloatArray


def observe_video(video: Path, people: list[ShotTruth], model: str) -> ObservedLandmarks | None:
    """Return what BlazePose `heavy` or `full` says about the main person of a video; None where nobody is found.

    Raises:
        VideoError, WeightsError, EngineError: the video or the network cannot be used.
    """
    tracker = PersonTracker(load_network("blazepose_detector"), load_network(f"blazepose_{model}"))
    with VideoReader(video) as reader:
        for frame in reader:
            tracker.update(frame)
    tracks = tracker.finish()
    if not tracks:
        return None
    track, frame_count = tracks[0], people[0].frame_count
    world, keypoints2d_px, visibility = (
        spread_over_frames(values, track.frame_ids, frame_count)
        for values in (track.world_landmarks, track.keypoints2d_px, track.visibility)
    )
    return ObservedLandmarks(people[match_person(keypoints2d_px, people)], world, keypoints2d_px, visibility)


def simulate_observation(
    truth: ShotTruth, generator: torch.Generator, settings: SimulatorSettings = BENCHMARK
) -> ObservedLandmarks:
    """Return what the simulator's noise makes of the same person in the same camera."""
    rate_hz = truth.frame_rate_hz
    rooted = torch.as_tensor(truth.landmarks, dtype=torch.float32)[None]
    rooted = rooted - hip_middle(rooted)
    keypoints2d = torch.as_tensor(truth.keypoints2d_px, dtype=torch.float32)[None]
    height_px = torch.as_tensor(truth.person_height_px(), dtype=torch.float32)[None, :, None, None]
    hidden = hide_landmarks(rooted, keypoints2d, rate_hz, settings.occlusion, generator)
    degradation = hidden.degradation(settings.occlusion) * clip_amplitude(1, settings.noise, generator)
    world = noisy_world_landmarks(rooted, degradation, rate_hz, settings.noise, generator)
    keypoints2d = keypoints2d + height_px * image_error(degradation, rate_hz, settings.noise, generator)
    observed = swap_sides([keypoints2d, world, hidden.visibility(generator)], rate_hz, settings.occlusion, generator)
    keypoints2d, world, visibility = observed
    world = world - hip_middle(world)
    return ObservedLandmarks(
        truth, *(tensor[0].numpy().astype(np.float64) for tensor in (world, keypoints2d, visibility))
    )
