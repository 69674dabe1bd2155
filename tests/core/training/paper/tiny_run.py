"""A whole training of the paper in miniature: raw data sets from numbers, a stand-in backbone, small networks.

Also a program, so that tests can kill it: python -m tests.core.training.paper.tiny_run FOLDER [--resume].
"""

import dataclasses
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import torch

from core.models.encoders import EncoderConfig
from core.models.pare import PareHead
from core.training.paper import run
from core.training.paper.data_folders import DataFolders
from core.training.paper.extraction import Backbone as FeatureBackbone
from core.training.paper.extraction import extract_features
from core.training.paper.files import PaperFiles
from core.training.paper.processes import join_processes
from core.training.paper.train_paper import Backbone, score_on, train_on
from core.training.paper_preset import DataOptions, DiscriminatorOptions, PaperPreset
from tests.raw_data_sets import AmassFiles, MpiFiles, TfRecordFiles, ThreedpwFiles
from tests.stand_in_smpl import write_smpl_files

HASH = "0123456789abcdef" * 4


def tiny_preset(**changes):
    data = DataOptions(
        train_3d=("mpi_inf_3dhp", "3dpw"),
        frame_count=8,
        batch_clips=6,
        motion_clips=4,
        share_2d=0.5,
        mpi_subjects=(1,),
        mpi_cameras=(0,),
        mpi_test_recordings=(1,),
        amass_folders=("CMU",),
        allow_partial=True,
    )
    return dataclasses.replace(
        PaperPreset(
            data=data,
            encoder=EncoderConfig(hidden_size=4),
            discriminator=DiscriminatorOptions(hidden_size=8, interval=2),
            epochs=3,
            epoch_iterations=4,
            checkpoint_iterations=3,
        ),
        **changes,
    )


def write_raw_data(root, splits=("train", "validation", "test")):
    """All four data sets in their real layouts."""
    threedpw = ThreedpwFiles()
    for split in splits:
        threedpw.write(root / "3DPW", threedpw.record() | {"sequence": f"walk_{split}"}, split=split)
    mpi = MpiFiles()
    for recording in (1, 2):
        mpi.write_train(root / "MPI-INF-3DHP", recording=recording, outside=[18])
    mpi.write_test(root / "MPI-INF-3DHP", recording=1)
    records, picture = TfRecordFiles(), cv2.imencode(".jpg", np.full((224, 224, 3), 99, np.uint8))[1].tobytes()
    clip = {
        "meta/N": np.array([40]), "image/encoded": [picture] * 40, "image/phis": np.zeros(1),
        "image/xys": np.tile(np.linspace(-0.8, 0.8, 28), 40), "image/visibilities": np.ones(40 * 14, int),
        "image/face_pts": np.full(40 * 15, 0.5),
    }  # fmt: skip
    records.write(root / "InstaVariety" / "train" / "a.tfrecord", [records.example(clip)])
    for number in range(3):
        AmassFiles().write(root / "AMASS" / "CMU" / "02" / f"02_0{number}_poses.npz", frame_count=300)


def stand_in_features(crops):
    """Features (N, 24, 128) of crops: fixed random mixes of 4 x 4 colours, at least zero as PARE's."""
    small = crops.reshape(len(crops), 4, 56, 4, 56, 3).mean(axis=(2, 4)).reshape(len(crops), -1) / 255
    mix = np.random.default_rng(0).normal(0, 0.4, (small.shape[1], 24 * 128))
    return {"pose_features": np.maximum(small @ mix + 0.1, 0).reshape(-1, 24, 128)}


def folders(root):
    return DataFolders(root, tiny_preset().data)


def extract(root, cache, features=stand_in_features, report=lambda _: None, parts=None):
    extract_features(folders(root), cache, FeatureBackbone(features, HASH), report, parts)


def stand_in_pare():
    """PARE's head alone, whose rotations are near the identity and whose camera sees the whole person."""
    generator = torch.Generator().manual_seed(7)
    head = PareHead()
    with torch.no_grad():
        for tensor in head.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(0.02 * torch.randn(tensor.shape, generator=generator))
        head.cam_mlp.bias[0] += 0.9
    return SimpleNamespace(head=head)


def write_everything(root):
    """Raw data, features, motions and SMPL files."""
    write_raw_data(root / "data")
    extract(root / "data", root / "cache")
    write_smpl_files(root / "smpl")
    return root


def files(root, output):
    return PaperFiles(root / "cache", None, root / "smpl" / "SMPL_NEUTRAL.npz", root / "smpl", output)


def train(root, output, preset=None, resume=False, report=lambda _: None):
    torch.set_num_threads(1)
    preset, backbone, chosen = preset or tiny_preset(), Backbone(stand_in_pare(), HASH), files(root, output)
    with join_processes("cpu") as processes:
        train_on(preset, chosen, backbone, processes, resume=resume, report=report)
    if processes.is_first:
        report(score_on(preset, chosen, backbone, output / run.BEST_NAME, processes.device, report))


if __name__ == "__main__":
    run.REPORT_ITERATIONS = 1
    root = Path(sys.argv[1])
    train(root, Path(sys.argv[2]), resume="--resume" in sys.argv, report=lambda text: print(text, flush=True))
