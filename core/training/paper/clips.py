"""The clips of one training step as tensors: a function of the seed and the step's number alone."""

from dataclasses import astuple
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ...errors import MotionDataError
from ..datasets.clip_samples import ClipSamples, clip_samples
from ..datasets.feature_cache import CachedSequence, FeatureCache
from ..datasets.sampling import BalancedSampler, clip_source
from ..paper_preset import DataOptions
from .extracted_parts import load_part
from .motion_bank import MotionBank, bank_path, load_motion_bank
from .processes import Processes


class ClipBatch(NamedTuple):
    """`ClipSamples` as tensors."""

    pose_features: Tensor
    """(B, T, 24, 128)"""
    keypoints2d: Tensor
    """(B, T, 49, 3): x and y in [-1, 1] across the crop, and confidence."""
    joints3d: Tensor
    """(B, T, 49, 4): metres, and 1 where the joint is known."""
    poses: Tensor
    """(B, T, 24, 3) axis-angle, camera axes."""
    betas: Tensor
    """(B, T, 10)"""
    weight_3d: Tensor
    """(B, T)"""
    weight_smpl: Tensor
    """(B, T)"""


def to_batch(samples: ClipSamples, device: str) -> ClipBatch:
    """Return the tensors of a batch's arrays."""
    return ClipBatch(*(torch.from_numpy(values).to(device) for values in astuple(samples)))


class TrainingClips:
    """Everything that is trained on.

    Args:
        data_sets: name -> its sequences, features and labels.
        motions: AMASS.
        options: how many clips of what.
        seed: of the order of the clips.
        processes: among which a batch is spread.
    Raises:
        MotionDataError: no sequence is long enough for a clip.
        OptionError: a batch cannot be spread evenly.
    """

    def __init__(
        self,
        data_sets: dict[str, list[CachedSequence]],
        motions: MotionBank,
        options: DataOptions,
        seed: int,
        processes: Processes,
    ) -> None:
        for count in (options.batch_clips, options.motion_clips):
            processes.check_batch(count)
        self._data_sets = list(data_sets.values())
        self._motions, self._frames, self._processes = motions, options.frame_count, processes
        sources = [clip_source(name, sequences, self._frames, self._frames) for name, sequences in data_sets.items()]
        if not any(len(source.clips) for source in sources):
            names = ", ".join(data_sets)
            raise MotionDataError(f"No sequence of {names} has {self._frames} frames without a gap.")
        self.clip_counts = {source.name: len(source.clips) for source in sources}
        self._sampler = BalancedSampler(sources, options.batch_clips, options.share_2d, seed=seed)
        self._motion_sampler = motions.sampler(self._frames, options.motion_clips, seed)

    def batch(self, step: int) -> ClipBatch:
        """Return this process's share of the clips of step number `step`."""
        clips = self._processes.share(self._sampler.batch(step))
        return to_batch(clip_samples(clips, self._data_sets, self._frames), self._processes.device)

    def real_motions(self, step: int) -> Tensor:
        """Return this process's share of the captured body poses (B, T, 69) of the discriminator's step."""
        clips = self._processes.share(self._motion_sampler.batch(step))
        poses = self._motions.clips([clip.start for clip in clips], self._frames)
        return torch.from_numpy(poses).to(self._processes.device)


def load_training_clips(
    cache: FeatureCache, cache_root: Path, options: DataOptions, seed: int, processes: Processes
) -> TrainingClips:
    """Return the clips of the cached features and motions.

    Raises:
        MotionDataError: features or motions are missing; names the path.
        OptionError: a batch cannot be spread evenly.
    """
    data_sets = {part: load_part(cache, part, options) for part in options.training_parts}
    return TrainingClips(data_sets, load_motion_bank(bank_path(cache_root, options)), options, seed, processes)
