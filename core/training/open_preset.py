"""All numbers of the training of what ships, as a typed preset: lifter and temporal encoder on simulated views."""

from dataclasses import dataclass, field
from typing import Final, Literal

from ..errors import OptionError
from ..models.temporal_encoder import TemporalConfig
from .lost_limbs import LostLimbSettings

STAGES: Final = ("lifter", "rendered", "temporal", "contacts")
Stage = Literal["all", "lifter", "rendered", "temporal", "contacts"]


@dataclass(frozen=True)
class LifterLossWeights:
    """Weights of the lifter's losses."""

    pose: float = 1.0
    keypoint3d: float = 12.0
    keypoint2d: float = 6.0
    shape: float = 0.03


@dataclass(frozen=True)
class LifterOptions:
    """Stage 1, on single frames.

    Attributes:
        iterations: optimiser steps; half an hour on one core where the shipped weights were made.
        learning_rate: the highest, after the warm-up; it then falls along a cosine.
    """

    iterations: int = 14_000
    batch_frames: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    warmup_iterations: int = 200
    losses: LifterLossWeights = field(default_factory=LifterLossWeights)


@dataclass(frozen=True)
class RenderedOptions:
    """Stage 1b, on rendered frames and simulated ones; only where there is a file of rendered frames.

    Attributes:
        rendered_share, carried_share: of the frames of a batch: rendered ones, and simulated ones with errors carried
            over from them; the others are simulated with the simulator's own errors.
        rendered_losses: without the shape, which is unknown there.
    """

    iterations: int = 2_600
    batch_frames: int = 256
    rendered_share: float = 0.55
    carried_share: float = 0.25
    learning_rate: float = 4e-4
    warmup_iterations: int = 100
    losses: LifterLossWeights = field(default_factory=LifterLossWeights)
    rendered_losses: LifterLossWeights = field(default_factory=lambda: LifterLossWeights(shape=0.0))


@dataclass(frozen=True)
class TemporalLossWeights:
    """Weights of the losses; 300, 300 and 60 are the paper's (section 3.1), 0.5 is VIBE's.

    Note: the paper's 60 for L_reg goes with another form of the norm. In the root-mean-square form its gradient at
    f~ = f is constant, and with a residual encoder a weight of 5 froze the encoder.
    """

    keypoint3d: float = 300.0
    keypoint2d: float = 300.0
    pose: float = 60.0
    adversarial: float = 0.5
    feature_regularisation: float = 1.0
    acceleration: float = 1000.0
    distance: float = 12.0
    """Of the mean distance in 3-D, which no outlier rules: the paper has the mean square alone."""


@dataclass(frozen=True)
class TemporalOptions:
    """Stage 2, on windows of frozen features.

    Attributes:
        iterations: optimiser steps; half an hour on one core where the shipped weights were made.
        learning_rate: as in `LifterOptions`.
        discriminator_interval: the paper has 5, at which it never learned to tell much.
        discriminator_warmup: it starts from nothing and would lag behind, so it learns at each of the first
            iterations.
        lowest_rate_hz, highest_rate_hz: frame rates of the batches, drawn evenly by octaves.
        native_rate_share: of the batches that keep the data's own rate.
        rendered_share: of a batch's windows, where there is a file of rendered frames.
        lost_limbs: more than in the lifter's stage, as what is not seen for a while is what the GRUs are for.
    """

    encoder: TemporalConfig = field(default_factory=lambda: TemporalConfig(has_context=True))
    iterations: int = 1_000
    window_frames: int = 64
    batch_windows: int = 10
    learning_rate: float = 7e-4
    weight_decay: float = 1e-4
    warmup_iterations: int = 100
    discriminator_learning_rate: float = 5e-4
    discriminator_weight_decay: float = 1e-4
    discriminator_interval: int = 2
    discriminator_warmup: int = 200
    lowest_rate_hz: float = 12.0
    highest_rate_hz: float = 120.0
    native_rate_share: float = 0.4
    rendered_share: float = 0.5
    lost_limbs: LostLimbSettings = field(
        default_factory=lambda: LostLimbSettings(share=0.12, both_legs_probability=0.02, body_share=0.06)
    )
    losses: TemporalLossWeights = field(default_factory=TemporalLossWeights)


@dataclass(frozen=True)
class ContactOptions:
    """Stage 3, on windows of landmarks; it needs none of the others."""

    iterations: int = 3_000
    window_frames: int = 96
    batch_windows: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warmup_iterations: int = 100


@dataclass(frozen=True)
class OpenPreset:
    """All stages.

    Attributes:
        stage: `temporal` takes the lifter that is in the output folder.
        minutes: wall time of the chosen stages together, instead of the stages' iterations; 0 for those. Each stage
            measures its speed once, at its beginning, and counts iterations from then on.
        lifter_share: of the minutes of both stages.
        iterations: optimiser steps of each stage, instead of the stages' own numbers; 0 for those. With minutes too,
            what comes first.
        save_every_s: seconds between two checkpoints.
    """

    lifter: LifterOptions = field(default_factory=LifterOptions)
    rendered: RenderedOptions = field(default_factory=RenderedOptions)
    temporal: TemporalOptions = field(default_factory=TemporalOptions)
    contacts: ContactOptions = field(default_factory=ContactOptions)
    stage: Stage = "all"
    minutes: float = 0.0
    lifter_share: float = 0.5
    iterations: int = 0
    save_every_s: float = 120.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a training without an end, and shares that are none."""
        lengths = {"minutes": self.minutes, "iterations": self.iterations}
        for name, value in lengths.items():
            if value < 0:
                raise OptionError(f"{name} is {value}; at least 0 was expected.")
        for name in STAGES:
            iterations = getattr(self, name).iterations
            if iterations < 1:
                raise OptionError(f"{name}.iterations is {iterations}; at least 1 was expected.")
        if not 0 < self.lifter_share < 1:
            raise OptionError(f"lifter_share is {self.lifter_share}; a share between 0 and 1 was expected.")
