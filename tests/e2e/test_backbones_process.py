"""The real core process with the user's own networks: PARE with weights from a seed, and a tiny ONNX network."""

import numpy as np
import pytest

from core.motion import load_motion

FRAMES = 10


@pytest.fixture(scope="module")
def estimate(run, excerpt, own_networks, tmp_path_factory):
    def call(*options, name="o"):
        output = tmp_path_factory.mktemp("motion") / f"{name}.npz"
        options = [str(option).replace("@", f"{own_networks}/") for option in options]
        result = run("estimate", excerpt, "--output", output, "--end", FRAMES, "--model", "full", "--json", *options)
        assert result.returncode == 0, result.stderr
        return result.events, load_motion(output), output

    return call


PARE = ("--backbone", "pare", "--checkpoint", "@pare.pth", "--smpl", "@SMPL_NEUTRAL.npz")


@pytest.fixture(scope="module")
def pare_run(estimate):
    return estimate(*PARE)


def test_pare_without_temporal_weights_says_that_it_is_pare_alone(pare_run):
    events, motion, _ = pare_run
    assert [event["code"] for event in events if event["type"] == "warning"] == ["no_temporal_weights"]
    assert (motion.body, motion.gender) == ("smpl", "neutral")
    assert np.array_equal(motion.poses, motion.poses_per_frame)
    assert motion.metadata["is_smoothed"] is False
    assert motion.metadata["engines"]["pare"] == "torch on cpu"
    assert "non-commercial" in motion.metadata["licence"]


def test_the_second_look_at_the_video_is_a_stage_of_its_own(pare_run):
    events, _, _ = pare_run
    stages = list(dict.fromkeys(event["stage"] for event in events if event["type"] == "status"))
    assert stages == ["load", "track", "backbone", "estimate"]
    (last,) = [event for event in events if event.get("stage") == "backbone"][-1:]
    assert (last["frame"], last["frame_count"]) == (FRAMES, FRAMES)


def test_temporal_weights_are_used_and_untrained_ones_change_nothing(estimate, pare_run):
    events, motion, _ = estimate(*PARE, "--temporal-weights", "@temporal.safetensors")
    assert [event for event in events if event["type"] == "warning"] == []
    assert motion.metadata["is_smoothed"] is True
    np.testing.assert_allclose(motion.poses_per_frame, pare_run[1].poses_per_frame, atol=1e-4)
    assert len(motion.metadata["sha256"]["pare_temporal"]) == 64


def test_the_overlay_of_an_smpl_motion_asks_for_the_body(run, excerpt, own_networks, pare_run, tmp_path):
    _, _, path = pare_run
    arguments = ("overlay", excerpt, "--motion", path, "--output", tmp_path / "o.mp4", "--json")
    without = run(*arguments)
    assert (without.returncode, without.events[-1]["code"]) == (2, "bad_body_file")
    assert run(*arguments, "--smpl", own_networks / "SMPL_NEUTRAL.npz").returncode == 0
    assert (tmp_path / "o.mp4").stat().st_size > 0


def test_a_users_network_drives_the_estimate(estimate):
    events, motion, _ = estimate("--backbone", "onnx", "--network", "@net.toml")
    assert [event for event in events if event["type"] == "warning"] == []
    assert motion.body == "open"
    assert motion.metadata["licence"] == "CC BY 4.0"
    expected = np.random.default_rng(1).normal(0, 0.2, (24, 3)).astype(np.float32)
    np.testing.assert_allclose(motion.poses_per_frame.reshape(-1, 24, 3), np.tile(expected, (FRAMES, 1, 1)), atol=1e-4)


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (("--backbone", "pare"), "bad_weights", "--checkpoint"),
        (("--backbone", "pare", "--checkpoint", "@no.ckpt"), "bad_weights", "no.ckpt"),
        (("--backbone", "pare", "--checkpoint", "@pare.pth"), "bad_body_file", "--smpl"),
        ((*PARE, "--temporal-weights", "@pare.pth"), "bad_weights", "pare.pth"),
        (("--backbone", "onnx",), "bad_option", "--network"),
        (("--backbone", "onnx", "--network", "@no.toml"), "bad_option", "no.toml"),
        (("--checkpoint", "@pare.pth"), "bad_option", "--checkpoint"),
    ],
)  # fmt: skip
def test_each_missing_file_is_one_sentence(run, excerpt, own_networks, tmp_path, monkeypatch, options, code, word):
    monkeypatch.delenv("JOINTWISE_PARE_CHECKPOINT", raising=False)
    options = [option.replace("@", f"{own_networks}/") for option in options]
    result = run("estimate", excerpt, "--output", tmp_path / "o.npz", "--json", *options)
    assert (result.returncode, result.events[-1]["code"]) == (2, code)
    assert word in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
