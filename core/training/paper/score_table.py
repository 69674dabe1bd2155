"""The paper's tables for a trained estimator: per frame, in windows of T frames, and over the whole track."""

from collections.abc import Mapping
from typing import Final

import torch

from ...models.encoders import EncoderConfig
from ...models.pare import PareNetwork
from ...models.pare_temporal import PareTemporalEstimator
from ..evaluation.table import Table
from ..metrics import MM_PER_M
from ..torch_rotations import rot6d_to_rotmat, rotvec_to_rotmat
from .scoring import TestSet, Window, estimate_run
from .smpl_surface import SmplSurface

COLUMNS: Final = ("PA-MPJPE", "MPJPE", "PVE", "ACC", "ACC ERR", "ACC (vibe)", "ACC ERR (vibe)")
FRAMES_PER_CHUNK: Final = 64
NOTE: Final = "mm and mm/frame^2; (vibe): across the borders of sequences too, as VIBE's evaluation has it."


def backbone_alone(pare: PareNetwork) -> PareTemporalEstimator:
    """Return PARE itself, frame by frame, as an estimator."""
    estimator = PareTemporalEstimator(EncoderConfig(kind="none"))
    estimator.start_from(pare)
    return estimator.eval()


def ways_of_estimating(
    pare: PareNetwork, trained: PareTemporalEstimator, frame_count: int
) -> dict[str, tuple[PareTemporalEstimator, Window]]:
    """Return the rows of the table."""
    return {
        "backbone, per frame": (backbone_alone(pare), "track"),
        f"trained, windows of {frame_count}": (trained, frame_count),
        "trained, whole track": (trained, "track"),
    }


def score_table(
    test_set: TestSet, ways: Mapping[str, tuple[PareTemporalEstimator, Window]], surface: SmplSurface
) -> Table:
    """Return the scores of a part of the data, one row for each way of estimating."""
    rows = []
    for name, (estimator, window) in ways.items():
        s = test_set.scores(estimator, window)
        pve = vertex_error_mm(test_set, estimator, window, surface)
        cells = (s.pa_mpjpe_mm, s.mpjpe_mm, pve, s.acc, s.acc_error, s.acc_vibe, s.acc_error_vibe)
        rows.append((name, cells))
    frames = sum(len(run.pose_features) for run in test_set.runs)
    title = f"{test_set.part}: {test_set.protocol.name}; {frames} frames"
    return Table(title, COLUMNS, tuple(rows), (NOTE,))


@torch.no_grad()
def vertex_error_mm(
    test_set: TestSet, estimator: PareTemporalEstimator, window: Window, surface: SmplSurface
) -> float | None:
    """Return PVE, not aligned at the root; None where the truth is joints alone.

    Source: VIBE's convention: all 6890 vertices, the truth with the neutral body, no translation on either side.
    """
    total, count = 0.0, 0
    for run in test_set.runs:
        if run.poses is None or run.betas is None:
            return None
        output = estimate_run(estimator, run.pose_features, window)
        rotmat, true_rotmat = rot6d_to_rotmat(output.rot6d[0]), rotvec_to_rotmat(run.poses)
        for first in range(0, len(rotmat), FRAMES_PER_CHUNK):
            rows = slice(first, first + FRAMES_PER_CHUNK)
            predicted = surface.pose(rotmat[rows], output.betas[0, rows])
            true = surface.pose(true_rotmat[rows], run.betas.expand(len(predicted), -1))
            total += float((predicted - true).norm(dim=-1).mean(-1).sum())
        count += len(rotmat)
    return MM_PER_M * total / count
