import torch

from core.models.landmark_lifter import EVIDENCE_SIZE, LandmarkLifter, LifterConfig

SMALL = LifterConfig(hidden_size=32, block_count=1)


def test_shapes_for_any_leading_axes():
    lifter = LandmarkLifter(SMALL)
    for leading in ((5,), (2, 3)):
        output = lifter(torch.randn(*leading, EVIDENCE_SIZE))
        assert output.pose_features.shape == (*leading, 24, 128)
        assert output.weak_camera.shape == (*leading, 3)
        assert output.betas.shape == (*leading, 10)
        assert output.rot6d.shape == (*leading, 24, 6)


def test_features_are_not_negative_and_the_scale_is_positive():
    output = LandmarkLifter(SMALL)(torch.randn(64, EVIDENCE_SIZE) * 5)
    assert output.pose_features.min() >= 0
    assert output.weak_camera[:, 0].min() > 0


def test_zero_features_are_no_rotation():
    lifter = LandmarkLifter(SMALL)
    rot6d = lifter.heads(torch.zeros(24, 128))
    assert torch.equal(rot6d, torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]).expand(24, 6))


def test_each_head_reads_its_own_joint():
    lifter = LandmarkLifter(SMALL)
    features = torch.zeros(24, 128)
    features[3] = 1.0
    moved = (lifter.heads(features) - lifter.heads(torch.zeros(24, 128))).abs().sum(-1)
    assert torch.equal(torch.nonzero(moved)[:, 0], torch.tensor([3]))


def test_standardising_makes_the_samples_mean_zero_and_std_one():
    lifter = LandmarkLifter(SMALL)
    evidence = torch.randn(4000, EVIDENCE_SIZE) * 3 + 2
    evidence[:, 0] = 7.0
    lifter.standardise_on(evidence)
    standardised = (evidence - lifter.evidence_mean) / lifter.evidence_std
    assert standardised.mean(0).abs().max() < 1e-3
    assert torch.allclose(standardised.std(0)[1:], torch.ones(EVIDENCE_SIZE - 1), atol=1e-3)
    assert torch.isfinite(standardised).all()


def test_what_landmarks_do_not_show_of_the_shape_stays_average():
    betas = LandmarkLifter(SMALL)(torch.randn(8, EVIDENCE_SIZE)).betas
    assert torch.equal(betas[:, 3:], torch.zeros(8, 7))
