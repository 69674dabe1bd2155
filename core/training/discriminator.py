"""The motion discriminator: does this sequence of body rotations come from motion capture?"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..skeleton import JOINT_COUNT
from .torch_rotations import rotmat_to_rot6d

_USUAL_CHANGE_HZ = 3.0
"""Makes the change of usual motion as large a number as the rotations themselves."""


class MotionDiscriminator(nn.Module):
    """One GRU over the 23 body joints' rotations, attention over time, one score for each sequence.

    Source: paper, section 2.3 ("linear architecture with attention mechanism same as VIBE"). Differs: 6-D rotations
    instead of axis-angle, which jumps at half turns, and a hidden size that suits an hour of motion; with `sees_change`
    it is shown how fast the rotations change, too, which tells smoothed and shaking motion from captured one.
    """

    def __init__(self, hidden_size: int = 128, dropout: float = 0.2, *, sees_change: bool = False) -> None:
        super().__init__()
        self.sees_change = sees_change
        self.gru = nn.GRU((JOINT_COUNT - 1) * 6 * (2 if sees_change else 1), hidden_size, batch_first=True)
        self.attention = nn.Sequential(
            nn.Linear(hidden_size, hidden_size), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden_size, 1)
        )
        self.score = nn.Linear(hidden_size, 1)

    def forward(self, rotmat: Tensor, frame_rate_hz: float = 30.0) -> Tensor:
        """Return scores (B,) of local rotations (B, T, 24, 3, 3); the root's rotation is not looked at."""
        seen = rotmat_to_rot6d(rotmat[:, :, 1:]).flatten(2)
        if self.sees_change:
            change = functional.pad(seen[:, 1:] - seen[:, :-1], (0, 0, 1, 0)) * (frame_rate_hz / _USUAL_CHANGE_HZ)
            seen = torch.cat([seen, change], dim=-1)
        states, _ = self.gru(seen)
        attention = torch.softmax(self.attention(states), dim=1)
        scores: Tensor = self.score((attention * states).sum(dim=1))
        return scores[..., 0]
