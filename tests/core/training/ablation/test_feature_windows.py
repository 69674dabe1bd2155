import numpy as np
import pytest
import torch

from core.errors import OptionError
from core.training.ablation.feature_windows import open_feature_windows
from core.training.losses import keypoint3d_loss
from core.training.train_lifter import posed_landmarks

from .conftest import ORIGIN, TINY


def test_smaller_fractions_lie_within_larger_ones(materials):
    third, more, all_windows = (set(materials.windows.within(fraction).tolist()) for fraction in (0.3, 0.6, 1.0))
    assert third < more < all_windows == set(range(24))


def test_a_fraction_is_the_beginning_of_every_clip(materials, windows_folder):
    clip, start = (np.load(windows_folder / f"{name}.npy") for name in ("clip", "start"))
    for fraction in (0.01, 0.5, 1.0):
        chosen = materials.windows.within(fraction)
        for one in np.unique(clip):
            inside, all_starts = start[chosen[clip[chosen] == one]], np.sort(start[clip == one])
            assert len(inside) == int(np.ceil(fraction * len(all_starts)))
            assert sorted(inside) == all_starts[: len(inside)].tolist()


def test_truth_and_features_belong_together(materials):
    """The true rotations and shape give the true landmarks up to the simulator's bone lengths."""
    batch = materials.windows.batch(np.array([5, 2, 9]))
    assert batch.pose_features.shape == (3, 16, 24, 128) and (batch.pose_features >= 0).all()
    posed = posed_landmarks(batch.rotmat, batch.betas, materials.body)
    assert keypoint3d_loss(posed, batch.landmarks).sqrt() < 0.05
    eye = torch.eye(3).expand_as(batch.rotmat)
    assert torch.allclose(batch.rotmat @ batch.rotmat.mT, eye, atol=1e-5)


def test_windows_are_made_once_and_are_the_same_for_everyone(materials, windows_folder, library, tmp_path):
    before = (windows_folder / "pose_features.npy").stat().st_mtime_ns
    said = []
    arguments = (library, materials.lifter, materials.body, TINY, ORIGIN)
    open_feature_windows(windows_folder, *arguments, said.append)
    assert (windows_folder / "pose_features.npy").stat().st_mtime_ns == before and not said
    again = open_feature_windows(tmp_path / "again", *arguments, said.append)
    index = np.arange(24)
    assert torch.equal(again.batch(index).pose_features, materials.windows.batch(index).pose_features)


def test_an_interrupted_cache_is_made_again(materials, library, tmp_path):
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "pose_features.npy").write_bytes(b"half")
    windows = open_feature_windows(folder, library, materials.lifter, materials.body, TINY, ORIGIN, lambda _: None)
    assert windows.count == 24


def test_features_of_another_lifter_are_refused(materials, windows_folder, library):
    other = {**ORIGIN, "lifter_sha256": "other"}
    with pytest.raises(OptionError, match="another lifter"):
        open_feature_windows(windows_folder, library, materials.lifter, materials.body, TINY, other, print)
