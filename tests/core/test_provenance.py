import dataclasses
import hashlib
import json
from pathlib import Path

from core.body_file import open_body_path
from core.protocol import Warning
from core.provenance import describe_run
from core.settings import EstimateSettings


class FakeNetwork:
    name, engine, device, weights_sha256 = "open_lifter", "onnx", "cpu", "ab" * 32


def describe(tmp_path: Path, **changes) -> dict:
    settings = EstimateSettings(tmp_path / "clip.mp4", tmp_path / "o.npz", overlay=tmp_path / "o.mp4", **changes)
    return describe_run(settings, "default", {"open_lifter": FakeNetwork()}, [Warning("gaps", "A gap.")])


def test_no_folder_of_the_users_machine_is_told(tmp_path):
    weights = tmp_path / "mine.pt"
    weights.write_bytes(b"weights")
    text = json.dumps(describe(tmp_path, detector_weights=weights))
    assert str(tmp_path) not in text
    assert tmp_path.name not in text


def test_everything_that_decides_the_result_has_its_hash(tmp_path):
    weights = tmp_path / "mine.pt"
    weights.write_bytes(b"weights")
    hashes = describe(tmp_path, detector_weights=weights)["sha256"]
    assert hashes["open_lifter"] == "ab" * 32
    assert hashes["mine.pt"] == hashlib.sha256(b"weights").hexdigest()
    assert hashes["open_body.npz"] == hashlib.sha256(open_body_path().read_bytes()).hexdigest()


def test_the_options_say_what_was_chosen(tmp_path):
    options = describe(tmp_path, start=3, end=9, people="all", focal_length_px=700.0)["options"]
    chosen = {"start": 3, "end": 9, "people": "all", "focal_length_px": 700.0, "quality": "balanced", "window": "track"}
    assert chosen.items() <= options.items()
    assert set(options) <= {field.name for field in dataclasses.fields(EstimateSettings)}


def test_versions_and_warnings_are_kept(tmp_path):
    metadata = describe(tmp_path)
    assert metadata["warnings"] == ["A gap."]
    assert {"numpy"} <= set(metadata["packages"])
    assert metadata["video"] == "clip.mp4"


def test_the_body_that_was_posed_has_its_hash(tmp_path):
    smpl, network = tmp_path / "SMPL_NEUTRAL.npz", tmp_path / "net.toml"
    smpl.write_bytes(b"body")
    network.write_bytes(b"description")
    hashes = describe(tmp_path, backbone="onnx", smpl=smpl, network=network)["sha256"]
    assert {"SMPL_NEUTRAL.npz", "net.toml", "open_body.npz"} <= set(hashes)
    assert "open_body.npz" not in describe(tmp_path, backbone="pare")["sha256"]
