"""All numbers of the paper's training as a typed preset, each with its source. `docs/paper.md` tells them in prose."""

from dataclasses import dataclass, field
from typing import Final

from ..errors import OptionError
from ..models.encoders import EncoderConfig
from .loss_presets import LossWeights

SHORTEST_CLIP: Final = 3
"""Frames; accelerations need three."""


@dataclass(frozen=True)
class DataOptions:
    """What is trained and judged on.

    Attributes:
        train_2d: data sets with 2-D keypoints alone.
        train_3d: data sets with 3-D joints. The paper's section 3.1 names 3DPW too, but its results say "trained on
            MPII3D and InstaVariety and tested on 3DPW"; with 3DPW in training the test is no longer of another domain.
            `["mpi_inf_3dhp", "3dpw"]` adds it, and with it the only SMPL poses of the paper's data.
        validation: decides the learning rate and the best weights; VIBE takes 3DPW's validation split.
        tests: scored once at the end, where their features are in the cache.
        frame_count: T, the paper's sliding window.
        batch_clips, share_2d: VIBE's 32 clips, 19 of them 2-D; the paper does not tell.
        motion_clips: clips of AMASS that the discriminator sees in one step; VIBE's 32.
        mpi_subjects, mpi_cameras: VIBE's: all subjects, and the cameras at the height of a person.
        mpi_test_recordings: TS1 to TS6.
        mpi_frame_rate_hz: AMASS is read at 25 frames a second, and the discriminator compares motions frame by frame,
            so what was recorded at 50 is halved. 50 keeps all frames, as VIBE does.
        amass_frame_rate_hz: VIBE's 25.
        amass_folders: names of AMASS's folders to read; empty for all of VIBE's that are there.
        allow_partial: take 3DPW and InstaVariety also where fewer files are there than were published.
    """

    train_2d: tuple[str, ...] = ("instavariety",)
    train_3d: tuple[str, ...] = ("mpi_inf_3dhp",)
    validation: str = "3dpw/validation"
    tests: tuple[str, ...] = ("3dpw/test", "mpi_inf_3dhp/test")
    frame_count: int = 16
    batch_clips: int = 32
    share_2d: float = 0.6
    motion_clips: int = 32
    mpi_subjects: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
    mpi_cameras: tuple[int, ...] = (0, 1, 2, 4, 5, 6, 7, 8)
    mpi_test_recordings: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    mpi_frame_rate_hz: float = 25.0
    amass_frame_rate_hz: float = 25.0
    amass_folders: tuple[str, ...] = ()
    allow_partial: bool = False

    @property
    def training_parts(self) -> tuple[str, ...]:
        """Parts whose features are trained on, 2-D data sets first."""
        return tuple(f"{name}/train" for name in (*self.train_2d, *self.train_3d))

    @property
    def feature_parts(self) -> tuple[str, ...]:
        """All parts that need features."""
        return tuple(dict.fromkeys((*self.training_parts, self.validation, *self.tests)))


@dataclass(frozen=True)
class DiscriminatorOptions:
    """D_M, one for the whole body on 69 axis-angle numbers a frame: "same as VIBE" (section 2.3), so VIBE's sizes.

    Attributes:
        interval: the paper's: it learns at every fifth iteration, the generator at each.
    """

    hidden_size: int = 1024
    layer_count: int = 2
    dropout: float = 0.2
    interval: int = 5


@dataclass(frozen=True)
class OptimiserOptions:
    """Adam for both networks (section 3.1); the plateau rule is VIBE's, whose training the paper builds on.

    Attributes:
        weight_decay: in Adam's own form (added to the gradient), as in VIBE.
        plateau_factor, plateau_patience: of ReduceLROnPlateau on the validation's PA-MPJPE, for both networks.
    """

    learning_rate: float = 1e-4
    weight_decay: float = 1e-4
    plateau_factor: float = 0.1
    plateau_patience: int = 5


@dataclass(frozen=True)
class PaperPreset:
    """The paper's training: adversarial, on features of real videos.

    Attributes:
        encoder: uni-directional, without a residual, as the paper says; `kind` chooses the baselines.
        losses: lambda of equation 5.
        train_heads, train_camera_shape: the heads W_i, and W_c and W_beta, start from PARE's and are trained. The
            paper calls them learnable parameters.
        epochs, epoch_iterations: VIBE's.
        checkpoint_iterations: a killed run loses at most so many.
        seed: of the initial weights, the order of the clips and dropout.
    """

    data: DataOptions = field(default_factory=DataOptions)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    discriminator: DiscriminatorOptions = field(default_factory=DiscriminatorOptions)
    losses: LossWeights = field(default_factory=LossWeights)
    optimiser: OptimiserOptions = field(default_factory=OptimiserOptions)
    train_heads: bool = True
    train_camera_shape: bool = True
    epochs: int = 30
    epoch_iterations: int = 500
    checkpoint_iterations: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers that no training can have."""
        positive = {
            "epochs": self.epochs,
            "epoch_iterations": self.epoch_iterations,
            "checkpoint_iterations": self.checkpoint_iterations,
            "data.batch_clips": self.data.batch_clips,
            "data.motion_clips": self.data.motion_clips,
            "discriminator.interval": self.discriminator.interval,
        }
        for name, value in positive.items():
            if value < 1:
                raise OptionError(f"{name} is {value}; at least 1 was expected.")
        if self.data.frame_count < SHORTEST_CLIP:
            raise OptionError(f"data.frame_count is {self.data.frame_count}; at least {SHORTEST_CLIP} was expected.")
        if not 0 <= self.data.share_2d <= 1 or not 0 <= self.discriminator.dropout < 1:
            raise OptionError("data.share_2d and discriminator.dropout are shares between 0 and 1.")
