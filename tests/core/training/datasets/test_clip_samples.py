import numpy as np
import pytest

from core.training.datasets.clip_samples import clip_samples
from core.training.datasets.feature_cache import CachedSequence
from core.training.datasets.joint_names import COCO_18, MPI_28, SPIN_49
from core.training.datasets.sampling import BalancedSampler, clip_source


def cached(name, frame_count=40, joints=False, poses=False):
    rng = np.random.default_rng(len(name))
    names = MPI_28 if joints else COCO_18
    keypoints2d = np.concatenate(
        [rng.uniform(0, 500, (frame_count, len(names), 2)), np.ones((frame_count, len(names), 1))], -1
    )
    return CachedSequence(
        data_set=name,
        name=name,
        features=rng.uniform(0, 1, (frame_count, 24, 128)).astype(np.float16),
        frame_ids=np.arange(frame_count),
        frame_step=1,
        crop_box=np.tile(np.float32([250, 260, 400]), (frame_count, 1)),
        crop_scale=1.2,
        keypoint_names=names,
        joint_names=MPI_28 if joints else (),
        keypoints2d=keypoints2d.astype(np.float32),
        joints3d=rng.uniform(-1, 1, (frame_count, 28, 3)).astype(np.float32) if joints else None,
        poses=rng.uniform(-1, 1, (frame_count, 24, 3)).astype(np.float32) if poses else None,
        betas=np.arange(10, dtype=np.float32) if poses else None,
        has_joints3d=np.ones(frame_count, bool) if joints else None,
        has_poses=np.arange(frame_count) < 20 if poses else None,
    )


@pytest.fixture
def batch():
    data_sets = [[cached("insta")], [cached("mpii3d", joints=True), cached("3dpw", poses=True)]]
    sources = [clip_source(str(number), sequences) for number, sequences in enumerate(data_sets)]
    clips = BalancedSampler(sources, batch_clips=8).batch(0)
    return data_sets, clips, clip_samples(clips, data_sets)


def test_shapes_are_those_of_the_losses(batch):
    _, clips, samples = batch
    count = len(clips)
    assert samples.pose_features.shape == (count, 16, 24, 128)
    assert samples.keypoints2d.shape == (count, 16, 49, 3)
    assert samples.joints3d.shape == (count, 16, 49, 4)
    assert (samples.poses.shape, samples.betas.shape) == ((count, 16, 24, 3), (count, 16, 10))
    assert samples.weight_3d.shape == samples.weight_smpl.shape == (count, 16)
    assert {getattr(samples, name).dtype for name in vars(samples)} == {np.dtype(np.float32)}


def test_each_clip_is_the_rows_of_its_sequence(batch):
    data_sets, clips, samples = batch
    for index, clip in enumerate(clips):
        sequence = data_sets[clip.data_set][clip.sequence]
        rows = slice(clip.start, clip.start + 16)
        np.testing.assert_array_equal(samples.pose_features[index], sequence.features[rows].astype(np.float32))
        slot, joint = SPIN_49.index("op_nose"), 0
        if sequence.keypoint_names == MPI_28:
            slot, joint = SPIN_49.index("right_knee"), MPI_28.index("right_knee")
        expected = (sequence.keypoints2d[rows, joint, :2] - [250, 260]) / 200
        np.testing.assert_allclose(samples.keypoints2d[index, :, slot, :2], expected, atol=1e-5)


def test_weights_are_zero_where_a_label_is_missing(batch):
    data_sets, clips, samples = batch
    for index, clip in enumerate(clips):
        sequence = data_sets[clip.data_set][clip.sequence]
        assert (samples.weight_3d[index] == (sequence.joints3d is not None)).all()
        known = np.zeros(16) if sequence.has_poses is None else sequence.has_poses[clip.start : clip.start + 16]
        np.testing.assert_array_equal(samples.weight_smpl[index], known)
        missing = [slot for slot, name in enumerate(SPIN_49) if name not in sequence.joint_names]
        assert (samples.joints3d[index][:, missing] == 0).all()
