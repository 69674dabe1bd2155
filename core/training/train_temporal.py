"""Stage 2: the decomposed temporal encoder on windows of frozen lifter features, with the motion discriminator."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..models.landmark_lifter import LandmarkLifter
from ..models.open_weights import save_weights
from ..models.temporal_encoder import TemporalConfig, TemporalEstimator, TemporalOutput
from .clips import mirror_windows
from .discriminator import MotionDiscriminator
from .losses import (
    acceleration_loss,
    adversarial_loss,
    discriminator_loss,
    feature_regularisation_loss,
    keypoint2d_loss,
    keypoint3d_distance,
    keypoint3d_loss,
    smpl_pose_loss,
)
from .metrics import motion_errors
from .schedule import Progress, WeightAverage, load_checkpoint, save_checkpoint, set_learning_rate
from .simulator import SimulatedViews
from .smoother_start import hold_smoother_units, start_as_smoother
from .stage import TEMPORAL_WEIGHTS_NAME, StageContext, ViewSource, reseed_for_resume, validation_views
from .torch_body import TorchBody
from .torch_camera import project, weak_camera_to_pelvis
from .torch_rotations import rot6d_to_rotmat
from .train_lifter import posed_landmarks, view_evidence

CHECKPOINT_NAME = "temporal_checkpoint.pt"
WINDOW_FRAMES, BATCH_WINDOWS = 40, 24
PEAK_LEARNING_RATE, DISCRIMINATOR_LEARNING_RATE = 5e-4, 5e-4
WARMUP_ITERATIONS = 100
DISCRIMINATOR_INTERVAL = 5
# The discriminator starts from nothing and would lag behind: it learns at every iteration first.
DISCRIMINATOR_WARMUP = 200
FRAME_RATES_HZ = (24.0, 60.0)
NATIVE_RATE_SHARE = 0.4


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


class WindowFeatures(NamedTuple):
    """What the frozen lifter says about a batch of windows."""

    pose_features: Tensor
    betas: Tensor
    pelvis: Tensor
    box_half_side: Tensor


@torch.no_grad()
def window_features(lifter: LandmarkLifter, views: SimulatedViews) -> WindowFeatures:
    """Return the lifter's features, shape and root of simulated views (N, T)."""
    boxed = view_evidence(views)
    pose_features = lifter.pose_features(boxed.values)
    weak_camera, betas = lifter.camera_shape(pose_features)
    pelvis = weak_camera_to_pelvis(weak_camera, boxed.box_center, boxed.box_half_side, views.focal)
    return WindowFeatures(pose_features, betas, pelvis, boxed.box_half_side)


def generator_losses(
    output: TemporalOutput, features: WindowFeatures, views: SimulatedViews, body: TorchBody
) -> tuple[dict[str, Tensor], Tensor]:
    """Return the named losses of the encoder but the adversarial one, and its rotations (N, T, 24, 3, 3).

    Source: paper, equation 5.
    """
    rotmat = rot6d_to_rotmat(output.rot6d)
    landmarks = posed_landmarks(rotmat, features.betas, body)
    points = project(landmarks, features.pelvis, views.focal)
    losses = {
        "keypoint3d": keypoint3d_loss(landmarks, views.landmarks),
        "keypoint2d": keypoint2d_loss(points, views.true_keypoints2d, features.box_half_side),
        "pose": smpl_pose_loss(rotmat, views.rotmat),
        "feature_regularisation": feature_regularisation_loss(output.encoded_features, features.pose_features),
        "distance": keypoint3d_distance(landmarks, views.landmarks),
        "acceleration": acceleration_loss(landmarks, views.landmarks, views.frame_rate_hz),
    }
    return losses, rotmat


