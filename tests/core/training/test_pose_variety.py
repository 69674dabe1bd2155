import torch

from core.training.clips import MotionWindows
from core.training.pose_variety import LIMBS, bend_limbs, mix_limbs
from core.training.torch_rotations import rotvec_to_rotmat


def random_windows(count=8, frames=5):
    generator = torch.Generator().manual_seed(0)
    rotvec = torch.randn(count, frames, 24, 3, generator=generator)
    return MotionWindows(rotvec_to_rotmat(rotvec), torch.randn(count, frames, 3, generator=generator))


def test_every_limb_comes_whole_from_one_window_of_the_batch():
    windows = random_windows()
    mixed = mix_limbs(windows, 0.7, torch.Generator().manual_seed(1))
    foreign = 0
    for limb in LIMBS:
        for row in range(8):
            donors = [
                d for d in range(8) if torch.equal(mixed.rotmat[row][:, list(limb)], windows.rotmat[d][:, list(limb)])
            ]
            assert len(donors) == 1
            foreign += donors != [row]
    assert foreign > 20
    assert torch.equal(mixed.rotmat[:, :, 0], windows.rotmat[:, :, 0])
    assert torch.equal(mixed.pelvis, windows.pelvis)


def test_no_chance_changes_nothing():
    windows = random_windows()
    for change in (mix_limbs, bend_limbs):
        same = change(windows, 0.0, torch.Generator().manual_seed(1))
        assert torch.allclose(same.rotmat, windows.rotmat, atol=1e-6)


def test_bending_adds_one_angle_to_all_frames_of_a_window_and_leaves_the_root_alone():
    windows = random_windows(64, 3)
    bent = bend_limbs(windows, 0.5, torch.Generator().manual_seed(2))
    added = bent.rotmat @ windows.rotmat.transpose(-1, -2)
    assert torch.allclose(added, added[:, :1].expand_as(added), atol=1e-5)
    assert torch.allclose(added[:, :, 0], torch.eye(3).expand(64, 3, 3, 3), atol=1e-5)
    is_bent = (added[:, 0, 1] - torch.eye(3)).abs().amax((-1, -2)) > 1e-3
    assert 20 < is_bent.sum() < 44


def test_bent_hips_bring_the_thighs_forward_and_knees_bring_the_shins_back():
    still = MotionWindows(torch.eye(3).expand(400, 1, 24, 3, 3).clone(), torch.zeros(400, 1, 3))
    bent = bend_limbs(still, 1.0, torch.Generator().manual_seed(3)).rotmat
    down = torch.tensor([0.0, -1.0, 0.0])
    thigh, shin = bent[:, 0, 1] @ down, bent[:, 0, 4] @ down
    assert thigh[:, 2].mean() > 0.5
    assert (shin[:, 2] <= 1e-6).all()
    forearm_left, forearm_right = (
        bent[:, 0, 18] @ torch.tensor([1.0, 0, 0]),
        bent[:, 0, 19] @ torch.tensor([-1.0, 0, 0]),
    )
    assert (forearm_left[:, 2] >= 0).all() and (forearm_right[:, 2] >= 0).all()
