"""The losses against naive twins, on clips of which each knows other labels."""

import numpy as np
import pytest
import torch

from core.models.pare_temporal import PareTemporalOutput
from core.training.datasets.feature_cache import FeatureCache
from core.training.paper.clip_losses import (
    LSP_SLOTS,
    count_labels,
    pose_batch,
    project_to_crop,
    rooted,
    supervised_losses,
    targets_of,
)
from core.training.paper.clips import ClipBatch
from core.training.paper.processes import Processes
from core.training.paper.train_paper import load_bodies
from core.training.torch_rotations import rotmat_to_rot6d, rotvec_to_rotmat
from tests.core.training.paper import tiny_run

GENERATOR = torch.Generator().manual_seed(0)
CLIPS, FRAMES = 3, 4


def rand(*shape):
    return torch.rand(*shape, generator=GENERATOR)


@pytest.fixture(scope="module")
def body(tiny_root):
    return load_bodies(tiny_run.files(tiny_root, tiny_root), "cpu").joints


@pytest.fixture
def batch():
    """Clip 0 knows 2-D keypoints alone, clip 1 3-D joints too, clip 2 SMPL poses."""
    known = torch.ones(CLIPS, FRAMES, 49, 1)
    known[1, 0, 30] = 0  # One joint of one frame is missing.
    known[1, 1, 27] = 0  # A frame without its right hip has no root.
    known[[0, 2]] = 0
    weight_3d, weight_smpl = torch.zeros(CLIPS, FRAMES), torch.zeros(CLIPS, FRAMES)
    weight_3d[1], weight_smpl[2] = 1, 1
    weight_smpl[2, 3] = 0
    return ClipBatch(
        pose_features=rand(CLIPS, FRAMES, 24, 128),
        keypoints2d=torch.cat([2 * rand(CLIPS, FRAMES, 49, 2) - 1, rand(CLIPS, FRAMES, 49, 1).round()], dim=-1),
        joints3d=torch.cat([rand(CLIPS, FRAMES, 49, 3), known], dim=-1),
        poses=rand(CLIPS, FRAMES, 24, 3) - 0.5,
        betas=rand(CLIPS, FRAMES, 10),
        weight_3d=weight_3d,
        weight_smpl=weight_smpl,
    )


@pytest.fixture
def output():
    rotmat = rotvec_to_rotmat(rand(CLIPS, FRAMES, 24, 3) - 0.5)
    camera = torch.cat([0.5 + rand(CLIPS, FRAMES, 1), rand(CLIPS, FRAMES, 2) - 0.5], dim=-1)
    features = rand(CLIPS, FRAMES, 24, 128)
    return PareTemporalOutput(features, rotmat_to_rot6d(rotmat), camera, rand(CLIPS, FRAMES, 10)), rotmat


def losses_of(output, rotmat, batch, body):
    targets = targets_of(batch, body)
    counts = count_labels(batch, targets, Processes())
    return supervised_losses(output, pose_batch(output, rotmat, body), batch, targets, counts)


def lsp_of(body, rotmat, betas):
    return body.pose(rotmat[None], betas[None]).spin49[0, LSP_SLOTS].numpy()


