"""Stage 1: the per-frame lifter on single simulated frames."""

import hashlib

import torch
from torch import Tensor

from ..models.landmark_lifter import OBSERVABLE_BETAS, LandmarkLifter, LifterOutput
from ..models.open_weights import save_weights
from .losses import keypoint2d_distance, keypoint3d_distance, lifter_pose_loss, smpl_shape_loss
from .metrics import mean_distance_mm, procrustes_align, rooted_body
from .open_preset import LifterLossWeights
from .schedule import has_fast_bfloat16, set_learning_rate
from .simulator import SimulatedViews
from .stage import LIFTER_WEIGHTS_NAME, StageContext, ViewSource, validation_views
from .stage_training import StageTraining, Stateful
from .torch_body import TorchBody
from .torch_camera import BoxedEvidence, landmark_evidence, project, weak_camera_to_pelvis
from .torch_rotations import rot6d_to_rotmat

STANDARD_FRAMES = 2048
"""What the input's mean and spread are taken from."""
VALIDATION_FRAMES = 1024
PANELS = {"loss": ("loss",), "validation error [mm]": ("MPJPE_mm", "PA-MPJPE_mm")}


def view_evidence(views: SimulatedViews) -> BoxedEvidence:
    """Return the lifter's input (N, T, 201) of simulated views."""
    return landmark_evidence(views.keypoints2d, views.world_landmarks, views.visibility, views.focal)


def lifter_loss(
    output: LifterOutput, boxed: BoxedEvidence, views: SimulatedViews, body: TorchBody, weights: LifterLossWeights
) -> Tensor:
    """Return the loss of the lifter's output on simulated views."""
    rotmat = rot6d_to_rotmat(output.rot6d)
    landmarks = posed_landmarks(rotmat, output.betas, body)
    pelvis = weak_camera_to_pelvis(output.weak_camera, boxed.box_center, boxed.box_half_side, views.focal)
    points = project(landmarks, pelvis, views.focal)
    return (
        weights.pose * lifter_pose_loss(rotmat, views.rotmat)
        + weights.keypoint3d * keypoint3d_distance(landmarks, views.landmarks)
        + weights.keypoint2d * keypoint2d_distance(points, views.true_keypoints2d, boxed.box_half_side)
        + weights.shape * smpl_shape_loss(output.betas[..., :OBSERVABLE_BETAS], views.betas[..., :OBSERVABLE_BETAS])
    )


def posed_landmarks(rotmat: Tensor, betas: Tensor, body: TorchBody) -> Tensor:
    """Return landmarks (N, T, 33, 3), pelvis at the origin, of (N, T, 24, 3, 3) and (N, T, 10)."""
    landmarks, _ = body.pose_landmarks(rotmat.flatten(0, 1), betas.flatten(0, 1))
    unflattened: Tensor = landmarks.unflatten(0, rotmat.shape[:2])
    return unflattened


def lifter_sha256(lifter: LandmarkLifter) -> str:
    """Return a hash of the lifter's weights."""
    digest = hashlib.sha256()
    for value in lifter.state_dict().values():
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


class LifterStage(StageTraining):
    """What the stages that train the lifter share: it has a `network` and an `optimizer`, and writes the lifter."""

    network: LandmarkLifter
    optimizer: torch.optim.Optimizer

    def averaged_network(self) -> LandmarkLifter:
        """Return a copy of the network with the averaged weights."""
        return self.averaged_copy(self.network)

    def save_weights(self) -> None:
        """Write the averaged weights."""
        path = self.context.output / LIFTER_WEIGHTS_NAME
        save_weights(path, self.average.state, self.network.config, self.header())

    def parts(self) -> dict[str, Stateful]:
        """Return what training changes."""
        return {"network": self.network, "optimizer": self.optimizer}


class LifterTraining(LifterStage):
    """The state of stage 1."""

    def __init__(self, context: StageContext) -> None:
        torch.manual_seed(context.seed)
        self.options = options = context.preset.lifter
        self.network = LandmarkLifter()
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
        )
        first = ViewSource(context, "train", context.seed).draw(STANDARD_FRAMES, 1, context.library.frame_rate)
        self.network.standardise_on(view_evidence(first).values.flatten(0, 1))
        super().__init__(context, "lifter", self.network, context.seed + 1, PANELS)
        if self.resumes:
            self.restore()

    def step(self) -> dict[str, float]:
        """Take one optimiser step; return its loss."""
        options = self.options
        set_learning_rate(self.optimizer, self.progress.learning_rate(options.learning_rate, options.warmup_iterations))
        views = self.source.draw(options.batch_frames, 1, self.context.library.frame_rate)
        boxed = view_evidence(views)
        output = self._mixed_precision_output(boxed.values)
        loss = lifter_loss(output, boxed, views, self.context.body, options.losses)
        self.descend(self.network, self.optimizer, loss)
        self.progress.iteration += 1
        return {"loss": loss.item()}

    def _mixed_precision_output(self, evidence: Tensor) -> LifterOutput:
        """Return the output, the trunk's products in bfloat16 where the processor has that: half the time."""
        with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
            pose_features = self.network.pose_features(evidence)
        pose_features = pose_features.float()
        weak_camera, betas = self.network.camera_shape(pose_features)
        return LifterOutput(pose_features, weak_camera, betas, self.network.heads(pose_features))

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return the errors of the averaged network on fixed single frames."""
        views = validation_views(self.context.library, self.context.body, 1, VALIDATION_FRAMES)
        output: LifterOutput = self.averaged_network()(view_evidence(views).values)
        landmarks = posed_landmarks(rot6d_to_rotmat(output.rot6d), output.betas, self.context.body)
        predicted, true = rooted_body(landmarks.numpy()), rooted_body(views.landmarks.numpy())
        aligned = procrustes_align(predicted, true)
        return {"MPJPE_mm": mean_distance_mm(predicted, true), "PA-MPJPE_mm": mean_distance_mm(aligned, true)}
