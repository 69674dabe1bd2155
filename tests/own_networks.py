"""Files of a user's own networks: PARE with weights from a seed, untrained temporal weights, SMPL, an ONNX network."""

from pathlib import Path

import numpy as np
import torch

from core.models.pare import PareNetwork
from core.models.pare_temporal import PareTemporalEstimator
from core.pare_temporal_weights import save_pare_temporal
from core.rotations import rotvec_to_rotmat
from tests.core.test_user_network import write_network
from tests.seeded_weights import seed_module
from tests.stand_in_smpl import write_smpl_files


def write_own_networks(folder: Path) -> Path:
    """Fill a folder with pare.pth, temporal.safetensors (untrained), SMPL_NEUTRAL.npz and net.toml; return it."""
    pare = seed_module(PareNetwork())
    with torch.no_grad():
        # Random weights may see the person behind the camera.
        pare.head.cam_mlp.weight.zero_()
        pare.head.cam_mlp.bias.copy_(torch.tensor([0.9, 0.0, 0.0]))
    torch.save(pare.state_dict(), folder / "pare.pth")
    temporal = PareTemporalEstimator()
    temporal.start_from(pare)
    save_pare_temporal(folder / "temporal.safetensors", temporal)
    write_smpl_files(folder)
    rotmat = rotvec_to_rotmat(np.random.default_rng(1).normal(0, 0.2, (24, 3)).astype(np.float32))
    write_network(folder / "net.onnx", {"pose": rotmat})
    (folder / "net.toml").write_text(
        'file = "net.onnx"\nlicence = "CC BY 4.0"\n[input]\nside = 16\n'
        '[rotations]\noutput = "pose"\nformat = "rotmat"\n'
    )
    return folder
