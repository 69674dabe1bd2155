"""One run of the ablation: an encoder on cached features, from its seed to its last iteration."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from ...models.encoders import parameter_count
from ...models.landmark_lifter import LandmarkLifter
from ..clips import MotionLibrary, WindowSampler, mirror_windows
from ..discriminator import MotionDiscriminator
from ..loss_presets import LossWeights, total_loss
from ..losses import adversarial_loss, discriminator_loss
from ..schedule import Budget, Progress, set_learning_rate
from ..torch_body import TorchBody
from .clip_estimator import ClipEstimator, clip_losses
from .feature_windows import FeatureWindows
from .runs import Run
from .settings import AblationSettings


@dataclass(frozen=True)
class Materials:
    """What all runs share."""

    library: MotionLibrary
    lifter: LandmarkLifter
    body: TorchBody
    windows: FeatureWindows
    settings: AblationSettings


@dataclass
class TrainedRun:
    """A finished training.

    Attributes:
        curve: (iteration, validation PA-MPJPE, ACC ERR).
        losses: the unweighted losses, averaged over the last tenth of the iterations.
    """

    network: ClipEstimator
    parameters: int
    encoder_parameters: int
    seconds: float
    window_count: int
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    losses: dict[str, float] = field(default_factory=dict)


class RealMotion:
    """Draws windows of captured motion for the discriminator, mirrored or not."""

    def __init__(self, library: MotionLibrary, settings: AblationSettings, rng: np.random.Generator) -> None:
        self._library, self._settings, self._rng = library, settings, rng
        self._sampler = WindowSampler(library, "train", settings.frames)

    def draw(self) -> Tensor:
        """Return rotations (B, T, 24, 3, 3)."""
        count, frames = self._settings.clips, self._settings.frames
        windows = self._library.windows(self._sampler.starts(count, self._rng), frames, self._library.frame_rate)
        return mirror_windows(windows, torch.as_tensor(self._rng.random(count) < 0.5)).rotmat


class RunTraining:
    """The state of one run."""

    def __init__(self, run: Run, materials: Materials) -> None:
        # The whole run is a function of its seed: weights, order of windows, dropout, real motion.
        torch.manual_seed(run.seed)
        self.rng = np.random.default_rng(run.seed)
        settings = materials.settings
        self.run, self.materials, self.settings = run, materials, settings
        self.weights = _weights_of(run, settings.weights)
        self.network = ClipEstimator(run.encoder(settings.decomposed), materials.lifter)
        trainable = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(trainable, settings.learning_rate, weight_decay=settings.weight_decay)
        self.progress = Progress(Budget(iterations=settings.iterations))
        self.indices = materials.windows.within(run.fraction)
        self.discriminator = MotionDiscriminator()
        self.discriminator_optimizer = torch.optim.Adam(
            self.discriminator.parameters(), settings.discriminator_learning_rate, weight_decay=settings.weight_decay
        )
        self.real_motion = RealMotion(materials.library, settings, self.rng)

    def step(self) -> dict[str, float]:
        """Take one step of the estimator and, at its interval, one of the discriminator; return the losses."""
        settings = self.settings
        set_learning_rate(
            self.optimizer, self.progress.learning_rate(settings.learning_rate, settings.warmup_iterations)
        )
        chosen = self.rng.choice(self.indices, settings.clips, replace=len(self.indices) < settings.clips)
        batch = self.materials.windows.batch(chosen)
        output = self.network(batch.pose_features)
        losses = clip_losses(output, batch, self.materials.body, self.weights.regularisation)
        if self.run.has_discriminator:
            # Frozen here, so that the estimator's step leaves no gradient in the discriminator.
            self.discriminator.requires_grad_(False)
            losses["adversarial"] = adversarial_loss(self.discriminator(output.rotmat))
            self.discriminator.requires_grad_(True)
        self.optimizer.zero_grad()
        total_loss(losses, self.weights).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if self.run.has_discriminator and self.progress.iteration % settings.discriminator_interval == 0:
            losses["discriminator"] = self._discriminator_step(output.rotmat.detach())
        self.progress.iteration += 1
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _discriminator_step(self, fake_rotmat: Tensor) -> Tensor:
        """Show the discriminator captured motion and the estimator's; return its loss."""
        loss = discriminator_loss(self.discriminator(self.real_motion.draw()), self.discriminator(fake_rotmat))
        self.discriminator_optimizer.zero_grad()
        (self.settings.weights.adversarial * loss).backward()
        self.discriminator_optimizer.step()
        return loss


def train_run(run: Run, materials: Materials, validate: Callable[[ClipEstimator], tuple[float, float]]) -> TrainedRun:
    """Train one run to its last iteration.

    Args:
        validate: PA-MPJPE and ACC ERR of a network on the validation views.
    """
    training, settings = RunTraining(run, materials), materials.settings
    parameters = [parameter_count(training.network), parameter_count(training.network.encoder)]
    result = TrainedRun(training.network, parameters[0], parameters[1], 0.0, len(training.indices))
    marks = np.unique(np.linspace(0, settings.iterations, settings.curve_points + 1).round())[1:]
    tail: list[dict[str, float]] = []
    for _ in range(settings.iterations):
        started_s = time.perf_counter()
        losses = training.step()
        result.seconds += time.perf_counter() - started_s
        done = training.progress.iteration
        if done > 0.9 * settings.iterations:
            tail.append(losses)
        if done in marks:
            training.network.eval()
            result.curve.append((done, *validate(training.network)))
            training.network.train()
    names = sorted({name for losses in tail for name in losses})
    result.losses = {name: float(np.mean([losses[name] for losses in tail if name in losses])) for name in names}
    training.network.eval()
    return result


def _weights_of(run: Run, weights: LossWeights) -> LossWeights:
    """Return the loss weights of a run: the preset's, without what the run leaves out."""
    if not run.has_regularisation:
        weights = replace(weights, feature_regularisation=0.0)
    return weights if run.has_discriminator else replace(weights, adversarial=0.0)
