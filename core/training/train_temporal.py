"""Stage 2: the decomposed temporal encoder on windows of frozen lifter features, with the motion discriminator."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..joint_context import joint_context
from ..models.landmark_lifter import LandmarkLifter
from ..models.open_weights import save_weights
from ..models.temporal_encoder import TemporalEstimator, TemporalOutput
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
from .schedule import has_fast_bfloat16, set_learning_rate
from .simulator import SimulatedViews
from .smoother_start import hold_smoother_units, start_as_smoother
from .stage import TEMPORAL_WEIGHTS_NAME, StageContext, ViewSource, validation_views
from .stage_training import StageTraining, Stateful
from .torch_body import TorchBody
from .torch_camera import project, weak_camera_to_pelvis
from .torch_rotations import rot6d_to_rotmat
from .train_lifter import lifter_sha256, posed_landmarks, view_evidence

VALIDATION_FRAMES, VALIDATION_WINDOWS = 96, 24
START_FRAMES = 512
"""What the smoother's start is fitted on."""
PANELS = {
    "validation error [mm]": ("MPJPE_mm", "PA-MPJPE_mm"),
    "validation acceleration [mm/frame^2]": ("ACC", "ACC_ERR"),
    "losses, not weighted": (
        "keypoint3d", "keypoint2d", "pose", "feature_regularisation", "distance", "acceleration", "adversarial",
        "discriminator",
    ),
}  # fmt: skip


class WindowFeatures(NamedTuple):
    """What the frozen lifter says about a batch of windows."""

    pose_features: Tensor
    joint_context: Tensor
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
    context = torch.as_tensor(joint_context(views.visibility.numpy(), views.frame_rate_hz))
    return WindowFeatures(pose_features, context, betas, pelvis, boxed.box_half_side)


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


class TemporalTraining(StageTraining):
    """The state of stage 2."""

    def __init__(self, context: StageContext, lifter: LandmarkLifter) -> None:
        torch.manual_seed(context.seed)
        self.options = options = context.preset.temporal
        self.lifter = lifter.eval().requires_grad_(False)
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
        views = self.source.draw(options.batch_windows, options.window_frames, frame_rate)
        features = window_features(self.lifter, views)
        losses, rotmat = generator_losses(self._output(self.network, features), features, views, self.context.body)
        # Frozen here, so that the encoder's step leaves no gradient in the discriminator.
        self.discriminator.requires_grad_(False)
        losses["adversarial"] = adversarial_loss(self.discriminator(rotmat, frame_rate))
        self.discriminator.requires_grad_(True)
        total = torch.stack([getattr(options.losses, name) * loss for name, loss in losses.items()]).sum()
        self.descend(self.network, self.optimizer, total, largest_gradient=5.0)
        if self._discriminator_learns():
            losses["discriminator"] = self._discriminator_step(rotmat.detach(), frame_rate)
        progress.iteration += 1
        return {name: float(loss.detach()) for name, loss in losses.items()}

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
        count, frames = self.options.batch_windows, self.options.window_frames
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
        """Return the errors of the averaged network, unsmoothed, on fixed validation windows."""
        frame_count = min(VALIDATION_FRAMES, self._longest_window())
        views = validation_views(self.context.library, self.context.body, frame_count, VALIDATION_WINDOWS)
        features = window_features(self.lifter, views)
        rotmat = rot6d_to_rotmat(self._output(self.averaged_network(), features).rot6d)
        landmarks = posed_landmarks(rotmat, features.betas, self.context.body)
        errors = motion_errors(landmarks.numpy(), views.landmarks.numpy())
        return {
            "MPJPE_mm": errors.mpjpe_mm,
            "PA-MPJPE_mm": errors.pa_mpjpe_mm,
            "ACC": errors.acc_mm_per_frame2,
            "ACC_ERR": errors.acc_error_mm_per_frame2,
        }

    def made_of(self) -> dict[str, str]:
        """Return hashes of what the stage is trained on, the lifter too."""
        return {**super().made_of(), "lifter_sha256": lifter_sha256(self.lifter)}

    def _longest_window(self) -> int:
        """Return a window length that every clip longer than the training window allows."""
        lengths = self.context.library.clip_length
        return int(max(self.options.window_frames, lengths.max() - 8))
