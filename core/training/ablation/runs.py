"""Which runs the ablation consists of, and in which order: what matters most first, so that an early stop has it."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from ...models.encoders import EncoderConfig, EncoderKind, matched_holistic

Group = Literal["main", "discriminator", "fractions", "controls"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
FRACTIONS: Final = (0.1, 0.3)
"""Of the training windows, beside all of them (which are the main runs)."""


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        kind: of the encoder.
        has_regularisation: whether L_reg takes part.
        has_discriminator: whether L_adv takes part, and D_M learns.
        fraction: share of the training windows.
        residual: add the encoder's input, as the shipped estimator does; the paper does not.
    """

    group: Group
    kind: EncoderKind
    seed: int
    has_regularisation: bool = False
    has_discriminator: bool = False
    fraction: float = 1.0
    residual: bool = False

    @property
    def row(self) -> str:
        """The table's name for all seeds of this run."""
        parts = [{"none": "none (heads only)"}.get(self.kind, self.kind)]
        parts += ["residual"] if self.residual else []
        parts += ["L_reg"] if self.has_regularisation else []
        parts += ["D"] if self.has_discriminator else []
        suffix = f", {self.fraction:.0%} of the data" if self.fraction < 1 else ""
        return " + ".join(parts) + suffix

    @property
    def name(self) -> str:
        """The name of the run's file."""
        parts: list[str] = [self.kind]
        parts += ["residual"] if self.residual else []
        parts += ["reg"] if self.has_regularisation else []
        parts += ["disc"] if self.has_discriminator else []
        parts += [f"data{100 * self.fraction:.0f}"] if self.fraction < 1 else []
        return "_".join([*parts, f"seed{self.seed}"])

    def encoder(self, decomposed: EncoderConfig) -> EncoderConfig:
        """Return the run's encoder, with as many parameters as the decomposed one of the paper's size."""
        config = EncoderConfig(self.kind, decomposed.direction, self.residual, decomposed.hidden_size)
        if self.kind == "holistic":
            return matched_holistic(EncoderConfig("decomposed", config.direction, self.residual, config.hidden_size))
        return config


_VARIANTS: Final[tuple[tuple[EncoderKind, bool], ...]] = (
    ("none", False),
    ("holistic", False),
    ("decomposed", False),
    ("decomposed", True),
)


def runs_of(group: Group, seed: int) -> list[Run]:
    """Return the runs of one group with one seed."""
    if group in ("main", "discriminator"):
        disc = group == "discriminator"
        return [Run(group, kind, seed, has_regularisation=reg, has_discriminator=disc) for kind, reg in _VARIANTS]
    if group == "fractions":
        kinds: tuple[EncoderKind, ...] = ("decomposed", "holistic")
        return [Run(group, kind, seed, fraction=fraction) for fraction in FRACTIONS for kind in kinds]
    # Is it the decomposition or L_reg that helps? And what does the residual do, which is not in the paper?
    return [
        Run(group, "holistic", seed, has_regularisation=True),
        Run(group, "decomposed", seed, residual=True),
    ]


def plan_runs(seeds: int, groups: tuple[Group, ...] = GROUPS) -> list[Run]:
    """Return all runs: the main rows of two seeds first, then one seed of the rest, then the other seeds."""
    rounds: dict[int, list[Run]] = {}
    for seed in range(seeds):
        for group in groups:
            place = 0 if group == "main" and seed < 2 else 1 + max(seed - 1, 0) if group == "main" else 1 + seed
            rounds.setdefault(place, []).extend(runs_of(group, seed))
    return [run for place in sorted(rounds) for run in rounds[place]]
