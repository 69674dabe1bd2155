"""The real commands with the real PARE on seeded weights: 21 frames, from raw layouts to the table."""

import json

import cv2
import numpy as np
import pytest
import torch

from core.command_line import main
from core.models.weights import file_sha256
from core.pare_crops import normalise_crops
from core.pare_temporal_weights import load_pare_temporal
from core.training.datasets.feature_cache import FeatureCache
from core.training.datasets.image_sources import ImageFiles
from core.training.datasets.person_boxes import crop_person
from tests.raw_data_sets import AmassFiles, MpiFiles, TfRecordFiles, ThreedpwFiles
from tests.stand_in_smpl import write_smpl_files

FRAMES = 4
CONFIGURATION = """
preset = "paper"
epochs = 1
epoch_iterations = 1
[data]
tests = ["mpi_inf_3dhp/test"]
frame_count = 4
batch_clips = 2
share_2d = 0.5
motion_clips = 2
mpi_subjects = [1]
mpi_cameras = [0]
mpi_test_recordings = [1]
mpi_frame_rate_hz = 50
amass_folders = ["CMU"]
allow_partial = true
"""


class ShortThreedpw(ThreedpwFiles):
    frame_count = FRAMES


@pytest.fixture
def root(tmp_path, pare_checkpoint):
    """A folder as a user would have it."""
    folder = tmp_path / "ROOT"
    recording = ShortThreedpw()
    recording.write(folder / "3DPW", recording.record(), split="validation")
    mpi, records = MpiFiles(), TfRecordFiles()
    for number, frame_count in ((1, FRAMES), (2, 1)):
        mpi.write_train(folder / "MPI-INF-3DHP", recording=number, frame_count=frame_count)
    mpi.write_test(folder / "MPI-INF-3DHP", frame_count=FRAMES)
    picture = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 255, (224, 224, 3), np.uint8))[1].tobytes()
    clip = {
        "meta/N": np.array([FRAMES]), "image/encoded": [picture] * FRAMES, "image/phis": np.zeros(1),
        "image/xys": np.tile(np.linspace(-0.8, 0.8, 28), FRAMES), "image/visibilities": np.ones(FRAMES * 14, int),
        "image/face_pts": np.full(FRAMES * 15, 0.5),
    }  # fmt: skip
    records.write(folder / "InstaVariety" / "train" / "a.tfrecord", [records.example(clip)])
    AmassFiles().write(folder / "AMASS" / "CMU" / "02" / "02_01_poses.npz", frame_count=300)
    write_smpl_files(folder)
    (tmp_path / "run.toml").write_text(CONFIGURATION)
    return folder


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_pare_s_own_features_come_to_the_table(root, tmp_path, pare_checkpoint, seeded_pare):
    files = ("--config", tmp_path / "run.toml", "--data", root, "--checkpoint", pare_checkpoint, "--device", "cpu")
    assert run("extract-features", *files) == 0
    cached = FeatureCache(root / "features", file_sha256(pare_checkpoint)).load("mpi_inf_3dhp", "test")[0]
    path = root / "MPI-INF-3DHP" / "mpi_inf_3dhp_test_set" / "TS1" / "imageSequence" / "img_000003.jpg"
    crop = crop_person(next(iter(ImageFiles((path,)))), cached.crop_box[2])
    features = seeded_pare(torch.from_numpy(normalise_crops(crop[None]))).pose_features[0].numpy()
    np.testing.assert_allclose(cached.features[2], features, rtol=2e-3, atol=2e-3)

    assert run("train", *files, "--output", tmp_path / "out") == 0
    trained = load_pare_temporal(tmp_path / "out" / "pare_temporal.safetensors")
    assert (trained.config.kind, trained.config.hidden_size) == ("decomposed", 64)
    tables = json.loads((tmp_path / "out" / "table.json").read_text())["tables"]
    scores = [table["rows"] for table in tables if "frames" in table["title"]]
    assert len(scores) == 2
    for rows in scores:
        assert list(rows) == [
            "backbone, per frame", "backbone, per frame, smoothed", "trained, windows of 4, end to end",
            "trained, windows of 4, blended", "trained, whole track",
        ]  # fmt: skip
        assert all(np.isfinite(row["MPJPE"]) and row["MPJPE"] > 0 for row in rows.values())
