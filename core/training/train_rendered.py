"""Stage 1b, where there are rendered frames: the lifter learns on from what BlazePose really says of them.

Rendered people are few, and an estimator that sees only them learns them by heart. So most of each batch stays
simulated, part of it with errors that are carried over from the rendered frames.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from ..models.landmark_lifter import LandmarkLifter, LifterOutput
from .metrics import mean_distance_mm, procrustes_align, rooted_body
from .open_preset import LifterLossWeights
from .rendered_frames import RenderedFrames, validation_rows
from .schedule import set_learning_rate
from .simulator import SimulatedViews
from .stage import StageContext, validation_views
from .torch_rotations import rot6d_to_rotmat
from .train_lifter import VALIDATION_FRAMES, LifterStage, lifter_loss, lifter_sha256, posed_landmarks, view_evidence
from .transplanted_errors import ErrorBank

PANELS: Final = {
    "loss": ("rendered_loss", "carried_loss", "simulated_loss"),
    "validation error [mm]": ("MPJPE_mm", "PA-MPJPE_mm", "rendered_MPJPE_mm", "rendered_PA-MPJPE_mm"),
}


class RenderedTraining(LifterStage):
    """The state of stage 1b.

    Args:
        lifter: as stage 1 left it.
    """

    def __init__(self, context: StageContext, lifter: LandmarkLifter, frames: RenderedFrames) -> None:
        torch.manual_seed(context.seed)
        self.options = options = context.preset.rendered
        self._start_sha256 = lifter_sha256(lifter)
        self.network = lifter
        self.optimizer = torch.optim.AdamW(lifter.parameters(), lr=options.learning_rate, weight_decay=1e-3)
        is_validation = validation_rows(frames)
        self._train_rows, self._validation_rows = np.flatnonzero(~is_validation), np.flatnonzero(is_validation)
        self._frames, self._bank = frames, ErrorBank(frames, self._train_rows)
        super().__init__(context, "rendered", self.network, context.seed + 4, PANELS)
        if self.resumes:
            self.restore()

    def step(self) -> dict[str, float]:
        """Take one optimiser step; return its losses."""
        options = self.options
        set_learning_rate(self.optimizer, self.progress.learning_rate(options.learning_rate, options.warmup_iterations))
        rendered_count, carried_count = (
            round(share * options.batch_frames) for share in (options.rendered_share, options.carried_share)
        )
        rate = self.context.library.frame_rate
        views = {
            "rendered": self.source.draw_rendered(self._frames, self._train_rows, rendered_count),
            "carried": self.source.draw(carried_count, 1, rate, self._bank.observe),
            "simulated": self.source.draw(options.batch_frames - rendered_count - carried_count, 1, rate),
        }
        losses = {
            name: self._loss(some, options.rendered_losses if name == "rendered" else options.losses)
            for name, some in views.items()
        }
        weighed = [losses[name] * (len(some.betas) / options.batch_frames) for name, some in views.items()]
        loss = torch.stack(weighed).sum()
        self.descend(self.network, self.optimizer, loss)
        self.progress.iteration += 1
        return {f"{name}_loss": part.item() for name, part in losses.items()}

    def _loss(self, views: SimulatedViews, weights: LifterLossWeights) -> Tensor:
        boxed = view_evidence(views)
        return lifter_loss(self.network(boxed.values), boxed, views, self.context.body, weights)

    def made_of(self) -> dict[str, str]:
        """Return hashes of what the stage is trained on, the lifter that it starts from too."""
        return {**super().made_of(), "start_sha256": self._start_sha256}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return the errors on fixed simulated frames and on the rendered shots that are kept out."""
        network, errors = self.averaged_network(), {}
        sets = {"": validation_views(self.context.library, self.context.body, 1, VALIDATION_FRAMES)}
        if len(self._validation_rows):
            sets["rendered_"] = self._frames.part(self._validation_rows)
        for prefix, views in sets.items():
            output: LifterOutput = network(view_evidence(views).values)
            landmarks = posed_landmarks(rot6d_to_rotmat(output.rot6d), output.betas, self.context.body)
            predicted, true = rooted_body(landmarks.numpy()), rooted_body(views.landmarks.numpy())
            errors[f"{prefix}MPJPE_mm"] = mean_distance_mm(predicted, true)
            errors[f"{prefix}PA-MPJPE_mm"] = mean_distance_mm(procrustes_align(predicted, true), true)
        return errors
