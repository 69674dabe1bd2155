"""The estimator and the discriminator with their optimisers: what a checkpoint holds, and one step of each."""

from typing import Any

import torch
from torch import Tensor

from ...models.pare import PareNetwork
from ...models.pare_temporal import PareTemporalEstimator
from ...models.vibe import VibeMotionDiscriminator
from ..axis_angle import rotmat_to_rotvec
from ..loss_presets import total_loss
from ..losses import adversarial_loss, discriminator_loss
from ..paper_preset import OptimiserOptions, PaperPreset
from ..torch_rotations import rot6d_to_rotmat
from .clip_losses import count_labels, pose_batch, regularisation, supervised_losses, targets_of
from .clips import ClipBatch
from .processes import Processes, share_dropout
from .smpl_joints import SmplJointModel


class AdversarialNetworks:
    """Estimator and discriminator in training.

    Args:
        preset: all numbers.
        pare: whose heads, camera and shape the estimator starts from.
        body: poses the estimates.
        processes: among which a batch is spread.
    """

    def __init__(self, preset: PaperPreset, pare: PareNetwork, body: SmplJointModel, processes: Processes) -> None:
        torch.manual_seed(preset.seed)
        self.preset, self._body, self._processes = preset, body, processes
        self.estimator = PareTemporalEstimator(preset.encoder)
        self.estimator.start_from(pare)
        self.estimator.heads.requires_grad_(preset.train_heads)
        self.estimator.camera.requires_grad_(preset.train_camera_shape)
        self.estimator.shape.requires_grad_(preset.train_camera_shape)
        options = preset.discriminator
        self.discriminator = VibeMotionDiscriminator(options.hidden_size, options.layer_count, options.dropout)
        share_dropout(self.discriminator, processes)
        self.estimator.to(processes.device).train()
        self.discriminator.to(processes.device).train()
        self._estimator_adam = _adam(self.estimator, preset.optimiser)
        self._discriminator_adam = _adam(self.discriminator, preset.optimiser)
        self._plateaus = [_plateau(adam, preset.optimiser) for adam in (self._estimator_adam, self._discriminator_adam)]

    @property
    def learning_rate(self) -> float:
        """Of the estimator."""
        return float(self._estimator_adam.param_groups[0]["lr"])

    def estimator_step(self, batch: ClipBatch) -> tuple[dict[str, Tensor], Tensor]:
        """Take one step of the estimator on this process's clips.

        Returns:
            the losses, this process's parts of the batch's, and the body poses (B, T, 69) without gradients.
        """
        losses, body_pose = self.estimator_losses(batch)
        self._estimator_adam.zero_grad()
        total_loss(losses, self.preset.losses).backward()
        self._processes.sum_gradients(self.estimator)
        self._estimator_adam.step()
        return {name: loss.detach() for name, loss in losses.items()}, body_pose.detach()

    def estimator_losses(self, batch: ClipBatch) -> tuple[dict[str, Tensor], Tensor]:
        """Return the named losses of equation 5 and the estimate's body poses (B, T, 69)."""
        output = self.estimator(batch.pose_features)
        rotmat = rot6d_to_rotmat(output.rot6d)
        targets = targets_of(batch, self._body)
        counts = count_labels(batch, targets, self._processes)
        losses = supervised_losses(output, pose_batch(output, rotmat, self._body), batch, targets, counts)
        form = self.preset.losses.regularisation
        losses["feature_regularisation"] = regularisation(
            output.encoded_features, batch.pose_features, form, self._processes
        )
        body_pose = rotmat_to_rotvec(rotmat[:, :, 1:]).flatten(2)
        if self.preset.losses.adversarial:
            # Frozen here, so that the estimator's step leaves no gradient in the discriminator.
            self.discriminator.requires_grad_(False)
            losses["adversarial"] = adversarial_loss(self.discriminator(body_pose)) / self._processes.count
            self.discriminator.requires_grad_(True)
        return losses, body_pose

    def discriminator_step(self, real: Tensor, fake: Tensor) -> Tensor:
        """Show the discriminator captured motion and the estimate's, (B, T, 69) each; return its loss.

        Source: paper, equation 8, weighted as L_adv.
        """
        loss = discriminator_loss(self.discriminator(real), self.discriminator(fake)) / self._processes.count
        self._discriminator_adam.zero_grad()
        (self.preset.losses.adversarial * loss).backward()
        self._processes.sum_gradients(self.discriminator)
        self._discriminator_adam.step()
        return loss.detach()

    def follow_plateau(self, error_mm: float) -> None:
        """Tell both learning rates the validation's error."""
        for plateau in self._plateaus:
            plateau.step(error_mm)

    def state(self) -> dict[str, Any]:
        """Return all that changes in training, as tensors and plain values."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take a state back; KeyError, ValueError or RuntimeError where it does not fit."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        return {
            "estimator": self.estimator,
            "discriminator": self.discriminator,
            "estimator_adam": self._estimator_adam,
            "discriminator_adam": self._discriminator_adam,
            "estimator_plateau": self._plateaus[0],
            "discriminator_plateau": self._plateaus[1],
        }


def _adam(network: torch.nn.Module, options: OptimiserOptions) -> torch.optim.Adam:
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return torch.optim.Adam(trained, lr=options.learning_rate, weight_decay=options.weight_decay)


def _plateau(adam: torch.optim.Adam, options: OptimiserOptions) -> torch.optim.lr_scheduler.ReduceLROnPlateau:
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        adam, mode="min", factor=options.plateau_factor, patience=options.plateau_patience
    )
