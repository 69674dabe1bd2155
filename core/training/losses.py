"""The loss functions of the paper and those added to them; each returns a scalar tensor.

Landmarks are (B, T, 33, 3) metres, camera axes; each function roots them at the middle of the hips itself.
"""

import torch
from torch import Tensor

from ..skeleton import BODY_LANDMARKS, LANDMARK_COUNT
from .observation import hip_middle


def landmark_weights(body: float, face: float, feet: float, rest: float) -> Tensor:
    """Return (33,) weights with mean 1."""
    weights = torch.full((LANDMARK_COUNT,), rest)
    weights[0] = face
    weights[[31, 32]] = feet
    weights[list(BODY_LANDMARKS)] = body
    return weights / weights.mean()


TEMPORAL_WEIGHTS = landmark_weights(body=1.0, face=0.5, feet=0.5, rest=0.0)
LIFTER_WEIGHTS = landmark_weights(body=3.0, face=1.0, feet=1.0, rest=1.0)


def keypoint3d_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Return L_3D: mean squared error of the hip-rooted landmarks.

    Source: paper, equation 5. Differs: the landmarks are weighted (body 1, nose and feet 0.5, others 0; then divided by
    the mean), as the others tell little of the 24 joints.
    """
    error = (predicted - hip_middle(predicted)) - (true - hip_middle(true))
    return (error.square().mean(-1) * TEMPORAL_WEIGHTS).mean()


def keypoint2d_loss(predicted: Tensor, true: Tensor, box_half_side: Tensor) -> Tensor:
    """Return L_2D: mean squared error of the projected landmarks (B, T, 33, 2) in half box sides (B, T, 1).

    Source: paper, equations 4 and 5. Differs: the landmarks are weighted as in `keypoint3d_loss`, and errors beyond one
    half side count as one, so that a person next to the lens does not rule the batch.
    """
    error = (predicted - true) / box_half_side[..., None]
    return (error.square().mean(-1).clamp_max(1.0) * TEMPORAL_WEIGHTS).mean()


def smpl_pose_loss(predicted_rotmat: Tensor, true_rotmat: Tensor) -> Tensor:
    """Return the pose part of L_SMPL: mean squared error of rotation matrices.

    Source: paper, equation 5; matrices as in VIBE.
    """
    return (predicted_rotmat - true_rotmat).square().mean()


def smpl_shape_loss(predicted_betas: Tensor, true_betas: Tensor) -> Tensor:
    """Return the shape part of L_SMPL: mean squared error of betas.

    Source: paper, equation 5 and section 3.1.
    """
    return (predicted_betas - true_betas).square().mean()


def adversarial_loss(score_of_fake: Tensor) -> Tensor:
    """Return L_adv: the generator wants its motion scored 1.

    Source: paper, equation 6.
    """
    return (score_of_fake - 1).square().mean()


def discriminator_loss(score_of_real: Tensor, score_of_fake: Tensor) -> Tensor:
    """Return L_D: real motion to 1, the generator's to 0 (least squares).

    Source: paper, equation 8. Differs: its superscripts have real and fake the other way round, which would make the
    discriminator help the generator; this is the reading that fits equation 6.
    """
    return (score_of_real - 1).square().mean() + score_of_fake.square().mean()


def feature_regularisation_loss(encoded: Tensor, pose_features: Tensor) -> Tensor:
    """Return L_reg: how far the encoder moves the features (B, T, 24, 128), as a root mean square.

    Source: paper, equation 7 (Frobenius norm). Differs: taken for each clip and joint and divided by the square
    root of the number of entries, so that the weight does not depend on T; the floor keeps the gradient finite
    where f~ = f.
    """
    return (encoded - pose_features).square().mean((1, 3)).clamp_min(1e-10).sqrt().mean()


def second_difference(values: Tensor) -> Tensor:
    """Return x[t+1] - 2 x[t] + x[t-1] along axis 1: (B, T-2, ...)."""
    return values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2]


def acceleration_loss(predicted: Tensor, true: Tensor, frame_rate_hz: float) -> Tensor:
    """Return L_acc: mean squared error of the second differences of hip-rooted landmarks.

    Not in the paper: with a residual encoder the other losses leave the jitter where it was. The factor keeps the
    loss of jitter that does not depend on the frame rate near its size at 30 frames a second.
    """
    error = second_difference((predicted - hip_middle(predicted)) - (true - hip_middle(true)))
    return (error.square().mean(-1) * TEMPORAL_WEIGHTS).mean() * (frame_rate_hz / 30.0)


def lifter_pose_loss(predicted_rotmat: Tensor, true_rotmat: Tensor) -> Tensor:
    """Return the squared chordal distance of rotations (..., 24, 3, 3): twice the root's plus the mean of the body's.

    Hands are left out: the data has none.
    """
    chordal = (predicted_rotmat - true_rotmat).square().sum((-1, -2))
    return (2 * chordal[..., 0] + chordal[..., 1:22].mean(-1)).mean()


def keypoint3d_distance(predicted: Tensor, true: Tensor) -> Tensor:
    """Return the mean distance in metres of the hip-rooted landmarks (per frame: what MPJPE measures)."""
    error = (predicted - hip_middle(predicted)) - (true - hip_middle(true))
    return (error.square().sum(-1).clamp_min(1e-12).sqrt() * LIFTER_WEIGHTS).mean()


def keypoint2d_distance(predicted: Tensor, true: Tensor, box_half_side: Tensor) -> Tensor:
    """Return the mean distance of the projected landmarks in half box sides, at most 2 each."""
    error = (predicted - true) / box_half_side[..., None]
    return (error.square().sum(-1).clamp_min(1e-12).sqrt().clamp_max(2.0) * LIFTER_WEIGHTS).mean()
