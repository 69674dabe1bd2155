"""The motion discriminator: does this sequence of body rotations come from motion capture?"""

import torch
from torch import Tensor, nn

from ..skeleton import JOINT_COUNT
from .torch_rotations import rotmat_to_rot6d


class MotionDiscriminator(nn.Module):
    """One GRU over the 23 body joints' rotations, attention over time, one score for each sequence.

    Source: paper, section 2.3 ("linear architecture with attention mechanism same as VIBE"). Differs: 6-D rotations
    instead of axis-angle, which jumps at half turns, and a hidden size that suits an hour of motion.
    """

    def __init__(self, hidden_size: int = 128, dropout: float = 0.2) -> None:
        super().__init__()
        self.gru = nn.GRU((JOINT_COUNT - 1) * 6, hidden_size, batch_first=True)
        self.attention = nn.Sequential(
            nn.Linear(hidden_size, hidden_size), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden_size, 1)
        )
        self.score = nn.Linear(hidden_size, 1)

    def forward(self, rotmat: Tensor) -> Tensor:
        """Return scores (B,) of local rotations (B, T, 24, 3, 3); the root's rotation is not looked at."""
        states, _ = self.gru(rotmat_to_rot6d(rotmat[:, :, 1:]).flatten(2))
        attention = torch.softmax(self.attention(states), dim=1)
        scores: Tensor = self.score((attention * states).sum(dim=1))
        return scores[..., 0]