def test_each_loss_is_that_of_the_naive_loop(output, batch, body):
    output, rotmat = output
    true_rotmat = rotvec_to_rotmat(batch.poses)
    sums, counts = dict.fromkeys(("2d", "3d", "pose", "betas"), 0.0), dict.fromkeys(("2d", "3d", "pose", "betas"), 0)
    for clip in range(CLIPS):
        for frame in range(FRAMES):
            joints = body.pose(rotmat[clip, frame][None], output.betas[clip, frame][None]).spin49[0]
            scale, right, down = output.weak_camera[clip, frame].tolist()
            for joint in range(49):
                x, y, z = joints[joint].tolist()
                depth = z + 2 * 5000 / (224 * scale)
                seen = (5000 * (x + right) / depth / 112, 5000 * (y + down) / depth / 112)
                label = batch.keypoints2d[clip, frame, joint].tolist()
                sums["2d"] += label[2] * sum((a - b) ** 2 for a, b in zip(seen, label[:2], strict=True))
                counts["2d"] += 2
            predicted = joints[LSP_SLOTS].numpy()
            true = batch.joints3d[clip, frame, LSP_SLOTS, :3].numpy()
            known = batch.joints3d[clip, frame, LSP_SLOTS, 3].numpy() * float(batch.weight_3d[clip, frame])
            if batch.weight_smpl[clip, frame]:
                true = lsp_of(body, true_rotmat[clip, frame], batch.betas[clip, frame])
                known = np.ones(14)
                sums["pose"] += float((rotmat[clip, frame] - true_rotmat[clip, frame]).square().sum())
                sums["betas"] += float((output.betas[clip, frame] - batch.betas[clip, frame]).square().sum())
                counts["pose"] += 24 * 9
                counts["betas"] += 10
            if known[2] and known[3]:
                error = (predicted - predicted[2:4].mean(0)) - (true - true[2:4].mean(0))
                sums["3d"] += float((error**2 * known[:, None]).sum())
                counts["3d"] += 3 * int(known.sum())
    losses = losses_of(output, rotmat, batch, body)
    for name, ours in (("2d", "keypoint2d"), ("3d", "keypoint3d"), ("pose", "pose"), ("betas", "betas")):
        assert counts[name] > 0
        assert float(losses[ours]) == pytest.approx(sums[name] / counts[name], rel=1e-4), name


def test_the_truth_has_no_loss(batch, body):
    """A clip whose labels are those of its own pose: every loss is zero."""
    rotmat = rotvec_to_rotmat(batch.poses)
    camera = torch.tensor([0.9, 0.1, -0.2]).expand(CLIPS, FRAMES, 3)
    output = PareTemporalOutput(batch.pose_features, rotmat_to_rot6d(rotmat), camera, batch.betas)
    posed = pose_batch(output, rotmat, body)
    labels = batch._replace(
        keypoints2d=torch.cat([posed.keypoints2d, torch.ones(CLIPS, FRAMES, 49, 1)], dim=-1),
        # Measured from anywhere: both sides are rooted between the hips.
        joints3d=torch.cat([posed.joints + torch.tensor([1.0, 2.0, 3.0]), torch.ones(CLIPS, FRAMES, 49, 1)], dim=-1),
    )
    for name, loss in losses_of(output, rotmat, labels, body).items():
        assert float(loss) < 1e-9, name


def test_projection_is_nearly_weak_perspective():
    joints = rand(5, 49, 3) - 0.5
    camera = torch.tensor([[0.9, 0.1, -0.3]]).expand(5, 3)
    torch.testing.assert_close(
        project_to_crop(joints, camera), 0.9 * (joints[..., :2] + camera[:, None, 1:]), atol=0.01, rtol=0.02
    )


def test_labels_that_nobody_has_give_no_loss_and_no_nan(output, batch, body):
    output, rotmat = output
    nothing = batch._replace(
        joints3d=torch.zeros_like(batch.joints3d),
        keypoints2d=torch.zeros_like(batch.keypoints2d),
        weight_3d=torch.zeros_like(batch.weight_3d),
        weight_smpl=torch.zeros_like(batch.weight_smpl),
    )
    assert {float(loss) for loss in losses_of(output, rotmat, nothing, body).values()} == {0.0}


def test_rooting_puts_the_middle_of_the_hips_at_the_origin():
    joints = rooted(rand(7, 14, 3))
    torch.testing.assert_close(joints[:, [2, 3]].mean(1), torch.zeros(7, 3))


def test_3dpw_s_poses_give_the_joints_that_its_labels_lack(tiny_root, body):
    """3DPW's joints are SMPL's own, which the losses do not compare; its poses give those that they do."""
    sequences = FeatureCache(tiny_root / "cache", tiny_run.HASH).load("3dpw", "train")
    assert all(sequence.has_poses.all() for sequence in sequences)
    from core.training.datasets.clip_samples import clip_samples
    from core.training.datasets.sampling import ClipReference
    from core.training.paper.clips import to_batch

    batch = to_batch(clip_samples([ClipReference(0, 0, 0)], [sequences], 8), "cpu")
    assert batch.joints3d[..., 3].sum() == 0
    targets = targets_of(batch, body)
    assert targets.has_joint.all()
    direct = lsp_of(body, rotvec_to_rotmat(batch.poses[0, 3]), batch.betas[0, 3])
    np.testing.assert_allclose(targets.joints[0, 3], direct - direct[2:4].mean(0), atol=1e-6)
