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
from ..observation import Scene
from ..simulator import BENCHMARK, SimulatorSettings, observe
from ..torch_camera import project
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
    landmarks, pelvis = (
        torch.as_tensor(values, dtype=torch.float32)[None] for values in (truth.landmarks, truth.pelvis_cam)
    )
    landmarks = landmarks - pelvis[:, :, None]
    focal = torch.tensor([[[truth.focal_length_px]]])
    scene = Scene(landmarks, pelvis, project(landmarks, pelvis, focal), focal, truth.frame_rate_hz)
    seen = observe(scene, settings, generator)
    center_px = np.asarray(truth.image_size, np.float64) / 2
    world, keypoints2d, visibility = (
        tensor[0].numpy().astype(np.float64) for tensor in (seen.world_landmarks, seen.keypoints2d, seen.visibility)
    )
    return ObservedLandmarks(truth, world, keypoints2d + center_px, visibility)
