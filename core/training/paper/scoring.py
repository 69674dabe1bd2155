"""Scores estimates from features under the published protocols: VIBE's on 3DPW, 17 joints on MPI-INF-3DHP.

Frames are those of whole windows of T without a gap, as in VIBE; what is left at the end of a run is not scored.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import MotionDataError
from ..datasets.feature_cache import CachedSequence
from ..datasets.joint_names import MPI_17, SPIN_49, arrange_joints
from ..datasets.mpi_inf_3dhp_test_set import ACTIVITIES
from ..datasets.sequence import Sequence as FrameSequence
from ..datasets.sequence import contiguous_runs
from ..evaluation.metrics import PointScores, point_scores
from ..evaluation.protocols import MPI_INF_3DHP_17, VIBE_14, Protocol
from ..torch_rotations import rot6d_to_rotmat, rotvec_to_rotmat
from .smpl_joints import SmplJointModel
from .ways import Estimate, Estimator, Way, Window

FloatArray = NDArray[np.floating[Any]]

FRAMES_PER_CALL: Final = 2048
_RECORDING_NAME: Final = re.compile(r"[A-Za-z]+_(?P<action>\w+?)_\d+")
"""3DPW: downtown_walking_00 and the like."""
_FRAME_RATES_HZ: Final = {"3dpw": 30.0, "mpi_inf_3dhp": 25.0}
"""For the smoother alone; MPI-INF-3DHP's test set does not tell its own."""


@dataclass(frozen=True)
class Run:
    """Frames of one sequence without a gap.

    Attributes:
        name: of the sequence.
        features: (T, 24, 128) of PARE, or (T, 2048) of SPIN or HMR; float32.
        true_joints: (T, K, 3) of the protocol, metres.
        poses, betas: (T, 24, 3) and (10,) of the truth, where it is known.
        actions: (T,) what the person does, in words.
    """

    name: str
    features: Tensor
    true_joints: FloatArray
    poses: Tensor | None
    betas: Tensor | None
    actions: NDArray[np.str_]


class TestSet:
    """One part of the data, ready to be scored.

    Args:
        part: such as `3dpw/test`.
        sequences: of that part, with features.
        body: poses the truth and the estimates.
        frame_count: T of the windows.
    Raises:
        MotionDataError: the part cannot be scored.
    """

    __test__ = False  # For pytest, which takes the name for one of its own.

    def __init__(
        self,
        part: str,
        sequences: Sequence[CachedSequence | FrameSequence],
        body: SmplJointModel,
        frame_count: int,
        device: str,
    ) -> None:
        self.part, self._body, self._frames, self._device = part, body, frame_count, device
        self.protocol: Protocol = MPI_INF_3DHP_17 if part == "mpi_inf_3dhp/test" else VIBE_14
        self.frame_rate_hz = _FRAME_RATES_HZ.get(part.partition("/")[0], 30.0)
        self.runs = [run for sequence in sequences for run in self._runs(sequence)]
        if not self.runs:
            raise MotionDataError(f"No sequence of {part} has {frame_count} frames without a gap and their truth.")

    @property
    def frame_count(self) -> int:
        """Of all runs together."""
        return sum(len(run.features) for run in self.runs)

    def scores(self, estimator: Estimator, window: Window) -> PointScores:
        """Return the scores of an estimator; `track` gives it each run at once, a number windows of that length."""
        return self.scores_of(self.joints(self.estimate(Way(estimator, window))))

    def estimate(self, way: Way) -> list[Estimate]:
        """Return the poses of each run."""
        return [way.estimate(run.features, self.frame_rate_hz) for run in self.runs]

    def joints(self, estimates: Sequence[Estimate]) -> list[FloatArray]:
        """Return the protocol's joints (T, K, 3) of each run's poses."""
        return [self._joints(rot6d_to_rotmat(estimate.rot6d), estimate.betas) for estimate in estimates]

    def scores_of(self, joints: Sequence[FloatArray]) -> PointScores:
        """Return the scores of each run's joints (T, K, 3)."""
        return point_scores(joints, [run.true_joints for run in self.runs], self.protocol.root_joints)

    def _runs(self, sequence: CachedSequence | FrameSequence) -> Iterator[Run]:
        has_truth = sequence.joints3d if self.protocol is MPI_INF_3DHP_17 else sequence.poses
        if has_truth is None:
            return
        for first, end in contiguous_runs(sequence.frame_ids, sequence.frame_step):
            whole = (end - first) // self._frames * self._frames
            if whole:
                yield self._run(sequence, slice(first, first + whole))

    def _run(self, sequence: CachedSequence | FrameSequence, rows: slice) -> Run:
        assert sequence.features is not None
        features = torch.from_numpy(np.array(sequence.features[rows], np.float32)).to(self._device)
        if self.protocol is MPI_INF_3DHP_17:
            assert sequence.joints3d is not None
            truth = arrange_joints(sequence.joints3d[rows], sequence.joint_names, MPI_17)
            return Run(sequence.name, features, truth.astype(np.float64), None, None, actions_of(sequence, rows))
        assert sequence.poses is not None and sequence.betas is not None
        poses, betas = (torch.from_numpy(v).to(self._device) for v in (sequence.poses[rows], sequence.betas))
        truth = self._joints(rotvec_to_rotmat(poses), betas.expand(len(poses), -1))
        return Run(sequence.name, features, truth, poses, betas, actions_of(sequence, rows))

    @torch.no_grad()
    def _joints(self, rotmat: Tensor, betas: Tensor) -> FloatArray:
        """Return the protocol's joints (T, K, 3) of poses (T, 24, 3, 3) and shapes (T, 10)."""
        parts = [self._body.pose(*chunk) for chunk in _chunks(rotmat, betas)]
        if self.protocol is MPI_INF_3DHP_17:
            spin49 = torch.cat([part.spin49 for part in parts]).double().cpu().numpy()
            return arrange_joints(spin49, SPIN_49, MPI_17)
        joints: FloatArray = torch.cat([part.lsp14 for part in parts]).double().cpu().numpy()
        return joints


def _chunks(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    edges = [*range(0, len(tensors[0]), FRAMES_PER_CALL), len(tensors[0])]
    for first, end in pairwise(edges):
        yield tuple(tensor[first:end] for tensor in tensors)


def actions_of(sequence: CachedSequence | FrameSequence, rows: slice) -> NDArray[np.str_]:
    """Return what the person does in some rows, in words: MPI-INF-3DHP marks its frames, 3DPW names its recordings."""
    if sequence.activities is not None:
        numbers = sequence.activities[rows]
        is_known = (numbers >= 1) & (numbers <= len(ACTIVITIES))
        return np.where(is_known, np.array(ACTIVITIES)[np.clip(numbers, 1, len(ACTIVITIES)) - 1], ACTIVITIES[-1])
    named = _RECORDING_NAME.match(sequence.name)
    return np.full(len(sequence.frame_ids[rows]), named["action"] if named else sequence.name)
