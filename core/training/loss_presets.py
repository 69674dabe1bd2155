"""The weights of the paper's losses as typed presets, and the readings of its regulariser L_reg.

Trainers take a preset; nothing else holds these numbers. The shipped estimator's own weights are in train_temporal.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from torch import Tensor

from .losses import feature_regularisation_loss

Regularisation = Literal["rms", "mse", "frobenius"]


def frobenius_regularisation(encoded: Tensor, pose_features: Tensor) -> Tensor:
    """Return L_reg to the letter: the Frobenius norm of f~ - f (B, T, 24, 128) over a joint's clip, averaged.

    Source: paper, equation 7. The floor keeps the gradient finite where f~ = f.
    """
    return (encoded - pose_features).square().sum((1, 3)).clamp_min(1e-8).sqrt().mean()


def mean_square_regularisation(encoded: Tensor, pose_features: Tensor) -> Tensor:
    """Return the mean of the squared differences of f~ and f."""
    return (encoded - pose_features).square().mean()


REGULARISATIONS: Final[Mapping[Regularisation, Callable[[Tensor, Tensor], Tensor]]] = {
    # The default. Weighted by 60 it is of the other losses' order at residuals of 0.01 to 0.1 (0.6 to 6), and it does
    # not depend on the length of the clip.
    "rms": feature_regularisation_loss,
    # The form of the paper's other losses (it calls them MSE). Its gradient fades near f~ = f, so it lets the encoder
    # smooth a little for free and only forbids leaving the features far behind.
    "mse": mean_square_regularisation,
    # Equation 7 to the letter. Weighted by 60 it is 45 times `rms` at T = 16 and drowns the other losses; it is here
    # for whoever wants to see that.
    "frobenius": frobenius_regularisation,
}


@dataclass(frozen=True)
class LossWeights:
    """Weights of equation 5; the defaults are the paper's (section 3.1), the adversarial one is VIBE's.

    Attributes:
        keypoint3d, keypoint2d: lambda_3D and lambda_2D.
        pose, betas: the two parts of lambda_SMPL.
        feature_regularisation: lambda_reg (printed as "L_reg = 60").
        adversarial: lambda_adv, which the paper does not tell; all others equal VIBE's, so VIBE's 0.5.
        regularisation: how L_reg is read.
    """

    keypoint3d: float = 300.0
    keypoint2d: float = 300.0
    pose: float = 60.0
    betas: float = 0.06
    feature_regularisation: float = 60.0
    adversarial: float = 0.5
    regularisation: Regularisation = "rms"


PAPER: Final = LossWeights()


def regularisation_loss(encoded: Tensor, pose_features: Tensor, regularisation: Regularisation) -> Tensor:
    """Return L_reg of f~ and f (B, T, 24, 128) in one of its readings."""
    return REGULARISATIONS[regularisation](encoded, pose_features)


def total_loss(losses: Mapping[str, Tensor], weights: LossWeights) -> Tensor:
    """Return the weighted sum of named losses; a loss whose weight is zero is left out, with its gradient.

    Source: paper, equation 5.
    """
    terms = [getattr(weights, name) * loss for name, loss in losses.items() if getattr(weights, name) != 0]
    total: Tensor = sum(terms[1:], start=terms[0])
    return total
