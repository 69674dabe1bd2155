"""The paper's tables for a trained estimator: per frame, in windows of T frames, and over the whole track."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import torch

from ...errors import MotionDataError
from ...models.encoders import EncoderConfig
from ...models.pare import PareNetwork
from ...models.pare_temporal import PareTemporalEstimator
from ...models.weights import file_sha256
from ...pare_temporal_weights import load_pare_temporal
from ..datasets.feature_cache import FeatureCache
from ..evaluation.table import Table, write_tables
from ..metrics import MM_PER_M
from ..paper_preset import DataOptions
from ..torch_rotations import rot6d_to_rotmat, rotvec_to_rotmat
from .extracted_parts import is_complete, load_part
from .scoring import TestSet, Window, estimate_run
from .smpl_joints import SmplJointModel
from .smpl_surface import SmplSurface

COLUMNS: Final = ("PA-MPJPE", "MPJPE", "PVE", "ACC", "ACC ERR", "ACC (vibe)", "ACC ERR (vibe)")
FRAMES_PER_CHUNK: Final = 64
NOTE: Final = "mm and mm/frame^2; (vibe): across the borders of sequences too, as VIBE's evaluation has it."


def write_score_tables(
    options: DataOptions,
    cache: FeatureCache,
    pare: PareNetwork,
    weights: Path,
    joints: SmplJointModel,
    surface: SmplSurface,
    output: Path,
    device: str,
    report: Callable[[str], None],
) -> str:
    """Score trained weights on validation and tests, where their features are; write table.txt and table.json.

    Returns:
        the tables' text.
    Raises:
        MotionDataError: no part has features.
        WeightsError: the weights cannot be read.
    """
    trained = load_pare_temporal(weights).to(device)
    ways = ways_of_estimating(pare, trained, options.frame_count, device)
    tables = []
    for part in dict.fromkeys((options.validation, *options.tests)):
        if is_complete(cache, part):
            sequences = load_part(cache, part, options)
            test_set = TestSet(part, sequences, joints, options.frame_count, device)
            tables.append(score_table(test_set, ways, surface))
        else:
            report(f"{part} has no complete features in {cache.folder}, so the table lacks it.")
    if not tables:
        raise MotionDataError(f"{cache.folder} holds no complete features of {', '.join(options.tests)}.")
    header = {"weights": weights.name, "weights_sha256": file_sha256(weights), "options": asdict(options)}
    return write_tables(tables, output / "table.txt", output / "table.json", header)


def backbone_alone(pare: PareNetwork) -> PareTemporalEstimator:
    """Return PARE itself, frame by frame, as an estimator."""
    estimator = PareTemporalEstimator(EncoderConfig(kind="none"))
    estimator.start_from(pare)
    return estimator.eval()


def ways_of_estimating(
    pare: PareNetwork, trained: PareTemporalEstimator, frame_count: int, device: str
) -> dict[str, tuple[PareTemporalEstimator, Window]]:
    """Return the rows of the table."""
    return {
        "backbone, per frame": (backbone_alone(pare).to(device), "track"),
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
