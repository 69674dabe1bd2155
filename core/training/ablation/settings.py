"""The numbers of an ablation; everything that changes a result is here and is written beside the results."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from ...errors import OptionError
from ...models.encoders import EncoderConfig
from ..loss_presets import PAPER, LossWeights
from .runs import GROUPS, Group


@dataclass(frozen=True)
class AblationSettings:
    """Sizes, weights and schedule, the same for all runs; the defaults are the paper's unless said otherwise.

    Attributes:
        iterations: of each run. The paper's schedule (VIBE's) has 15000.
        learning_rate: of Adam, at its peak; it falls by a cosine to one hundredth. The paper has 1e-4 for 15000
            iterations; runs of some thousand need more (over 200 iterations both encoders came further with 3e-3 than
            with 1e-3). The same for all runs.
        discriminator_learning_rate: D starts from nothing in every run.
        discriminator_interval: iterations between two steps of D.
        frames, clips: T and batch size. The paper does not say its own, VIBE's is 32; on one core, 90 seconds of clips
            of 8 brought the decomposed encoder to 62 mm PA-MPJPE on validation views, of 4 to 64, of 32 to 70.
        cached_windows: simulated training windows of T frames; all runs see the same.
        score_windows, score_frames: of the validation and test views.
        decomposed: the paper's encoder; the holistic one is made as large.
    """

    iterations: int = 5000
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    warmup_iterations: int = 100
    discriminator_learning_rate: float = 5e-4
    discriminator_interval: int = 5
    frames: int = 16
    clips: int = 8
    cached_windows: int = 6144
    score_windows: int = 48
    score_frames: int = 96
    curve_points: int = 10
    weights: LossWeights = PAPER
    decomposed: EncoderConfig = field(default_factory=EncoderConfig)


QUICK = AblationSettings(
    iterations=40,
    warmup_iterations=5,
    frames=16,
    clips=8,
    cached_windows=96,
    score_windows=4,
    score_frames=48,
    curve_points=2,
)
"""Shows that every stage runs, in a minute or two; its numbers say nothing about the claim."""

Mode = Literal["quick", "full"]


@dataclass(frozen=True)
class AblationOptions:
    """What the command line chooses.

    Attributes:
        mode: `quick` shows in a minute or two that everything runs; `full` is for numbers.
        lifter: its weight file, None for the committed one.
        seeds: None for 1 (quick) or 3 (full).
        iterations: of each run; or `minutes_per_run`, from which the same number for all runs is measured.
        stop_after_minutes: start no run after that; None for no limit.
        settings: None for those of the mode.
    """

    mode: Mode = "quick"
    lifter: Path | None = None
    seeds: int | None = None
    groups: tuple[Group, ...] = GROUPS
    iterations: int | None = None
    minutes_per_run: float | None = None
    learning_rate: float | None = None
    stop_after_minutes: float | None = None
    settings: AblationSettings | None = None


def wanted_settings(options: AblationOptions) -> AblationSettings:
    """Return the settings that the options ask for."""
    settings = options.settings or (QUICK if options.mode == "quick" else AblationSettings())
    return replace(
        settings,
        iterations=options.iterations or settings.iterations,
        learning_rate=options.learning_rate or settings.learning_rate,
    )


def kept_settings(path: Path, options: AblationOptions, origin: dict[str, str]) -> AblationSettings | None:
    """Return the settings that the folder's runs were made with, None for a new folder.

    Note: a number of iterations that was measured from --minutes-per-run stays what it is, else the runs would differ.
    Raises:
        OptionError: they are not what the options ask for.
    """
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    wanted = wanted_settings(options)
    if options.iterations is None:
        wanted = replace(wanted, iterations=kept["settings"]["iterations"])
    if kept != json.loads(json.dumps({"origin": origin, "settings": asdict(wanted)})):
        raise OptionError(
            f"{path.parent} holds an ablation with other settings or of other files.",
            "Choose another --output, or the options in its settings.json.",
        )
    return wanted
