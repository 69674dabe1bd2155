"""Generated motion: a small motion-capture file in the documented layout, and the body that it moves."""

import numpy as np
import pytest

from core.body_file import load_body_file, open_body_path
from core.training.clips import load_motion_library
from core.training.torch_body import TorchBody

FRAME_RATE_HZ = 30.0


def swinging_poses(frame_count, phase, rng):
    """A person who swings arms and legs smoothly while turning on the spot."""
    time = np.arange(frame_count)[:, None] / FRAME_RATE_HZ
    poses = np.zeros((frame_count, 24, 3))
    poses[:, 0, 1] = phase + 0.5 * time[:, 0]
    for joint in (1, 2, 4, 5, 16, 17, 18, 19):
        amplitude = rng.uniform(0.1, 0.5, 3)
        poses[:, joint] = amplitude * np.sin(2 * np.pi * 0.8 * time + phase + joint)
    poses[:, 16, 2] -= 1.0
    poses[:, 17, 2] += 1.0
    return poses


def write_motions(path, clip_count=6, frame_count=90, **changes):
    rng = np.random.default_rng(0)
    poses = np.concatenate([swinging_poses(frame_count, phase, rng) for phase in range(clip_count)])
    total = clip_count * frame_count
    time = np.arange(total) / FRAME_RATE_HZ
    arrays = {
        "poses": poses.astype(np.float32),
        "trans": np.stack([0.2 * np.sin(time), np.full(total, 0.95), 0.2 * np.cos(time)], axis=1).astype(np.float32),
        "clip_start": np.arange(clip_count) * frame_count,
        "clip_len": np.full(clip_count, frame_count),
        "clip_split": np.array(["train"] * (clip_count - 2) + ["val"] * 2),
        "clip_subject": np.arange(clip_count) // 2,
        "valid": np.ones(total, bool),
        "fps": np.float32(FRAME_RATE_HZ),
        "licence": np.array("generated for a test"),
    }
    arrays.update(changes)
    np.savez(path, **{name: values for name, values in arrays.items() if values is not None})
    return path


@pytest.fixture(scope="session")
def motion_file(tmp_path_factory):
    return write_motions(tmp_path_factory.mktemp("motions") / "motions.npz")


@pytest.fixture(scope="session")
def library(motion_file):
    return load_motion_library(motion_file)


@pytest.fixture(scope="session")
def body_file():
    return load_body_file(open_body_path())


@pytest.fixture(scope="session")
def torch_body(body_file):
    return TorchBody(body_file)


@pytest.fixture(scope="session")
def motion_writer():
    return write_motions
