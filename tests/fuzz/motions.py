"""Motion files and what is kept of one in a .blend: the npz that the core writes and the add-on reads."""

import dataclasses
import json
from pathlib import Path
from random import Random

import numpy as np

from core.motion import Motion, load_motion, write_motion

from .addon import addon_module
from .archives import change_arrays, lying_archive, pack
from .inputs import Input, Kind, change_bytes

FRAME_COUNT = 6


def small_motion() -> Motion:
    """A motion of a few frames, of plausible numbers."""
    rng, count = np.random.default_rng(5), FRAME_COUNT
    return Motion(
        poses=rng.normal(0, 0.2, (count, 72)),
        trans=rng.normal(0, 0.1, (count, 3)) + np.array([0, 0, 3]),
        betas=np.zeros(10),
        body="open",
        gender="neutral",
        mocap_framerate=30.0,
        frame_ids=np.arange(count),
        timestamps=np.arange(count) / 30,
        joints=rng.normal(0, 0.5, (count, 24, 3)),
        keypoints=rng.normal(0, 0.5, (count, 33, 3)),
        keypoints_2d=rng.uniform(0, 400, (count, 33, 2)),
        visibility=rng.uniform(0, 1, (count, 33)),
        contacts=rng.uniform(0, 1, (count, 4)),
        poses_per_frame=rng.normal(0, 0.2, (count, 72)),
        confidence=rng.uniform(0, 1, (count, 24)),
        focal_length=900.0,
        image_size=(640, 360),
        metadata={"warnings": [], "backbone": "blazepose"},
    )


def motion_seeds(folder: Path) -> list[Input]:
    write_motion(small_motion(), folder / "walk.npz")
    return [Input("walk.npz", (folder / "walk.npz").read_bytes())]


def make_archive(rng: Random, corpus: list[Input]) -> Input:
    """Return an npz with a wrong array, one that lies, or one with bytes changed."""
    source = rng.choice(corpus)
    try:
        arrays = arrays_of(source.data)
    except Exception:  # a corpus entry may be damaged
        arrays = arrays_of(corpus[0].data)
    choice = rng.random()
    if choice < 0.55:
        return Input(source.name, pack(change_arrays(rng, arrays), is_compressed=rng.random() < 0.5))
    if choice < 0.75:
        return Input(source.name, lying_archive(rng, arrays))
    return Input(source.name, change_bytes(rng, source.data, [item.data for item in corpus]))


def arrays_of(data: bytes) -> dict[str, np.ndarray]:
    import io

    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: np.asarray(archive[name]) for name in archive.files}


def read_motion(path: Path) -> None:
    """Read a motion file; what is accepted must be what the rest of the product takes for granted."""
    check_motion(load_motion(path))


def check_motion(motion: Motion) -> None:
    for item in dataclasses.fields(motion):
        value = getattr(motion, item.name)
        if isinstance(value, np.ndarray):
            assert np.isfinite(value).all(), f"{item.name} is accepted with numbers that are not finite"
    assert motion.frame_count > 0
    assert (np.diff(motion.frame_ids) > 0).all() and (np.diff(motion.timestamps) > 0).all()
    assert len(motion.body) < 100 and len(motion.gender) < 100
    assert 0 < motion.mocap_framerate < 1e5 and 0 < motion.focal_length < 1e9 and min(motion.image_size) > 0
    assert isinstance(motion.metadata, dict)
    json.dumps(motion.metadata)


def capture_seeds(folder: Path) -> list[Input]:
    capture = addon_module("cleanup.capture")
    rng, count = np.random.default_rng(6), FRAME_COUNT
    raw = capture.RawCapture(
        poses=rng.normal(0, 0.2, (count, 72)).astype(np.float32),
        poses_per_frame=rng.normal(0, 0.2, (count, 72)).astype(np.float32),
        pelvis_cam=rng.normal(0, 1, (count, 3)).astype(np.float32),
        contacts=rng.uniform(0, 1, (count, 4)).astype(np.float16),
        confidence=rng.uniform(0, 1, (count, 24)).astype(np.float16),
        timestamps=np.arange(count) / 30,
        frame_ids=np.arange(count, dtype=np.int32),
        frame_rate_hz=30.0,
        heads=rng.normal(0, 1, (24, 3)),
        sole_offsets=rng.normal(0, 0.1, (4, 3)),
        edge_offsets=rng.normal(0, 0.1, (4, 9, 3)),
        world_rotation=np.eye(3),
        world_translation=np.zeros(3),
    )
    return [Input("capture.npz", capture.pack_capture(raw))]


def read_capture(path: Path) -> None:
    """Read the raw motion that a .blend keeps, and the state of the cleanup beside it."""
    capture = addon_module("cleanup.capture").unpack_capture(path.read_bytes())
    for item in dataclasses.fields(capture):
        assert np.isfinite(getattr(capture, item.name)).all(), f"{item.name} is accepted without being finite"
    assert capture.poses.shape == (capture.frame_count, 72) and capture.frame_count > 0


STATE = {
    "contacts": [255, 240],
    "first_row": 0,
    "row_count": FRAME_COUNT,
    "speed": 1.0,
    "digest": "0000abcd",
    "kept_action": "",
    "unkeyed": "22 23",
    "notes": "",
    "problem": "",
}


def state_seeds(_folder: Path) -> list[Input]:
    return [Input("state.json", json.dumps(STATE).encode())]


def make_state(rng: Random, corpus: list[Input]) -> Input:
    """Return custom properties as another add-on, an older version or a hand may have left them."""
    state: dict | int = dict(STATE)
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(sorted(STATE))
        wrong = (None, -1, 10**9, 2.5, "nonsense", "", [], {}, [1, 2, 300], "-3 99 x", "zz", 1e308, "\ud800")
        if rng.random() < 0.3:
            state.pop(name, None)
        else:
            state[name] = rng.choice(wrong)
    if rng.random() < 0.1:
        state = rng.choice((3, "text", [], None))
    return Input("state.json", json.dumps(state).encode())


class _Armature(dict):
    """As much of an armature as the store reads: custom properties."""

    type = "ARMATURE"


def read_state(path: Path) -> None:
    store, capture = addon_module("cleanup.store"), addon_module("cleanup.capture")
    kept = json.loads(path.read_text())
    if isinstance(kept, dict) and isinstance(kept.get("contacts"), list):
        try:
            kept["contacts"] = bytes(kept["contacts"])
        except ValueError:
            kept["contacts"] = 7
    armature = _Armature({store.CLEANED: kept})
    raw = capture.unpack_capture(capture_seeds(path.parent)[0].data)
    state = store.load_state(armature, raw)
    assert 0 <= state.first_row < state.first_row + state.row_count <= raw.frame_count
    assert state.feet_stand.shape == (raw.frame_count, 2)
    assert 0 < state.speed < 1e6
    store.read_messages(armature)
    store.kept_action_name(armature)
    store.save_problem(armature, "A sentence.")


KINDS = (
    Kind("motion", 160, motion_seeds, make_archive, read_motion),
    Kind("capture", 60, capture_seeds, make_archive, read_capture),
    Kind("cleanup", 40, state_seeds, make_state, read_state),
)
