"""Stage 3: the contact network, on windows of simulated landmarks with the motion capture's own contacts."""

from dataclasses import replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..contact_features import CONTACT_FEATURE_SIZE, CONTACT_RATE_HZ, contact_features
from ..models.contact_network import ContactNetwork
from ..models.open_weights import save_weights
from .clips import CONTEXT_FRAMES, MotionLibrary, WindowSampler, source_frames_for
from .contact_labels import library_contacts
from .schedule import set_learning_rate
from .simulator import SimulatorSettings, simulate
from .stage import CONTACTS_WEIGHTS_NAME, VALIDATION_SEED, StageContext, validation_split
from .stage_training import StageTraining, Stateful

PANELS = {"loss": ("loss", "validation_loss"), "share": ("precision", "recall")}
STANDARD_WINDOWS: Final = 64
VALIDATION_WINDOWS: Final = 96


def contact_settings(settings: SimulatorSettings) -> SimulatorSettings:
    """Return a simulator whose feet stand where the recorded ones did: no limbs from elsewhere, no tipped bodies."""
    camera = replace(settings.camera, tilt_probability=0.0)
    return replace(
        settings, camera=camera, mirror=False, limb_mix_probability=0.0, bend_probability=0.0, legs_scale_root=True
    )


def longest_window(library: MotionLibrary) -> int:
    """Return how many frames at the network's rate the longest training clip has; at least two."""
    longest = max(library.clip_length[library.clip_split == "train"], default=0) - CONTEXT_FRAMES
    return max(int((longest - 1) * CONTACT_RATE_HZ / library.frame_rate), 2)


class ContactTraining(StageTraining):
    """The state of stage 3."""

    def __init__(self, context: StageContext) -> None:
        torch.manual_seed(context.seed)
        context = replace(context, simulator=contact_settings(context.simulator))
        self.options = options = context.preset.contacts
        self.network = ContactNetwork()
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
        )
        self._labels = library_contacts(context.library, context.body)
        self._window_frames = min(options.window_frames, longest_window(context.library))
        super().__init__(context, "contacts", self.network, context.seed + 3, PANELS)
        features, _ = self._batch(STANDARD_WINDOWS)
        self.network.standardise_on(features.reshape(-1, CONTACT_FEATURE_SIZE))
        self.average.state = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self._validation = self._validation_batch()
        if self.resumes:
            self.restore()

    def step(self) -> dict[str, float]:
        """Take one optimiser step; return its loss."""
        options = self.options
        set_learning_rate(self.optimizer, self.progress.learning_rate(options.learning_rate, options.warmup_iterations))
        features, contacts = self._batch(options.batch_windows)
        loss = F.binary_cross_entropy_with_logits(self.network(features).logits, contacts)
        self.descend(self.network, self.optimizer, loss)
        self.progress.iteration += 1
        return {"loss": loss.item()}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return loss, precision and recall of the averaged network on fixed windows."""
        features, contacts = self._validation
        logits = self.averaged_copy(self.network)(features).logits
        loss = F.binary_cross_entropy_with_logits(logits, contacts).item()
        found, true = logits > 0, contacts > 0
        right = float((found & true).sum())
        precision, recall = (right / max(float(some.sum()), 1.0) for some in (found, true))
        return {"validation_loss": loss, "precision": precision, "recall": recall}

    def save_weights(self) -> None:
        """Write the averaged weights."""
        path = self.context.output / CONTACTS_WEIGHTS_NAME
        save_weights(path, self.average.state, self.network.config, self.header())

    def parts(self) -> dict[str, Stateful]:
        """Return what training changes."""
        return {"network": self.network, "optimizer": self.optimizer}

    def _batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return features (2 N, T, 115) and contacts (2 N, T, 2) of N windows, first all left legs."""
        starts = self.source.starts(count, self._window_frames, CONTACT_RATE_HZ)
        views = self.source.views_of(starts, self._window_frames, CONTACT_RATE_HZ)
        return self._legs(views.keypoints2d, views.world_landmarks, views.visibility), self._contacts(starts)

    def _validation_batch(self) -> tuple[Tensor, Tensor]:
        """Return `_batch` of fixed windows of the validation split, of train where it has none."""
        library, frames = self.context.library, self._window_frames
        span = source_frames_for(frames, CONTACT_RATE_HZ, library.frame_rate)
        starts = WindowSampler(library, validation_split(library, span), span).starts(
            VALIDATION_WINDOWS, np.random.default_rng(VALIDATION_SEED)
        )
        windows = library.windows(starts, frames, CONTACT_RATE_HZ)
        generator = torch.Generator().manual_seed(VALIDATION_SEED)
        views = simulate(windows, CONTACT_RATE_HZ, self.context.body, self.context.simulator, generator)
        return self._legs(views.keypoints2d, views.world_landmarks, views.visibility), self._contacts(starts)

    @staticmethod
    def _legs(keypoints2d: Tensor, world_landmarks: Tensor, visibility: Tensor) -> Tensor:
        points, world, seen = (tensor.transpose(0, 1).numpy() for tensor in (keypoints2d, world_landmarks, visibility))
        features = contact_features(points, world, seen, np.arange(len(points)) / CONTACT_RATE_HZ)
        # (T, N, 2, 115) to one sequence for each leg.
        return torch.as_tensor(features).permute(2, 1, 0, 3).flatten(0, 1)

    def _contacts(self, starts: NDArray[np.int64]) -> Tensor:
        ratio = self.context.library.frame_rate / CONTACT_RATE_HZ
        frames = starts[:, None] + np.rint(np.arange(self._window_frames) * ratio).astype(np.int64)
        labels = torch.as_tensor(self._labels[frames], dtype=torch.float32)
        by_leg: Tensor = labels.unflatten(-1, (2, 2)).permute(2, 0, 1, 3).flatten(0, 1)
        return by_leg
