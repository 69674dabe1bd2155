"""Stage 2: the decomposed temporal encoder on windows of frozen lifter features, with the motion discriminator.

Where there are rendered frames, part of each batch is windows of those: what errors do from frame to frame is hard to
make up.
"""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..models.landmark_lifter import LandmarkLifter
from ..models.open_weights import save_weights
from ..models.temporal_encoder import TemporalEstimator, TemporalOutput
from .clips import mirror_windows
from .discriminator import MotionDiscriminator
from .losses import adversarial_loss, discriminator_loss
from .metrics import motion_errors
from .rendered_frames import RenderedFrames, validation_rows
from .rendered_windows import RenderedWindows
from .schedule import has_fast_bfloat16, set_learning_rate
from .simulator import SimulatedViews
from .smoother_start import hold_smoother_units, start_as_smoother
from .stage import TEMPORAL_WEIGHTS_NAME, VALIDATION_SEED, StageContext, ViewSource, validation_views
from .stage_training import StageTraining, Stateful
from .temporal_losses import WindowFeatures, generator_losses, window_features
from .torch_body import TorchBody
from .torch_rotations import rot6d_to_rotmat
from .train_lifter import lifter_sha256, posed_landmarks

VALIDATION_FRAMES, VALIDATION_WINDOWS = 96, 24
RENDERED_VALIDATION_WINDOWS = 96
START_FRAMES = 512
"""What the smoother's start is fitted on."""
PANELS = {
    "validation error [mm]": ("MPJPE_mm", "PA-MPJPE_mm", "rendered_MPJPE_mm", "rendered_PA-MPJPE_mm"),
    "validation acceleration [mm/frame^2]": ("ACC", "ACC_ERR", "rendered_ACC", "rendered_ACC_ERR"),
    "losses, not weighted": (
        "keypoint3d", "keypoint2d", "pose", "feature_regularisation", "distance", "acceleration", "adversarial",
        "discriminator",
    ),
}  # fmt: skip


