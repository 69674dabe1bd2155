import dataclasses
import io

import numpy as np
import pytest
from blender_addon_walker import standing_capture, walk_capture
from jointwise_ext.blender_addon.axes import placement_above_floor
from jointwise_ext.blender_addon.cleanup.capture import (
    SOLE_JOINTS,
    RawCapture,
    capture_digest,
    capture_motion,
    pack_capture,
    unpack_capture,
)
from jointwise_ext.blender_addon.rest_pose import shape_body, stand_up
from jointwise_ext.core.body_file import load_body_file, open_body_path
from jointwise_ext.core.errors import SceneError


def test_packing_loses_nothing():
    capture = walk_capture(frame_count=20)
    again = unpack_capture(pack_capture(capture))
    for item in dataclasses.fields(RawCapture):
        before, after = np.asarray(getattr(capture, item.name)), np.asarray(getattr(again, item.name))
        assert before.dtype == after.dtype
        assert np.array_equal(before, after)


def test_the_digest_is_of_every_value():
    capture = walk_capture(frame_count=20)
    digests = {capture_digest(capture)}
    assert capture_digest(unpack_capture(pack_capture(capture))) in digests
    for item in dataclasses.fields(RawCapture):
        changed = np.array(getattr(capture, item.name))
        changed.flat[-1] += 1
        digests.add(capture_digest(dataclasses.replace(capture, **{item.name: changed})))
    assert len(digests) == 1 + len(dataclasses.fields(RawCapture))


def test_the_size_is_660_bytes_a_frame():
    sizes = [len(pack_capture(standing_capture(count, 30.0))) for count in (1000, 2000)]
    assert np.isclose((sizes[1] - sizes[0]) / 1000, 656, atol=5)


@pytest.mark.parametrize("damage", [lambda _: b"", lambda packed: packed[:900], lambda _: b"text" * 99])
def test_damage_is_a_sentence(damage):
    with pytest.raises(SceneError, match="is damaged"):
        unpack_capture(damage(pack_capture(standing_capture(5, 30.0))))


def test_edges_of_the_soles_reach_to_heel_and_toe_and_lie_on_the_floor():
    capture = standing_capture(5, 30.0)
    heads = capture.heads_smpl
    for column, joint in enumerate(SOLE_JOINTS):
        edges = heads[joint] + capture.edge_offsets[column]
        sole = heads[joint] + capture.sole_offsets[column]
        assert abs(sole[1]) < 1e-9
        assert -1e-9 < edges[0, 1] < 0.02
        assert edges[:, 1].max() < 0.06
        ends = edges[:, 2]
        assert abs((ends.max() if column % 2 else ends.min()) - sole[2]) < 0.01


def test_a_body_without_vertices_at_its_feet_has_its_soles_for_edges(motion):
    shaped = shape_body(load_body_file(open_body_path()), np.zeros(10))
    above = dataclasses.replace(shaped, vertices=shaped.vertices + np.array([0.0, 1.0, 0.0]))
    rest = stand_up(shaped.joints, shaped.sole_height)
    capture = capture_motion(motion, rest, above, placement_above_floor(0.0))
    assert np.array_equal(capture.edge_offsets, np.repeat(capture.sole_offsets[:, None], 9, axis=1))


DAMAGES = {
    "nan": lambda arrays: arrays["poses"].fill(np.nan),
    "shape": lambda arrays: arrays.update(heads=np.zeros((3, 3))),
    "no frames": lambda arrays: arrays.update(poses=arrays["poses"][:0]),
    "text": lambda arrays: arrays.update(confidence=np.array("x")),
    "missing": lambda arrays: arrays.pop("contacts"),
    "rate": lambda arrays: arrays.update(frame_rate_hz=np.array(0.0)),
    "times": lambda arrays: arrays["timestamps"].fill(3.0),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_capture_of_impossible_numbers_is_refused(damage):
    with np.load(io.BytesIO(pack_capture(standing_capture(5, 30.0)))) as archive:
        arrays = dict(archive)
    DAMAGES[damage](arrays)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with pytest.raises(SceneError, match="damaged"):
        unpack_capture(buffer.getvalue())
