"""Stage 1: the per-frame lifter on single simulated frames."""

import torch
from torch import Tensor

from ..models.landmark_lifter import OBSERVABLE_BETAS, LandmarkLifter, LifterOutput
from ..models.open_weights import save_weights
from .losses import keypoint2d_distance, keypoint3d_distance, lifter_pose_loss, smpl_shape_loss
from .metrics import mean_distance_mm, procrustes_align, rooted_body
from .schedule import Progress, WeightAverage, load_checkpoint, save_checkpoint, set_learning_rate
from .simulator import SimulatedViews
from .stage import LIFTER_WEIGHTS_NAME, StageContext, ViewSource, reseed_for_resume, validation_views
from .torch_body import TorchBody
from .torch_camera import BoxedEvidence, landmark_evidence, project, weak_camera_to_pelvis
from .torch_rotations import rot6d_to_rotmat

BATCH_FRAMES = 512
PEAK_LEARNING_RATE = 1e-3
WARMUP_ITERATIONS = 200
POSE_WEIGHT, KEYPOINT3D_WEIGHT, KEYPOINT2D_WEIGHT, SHAPE_WEIGHT = 1.0, 12.0, 6.0, 0.03
CHECKPOINT_NAME = "lifter_checkpoint.pt"


def view_evidence(views: SimulatedViews) -> BoxedEvidence:
    """Return the lifter's input (N, T, 201) of simulated views."""
    return landmark_evidence(views.keypoints2d, views.world_landmarks, views.visibility, views.focal)


def lifter_loss(output: LifterOutput, boxed: BoxedEvidence, views: SimulatedViews, body: TorchBody) -> Tensor:
    """Return the loss of the lifter's output on simulated views."""
    rotmat = rot6d_to_rotmat(output.rot6d)
    landmarks = posed_landmarks(rotmat, output.betas, body)
    pelvis = weak_camera_to_pelvis(output.weak_camera, boxed.box_center, boxed.box_half_side, views.focal)
    points = project(landmarks, pelvis, views.focal)
    return (
        POSE_WEIGHT * lifter_pose_loss(rotmat, views.rotmat)
        + KEYPOINT3D_WEIGHT * keypoint3d_distance(landmarks, views.landmarks)
        + KEYPOINT2D_WEIGHT * keypoint2d_distance(points, views.true_keypoints2d, boxed.box_half_side)
        + SHAPE_WEIGHT * smpl_shape_loss(output.betas[..., :OBSERVABLE_BETAS], views.betas[..., :OBSERVABLE_BETAS])
    )


def posed_landmarks(rotmat: Tensor, betas: Tensor, body: TorchBody) -> Tensor:
    """Return landmarks (N, T, 33, 3), pelvis at the origin, of (N, T, 24, 3, 3) and (N, T, 10)."""
    landmarks, _ = body.pose_landmarks(rotmat.flatten(0, 1), betas.flatten(0, 1))
    unflattened: Tensor = landmarks.unflatten(0, rotmat.shape[:2])
    return unflattened


class LifterTraining:
    """The state of stage 1."""

    def __init__(self, context: StageContext) -> None:
        torch.manual_seed(context.seed)
        self.context = context
        self.network = LandmarkLifter()
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=1e-3)
        self.progress = Progress(context.budget)
        self._checkpoint_path = context.output / CHECKPOINT_NAME
        if context.resume and self._checkpoint_path.exists():
            self._restore()
        else:
            first = ViewSource(context, "train", context.seed).draw(2048, 1, context.library.frame_rate)
            self.network.standardise_on(view_evidence(first).values.flatten(0, 1))
            self.average = WeightAverage(self.network)
        self.source = ViewSource(context, "train", reseed_for_resume(context.seed + 1, self.progress.iteration))

    def run(self) -> LandmarkLifter:
        """Train until the budget is spent; return the network with averaged weights."""
        saved_at_s = self.progress.elapsed_s
        while self.progress.fraction < 1.0:
            loss = self.step()
            if self.progress.elapsed_s - saved_at_s > self.context.save_every_s:
                saved_at_s = self.progress.elapsed_s
                self.save()
                self.context.report(f"{self._state_text(loss)}; {self.validation_text()}")
        self.save()
        self.context.report(f"lifter done: {self.progress.iteration} iterations; {self.validation_text()}")
        return self.averaged_network()

    def step(self) -> float:
        """Take one optimiser step; return its loss."""
        set_learning_rate(self.optimizer, self.progress.learning_rate(PEAK_LEARNING_RATE, WARMUP_ITERATIONS))
        views = self.source.draw(BATCH_FRAMES, 1, self.context.library.frame_rate)
        boxed = view_evidence(views)
        loss = lifter_loss(self._mixed_precision_output(boxed.values), boxed, views, self.context.body)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update(self.network, self.progress.iteration)
        self.progress.iteration += 1
        return loss.item()

    def _mixed_precision_output(self, evidence: Tensor) -> LifterOutput:
        """Return the network's output with the trunk's products in bfloat16 (half the time); the rest is float32."""
        with torch.autocast("cpu", torch.bfloat16):
            pose_features = self.network.pose_features(evidence)
        pose_features = pose_features.float()
        weak_camera, betas = self.network.camera_shape(pose_features)
        return LifterOutput(pose_features, weak_camera, betas, self.network.heads(pose_features))

    def averaged_network(self) -> LandmarkLifter:
        """Return a copy of the network with the averaged weights."""
        network = LandmarkLifter(self.network.config)
        network.load_state_dict(self.average.state)
        return network.eval()

    def save(self) -> None:
        """Write the weight file and the resumable state."""
        header = {**self.context.header, "iterations": str(self.progress.iteration)}
        save_weights(self.context.output / LIFTER_WEIGHTS_NAME, self.average.state, self.network.config, header)
        state = {
            "iteration": self.progress.iteration,
            "elapsed_s": self.progress.elapsed_s,
            "network": self.network.state_dict(),
            "average": self.average.state,
            "optimizer": self.optimizer.state_dict(),
        }
        save_checkpoint(self._checkpoint_path, state)

    @torch.no_grad()
    def validation_text(self) -> str:
        """Return the errors of the averaged network on fixed single frames."""
        views = validation_views(self.context.library, self.context.body, 1, 1024)
        output: LifterOutput = self.averaged_network()(view_evidence(views).values)
        landmarks = posed_landmarks(rot6d_to_rotmat(output.rot6d), output.betas, self.context.body)
        predicted, true = rooted_body(landmarks.numpy()), rooted_body(views.landmarks.numpy())
        errors = [mean_distance_mm(points, true) for points in (predicted, procrustes_align(predicted, true))]
        return f"validation MPJPE {errors[0]:.1f} PA-MPJPE {errors[1]:.1f} mm"

    def _restore(self) -> None:
        state = load_checkpoint(self._checkpoint_path)
        self.network.load_state_dict(state["network"])
        self.average = WeightAverage(self.network)
        self.average.state = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(self.context.budget, state["iteration"], state["elapsed_s"])

    def _state_text(self, loss: float) -> str:
        minutes = self.progress.elapsed_s / 60
        return f"lifter {minutes:.1f} min, iteration {self.progress.iteration}, loss {loss:.3f}"