class TemporalTraining(StageTraining):
    """The state of stage 2.

    Args:
        frames: of rendered people; None to train on simulated views alone.
    """

    def __init__(self, context: StageContext, lifter: LandmarkLifter, frames: RenderedFrames | None = None) -> None:
        torch.manual_seed(context.seed)
        self.options = options = context.preset.temporal
        context = replace(context, simulator=replace(context.simulator, lost_limbs=options.lost_limbs))
        self.lifter = lifter.eval().requires_grad_(False)
        self._set_rendered(frames, context.body)
        self.network = TemporalEstimator(options.encoder)
        self.network.heads.load_state_dict(lifter.heads.state_dict())
        self.network.encoder.set_mixed_precision(has_fast_bfloat16())
        self.discriminator = MotionDiscriminator(sees_change=True)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
        )
        self.discriminator_optimizer = torch.optim.Adam(
            self.discriminator.parameters(),
            lr=options.discriminator_learning_rate,
            weight_decay=options.discriminator_weight_decay,
        )
        if options.encoder.residual and options.encoder.direction == "bi":
            sample = ViewSource(context, "train", context.seed).draw(START_FRAMES, 1, context.library.frame_rate)
            start_as_smoother(self.network, window_features(lifter, sample).pose_features.flatten(0, 1))
            hold_smoother_units(self.network)
        super().__init__(context, "temporal", self.network, context.seed + 2, PANELS)
        if self.resumes:
            self.restore()

    def _set_rendered(self, frames: RenderedFrames | None, body: TorchBody) -> None:
        """Keep the rendered windows for training, where there are any, and those for validation."""
        self._rendered: RenderedWindows | None = None
        self._rendered_validation: SimulatedViews | None = None
        if frames is None:
            return
        is_validation = validation_rows(frames)
        training, validation = (
            RenderedWindows(frames, np.flatnonzero(rows), body) for rows in (~is_validation, is_validation)
        )
        self._rendered = training if len(training) else None
        if len(validation):
            self._rendered_validation = validation.spread(RENDERED_VALIDATION_WINDOWS, VALIDATION_SEED)

    def run(self) -> None:
        """Train until the budget is spent."""
        before = " ".join(f"{name} {value:.4g}" for name, value in self.validate().items())
        self.context.report(f"before the temporal stage: {before}")
        super().run()

    def step(self) -> dict[str, float]:
        """Take one step of the encoder and, at its interval, one of the discriminator; return the losses."""
        options, progress = self.options, self.progress
        set_learning_rate(self.optimizer, progress.learning_rate(options.learning_rate, options.warmup_iterations))
        frame_rate = self._frame_rate()
        rendered_count = round(options.rendered_share * options.batch_windows) if self._rendered else 0
        views = self.source.draw(options.batch_windows - rendered_count, options.window_frames, frame_rate)
        losses, rotmat = self._losses(views)
        if self._rendered and rendered_count:
            other, _ = self._losses(self.source.draw_windows(self._rendered, rendered_count))
            losses = {name: torch.lerp(loss, other[name], options.rendered_share) for name, loss in losses.items()}
        total = torch.stack([getattr(options.losses, name) * loss for name, loss in losses.items()]).sum()
        self.descend(self.network, self.optimizer, total, largest_gradient=5.0)
        if self._discriminator_learns():
            losses["discriminator"] = self._discriminator_step(rotmat.detach(), frame_rate)
        progress.iteration += 1
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _losses(self, views: SimulatedViews) -> tuple[dict[str, Tensor], Tensor]:
        """Return the encoder's losses on views (N, T), and its rotations (N, T, 24, 3, 3)."""
        features = window_features(self.lifter, views)
        losses, rotmat = generator_losses(self._output(self.network, features), features, views, self.context.body)
        # Frozen here, so that the encoder's step leaves no gradient in the discriminator.
        self.discriminator.requires_grad_(False)
        losses["adversarial"] = adversarial_loss(self.discriminator(rotmat, views.frame_rate_hz))
        self.discriminator.requires_grad_(True)
        return losses, rotmat

    @staticmethod
    def _output(network: TemporalEstimator, features: WindowFeatures) -> TemporalOutput:
        output: TemporalOutput = network(features.pose_features, features.joint_context)
        return output

    def _discriminator_learns(self) -> bool:
        iteration = self.progress.iteration
        return iteration % self.options.discriminator_interval == 0 or iteration < self.options.discriminator_warmup

    def _frame_rate(self) -> float:
        """Return the batch's frame rate: often the data's own, else anything that cameras use."""
        if self.source.uniform(0, 1) < self.options.native_rate_share:
            return self.context.library.frame_rate
        low, high = self.options.lowest_rate_hz, self.options.highest_rate_hz
        octaves = self.source.uniform(math.log2(low), math.log2(high))
        return float(2**octaves)

    def _discriminator_step(self, fake_rotmat: Tensor, frame_rate_hz: float) -> Tensor:
        """Show the discriminator captured motion and the encoder's; return its loss."""
        count, frames = fake_rotmat.shape[:2]
        starts = self.source.starts(count, frames, frame_rate_hz)
        real = self.context.library.windows(starts, frames, frame_rate_hz)
        real = mirror_windows(real, torch.rand(count) < 0.5)
        scores = (self.discriminator(rotmat, frame_rate_hz) for rotmat in (real.rotmat, fake_rotmat))
        loss = discriminator_loss(*scores)
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        return loss

    def averaged_network(self) -> TemporalEstimator:
        """Return a copy of the network with the averaged weights, in full precision."""
        with torch.random.fork_rng(devices=[]):
            network = TemporalEstimator(self.network.encoder.config)
        network.load_state_dict(self.average.state)
        return network.eval()

    def save_weights(self) -> None:
        """Write the averaged weights."""
        path = self.context.output / TEMPORAL_WEIGHTS_NAME
        save_weights(path, self.average.state, self.network.encoder.config, self.header())

    def parts(self) -> dict[str, Stateful]:
        """Return what training changes."""
        names = ("network", "discriminator", "optimizer", "discriminator_optimizer")
        return {name: getattr(self, name) for name in names}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return the errors of the averaged network, unsmoothed, on fixed windows, simulated and rendered."""
        frame_count, network = min(VALIDATION_FRAMES, self._longest_window()), self.averaged_network()
        sets = {"": validation_views(self.context.library, self.context.body, frame_count, VALIDATION_WINDOWS)}
        if self._rendered_validation is not None:
            sets["rendered_"] = self._rendered_validation
        result: dict[str, float] = {}
        for prefix, views in sets.items():
            features = window_features(self.lifter, views)
            rotmat = rot6d_to_rotmat(self._output(network, features).rot6d)
            landmarks = posed_landmarks(rotmat, features.betas, self.context.body)
            errors = motion_errors(landmarks.numpy(), views.landmarks.numpy())
            result |= {
                f"{prefix}MPJPE_mm": errors.mpjpe_mm,
                f"{prefix}PA-MPJPE_mm": errors.pa_mpjpe_mm,
                f"{prefix}ACC": errors.acc_mm_per_frame2,
                f"{prefix}ACC_ERR": errors.acc_error_mm_per_frame2,
            }
        return result

    def made_of(self) -> dict[str, str]:
        """Return hashes of what the stage is trained on, the lifter too."""
        return {**super().made_of(), "lifter_sha256": lifter_sha256(self.lifter)}

    def _longest_window(self) -> int:
        """Return a window length that every clip longer than the training window allows."""
        lengths = self.context.library.clip_length
        return int(max(self.options.window_frames, lengths.max() - 8))
