"""From folders in the real layouts, through the feature cache, to a batch."""

import cv2
import numpy as np

from core.training.datasets.clip_samples import clip_samples
from core.training.datasets.feature_cache import FeatureCache
from core.training.datasets.instavariety import read_instavariety
from core.training.datasets.mpi_inf_3dhp import read_mpi_inf_3dhp_train
from core.training.datasets.sampling import BalancedSampler, clip_source
from core.training.datasets.threedpw import read_threedpw


def brightness(crops):
    return {"pose_features": np.broadcast_to(crops.max(axis=(1, 2, 3))[:, None, None], (len(crops), 24, 128))}


def test_three_data_sets_meet_in_one_batch(tmp_path, threedpw_files, mpi_files, tf_record_files):
    threedpw_files.write(tmp_path / "3dpw", threedpw_files.record(), split="train")
    for recording in (1, 2):
        mpi_files.write_train(tmp_path / "mpi", recording=recording, outside=[18])
    picture = cv2.imencode(".jpg", np.full((224, 224, 3), 99, np.uint8))[1].tobytes()
    clip = {
        "meta/N": np.array([40]), "image/encoded": [picture] * 40, "image/phis": np.zeros(1),
        "image/xys": np.tile(np.linspace(-0.8, 0.8, 28), 40), "image/visibilities": np.ones(40 * 14, int),
        "image/face_pts": np.full(40 * 15, 0.5),
    }  # fmt: skip
    tf_record_files.write(tmp_path / "insta" / "train" / "a.tfrecord", [tf_record_files.example(clip)])

    cache = FeatureCache(tmp_path / "cache", "0123456789abcdef")
    cache.extract(read_threedpw(tmp_path / "3dpw", "train"), brightness, lambda _: None)
    mpi = read_mpi_inf_3dhp_train(tmp_path / "mpi", subjects=[1], cameras=[0], frame_rate_hz=25)
    cache.extract(mpi, brightness, lambda _: None)
    cache.extract(read_instavariety(tmp_path / "insta"), brightness, lambda _: None)

    names = ("instavariety", "mpi_inf_3dhp", "3dpw")
    data_sets = [cache.load(name) for name in names]
    sources = [clip_source(name, sequences) for name, sequences in zip(names, data_sets, strict=True)]
    # Two whole clips of 40 frames; 18, 21 and (at half the rate) 9 + 11 rows; 17 rows and 23.
    assert [len(source.clips) for source in sources] == [2, 2, 2]
    samples = clip_samples(BalancedSampler(sources, batch_clips=10).batch(0), data_sets)
    assert samples.pose_features.shape == (10, 16, 24, 128)
    is_2d = samples.weight_3d.sum(axis=1) == 0
    assert is_2d.sum() == 6
    np.testing.assert_allclose(samples.pose_features[is_2d], 99, atol=2)
    assert set(samples.weight_smpl.sum(axis=1).tolist()) == {0.0, 16.0}
    # What is seen lies within the crop.
    seen = samples.keypoints2d[samples.keypoints2d[..., 2] > 0.5]
    assert np.abs(seen[:, :2]).max() < 1