class TemporalTraining:
    """The state of stage 2."""

    def __init__(
        self,
        context: StageContext,
        lifter: LandmarkLifter,
        config: TemporalConfig | None = None,
        weights: TemporalLossWeights | None = None,
    ) -> None:
        torch.manual_seed(context.seed)
        self.context, self.lifter = context, lifter.eval().requires_grad_(False)
        self.weights = weights or TemporalLossWeights()
        self.network = TemporalEstimator(config)
        self.network.heads.load_state_dict(lifter.heads.state_dict())
        self.network.encoder.set_mixed_precision(True)
        self.discriminator = MotionDiscriminator()
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=1e-4)
        self.discriminator_optimizer = torch.optim.Adam(
            self.discriminator.parameters(), lr=DISCRIMINATOR_LEARNING_RATE, weight_decay=1e-4
        )
        self.progress = Progress(context.budget)
        self.average = WeightAverage(self.network)
        self._checkpoint_path = context.output / CHECKPOINT_NAME
        if context.resume and self._checkpoint_path.exists():
            self._restore()
        elif self._starts_as_smoother:
            sample = ViewSource(context, "train", context.seed).draw(512, 1, context.library.frame_rate)
            start_as_smoother(self.network, window_features(lifter, sample).pose_features.flatten(0, 1))
            self.average = WeightAverage(self.network)
        if self._starts_as_smoother:
            hold_smoother_units(self.network)
        self.source = ViewSource(context, "train", reseed_for_resume(context.seed + 2, self.progress.iteration))

    @property
    def _starts_as_smoother(self) -> bool:
        config = self.network.encoder.config
        return config.residual and config.direction == "bi"

    def run(self) -> TemporalEstimator:
        """Train until the budget is spent; return the network with averaged weights."""
        saved_at_s = self.progress.elapsed_s
        self.context.report(f"before the temporal stage: {self.validation_text()}")
        while self.progress.fraction < 1.0:
            losses = self.step()
            if self.progress.elapsed_s - saved_at_s > self.context.save_every_s:
                saved_at_s = self.progress.elapsed_s
                self.save()
                self.context.report(f"{self._state_text(losses)}; {self.validation_text()}")
        self.save()
        self.context.report(f"temporal done: {self.progress.iteration} iterations; {self.validation_text()}")
        return self.averaged_network()

    def step(self) -> dict[str, float]:
        """Take one step of the encoder and, at its interval, one of the discriminator; return the losses."""
        set_learning_rate(self.optimizer, self.progress.learning_rate(PEAK_LEARNING_RATE, WARMUP_ITERATIONS))
        frame_rate = self._frame_rate()
        views = self.source.draw(BATCH_WINDOWS, WINDOW_FRAMES, frame_rate)
        features = window_features(self.lifter, views)
        losses, rotmat = generator_losses(self.network(features.pose_features), features, views, self.context.body)
        # Frozen here, so that the encoder's step leaves no gradient in the discriminator.
        self.discriminator.requires_grad_(False)
        losses["adversarial"] = adversarial_loss(self.discriminator(rotmat))
        self.discriminator.requires_grad_(True)
        total = torch.stack([getattr(self.weights, name) * loss for name, loss in losses.items()]).sum()
        self.optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.average.update(self.network, self.progress.iteration)
        if self.progress.iteration % DISCRIMINATOR_INTERVAL == 0 or self.progress.iteration < DISCRIMINATOR_WARMUP:
            losses["discriminator"] = self._discriminator_step(rotmat.detach(), frame_rate)
        self.progress.iteration += 1
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _frame_rate(self) -> float:
        """Return the batch's frame rate: often the data's own, else anything that cameras use."""
        if self.source.uniform(0, 1) < NATIVE_RATE_SHARE:
            return self.context.library.frame_rate
        return self.source.uniform(*FRAME_RATES_HZ)

    def _discriminator_step(self, fake_rotmat: Tensor, frame_rate_hz: float) -> Tensor:
        """Show the discriminator captured motion and the encoder's; return its loss."""
        starts = self.source.starts(BATCH_WINDOWS, WINDOW_FRAMES, frame_rate_hz)
        real = self.context.library.windows(starts, WINDOW_FRAMES, frame_rate_hz)
        real = mirror_windows(real, torch.rand(BATCH_WINDOWS) < 0.5)
        loss = discriminator_loss(self.discriminator(real.rotmat), self.discriminator(fake_rotmat))
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        return loss

    def averaged_network(self) -> TemporalEstimator:
        """Return a copy of the network with the averaged weights."""
        network = TemporalEstimator(self.network.encoder.config)
        network.load_state_dict(self.average.state)
        return network.eval()

    def save(self) -> None:
        """Write the weight file and the resumable state."""
        header = {**self.context.header, "iterations": str(self.progress.iteration)}
        config = self.network.encoder.config
        save_weights(self.context.output / TEMPORAL_WEIGHTS_NAME, self.average.state, config, header)
        modules = {name: getattr(self, name).state_dict() for name in self._MODULES}
        counts = {"iteration": self.progress.iteration, "elapsed_s": self.progress.elapsed_s}
        save_checkpoint(self._checkpoint_path, {**modules, **counts, "average": self.average.state})

    _MODULES = ("network", "discriminator", "optimizer", "discriminator_optimizer")

    def _restore(self) -> None:
        state = load_checkpoint(self._checkpoint_path)
        for name in self._MODULES:
            getattr(self, name).load_state_dict(state[name])
        self.average.state = state["average"]
        self.progress = Progress(self.context.budget, state["iteration"], state["elapsed_s"])

    @torch.no_grad()
    def validation_text(self) -> str:
        """Return the errors of the averaged network, unsmoothed, on fixed validation windows."""
        views = validation_views(self.context.library, self.context.body, min(96, self._longest_window()), 24)
        features = window_features(self.lifter, views)
        rotmat = rot6d_to_rotmat(self.averaged_network()(features.pose_features).rot6d)
        landmarks = posed_landmarks(rotmat, features.betas, self.context.body)
        errors = motion_errors(landmarks.numpy(), views.landmarks.numpy())
        return (
            f"validation MPJPE {errors.mpjpe_mm:.1f} PA-MPJPE {errors.pa_mpjpe_mm:.1f} mm"
            f" ACC {errors.acc_mm_per_frame2:.1f} ACC ERR {errors.acc_error_mm_per_frame2:.1f} mm/frame^2"
        )

    def _longest_window(self) -> int:
        """Return a window length that every clip longer than the training window allows."""
        lengths = self.context.library.clip_length
        return int(max(WINDOW_FRAMES, lengths.max() - 8))

    def _state_text(self, losses: dict[str, float]) -> str:
        parts = " ".join(f"{name} {value:.4f}" for name, value in losses.items())
        return f"temporal {self.progress.elapsed_s / 60:.1f} min, iteration {self.progress.iteration}, {parts}"
