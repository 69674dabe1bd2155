"""A good start for the residual, bidirectional encoder: each joint's GRU begins as a gentle low-pass filter.

From random weights the GRUs spend most of an hour on finding out that neighbouring frames agree. Here six hidden units
of each joint are set up as running averages, forwards and backwards, of what that joint's head reads; twice, once in
each layer. While a joint is not seen its averages stand still, so that what is said of it lies half way between when it
was last seen and when it is seen again. What flows into these units stays as it is (`hold_smoother_units`); all the
others start at random, with no say in the result, and learn what such a filter cannot do.
"""

import math
from functools import partial

import torch
from torch import Tensor

from ..models.landmark_lifter import FEATURE_SIZE
from ..models.temporal_encoder import GRUBankLayer, JointTemporalEncoder, TemporalEstimator
from ..skeleton import JOINT_COUNT, JOINT_NAMES

MEMORY = 0.25
"""Share of a running average that survives a frame; two passes both ways halve about 5 Hz at 30 frames a second."""
# Standard deviation of what the units hold: in the straight part of tanh.
_HELD_STD = 0.25
_READ = 6
_AVERAGE, _COPY, _ORIGINAL, _CLOCK, _RATE, _UNSEEN = slice(0, 6), slice(6, 12), slice(12, 18), 18, 19, 20
# How much an octave of the frame rate adds to the averages' update logit: memory ** (30 / rate) to within 0.03 from
# 24 to 120 Hz. The second layer reads the rate from a unit that holds it, small enough for tanh's straight part.
_LOGIT_PER_OCTAVE, _RATE_GAIN = 1.0, 0.25
_SEEN_CHANNEL, _RATE_CHANNEL = FEATURE_SIZE, FEATURE_SIZE + 1
# A unit tells the second layer of joints that are not seen, from about this visibility on; its averages, and the copies
# that they are corrected by, then keep what they hold.
_SEEN_FROM, _CARRIER_SEEN_FROM, _SEEN_SLOPE = 0.5, 0.65, 15.0
_CARRIERS = [JOINT_NAMES.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("hip", "shoulder")]
_HELD_LOGITS = 3.3, 10.2
# Update gates: closed (the unit copies its input), and the clock's, which fills within two frames.
_COPY_LOGIT, _CLOCK_LOGIT = -8.0, -1.4
# An empty average starts with the first frame itself: as good as copying, until the clock has filled.
_EMPTY_LOGIT = -7.0


@torch.no_grad()
def start_as_smoother(estimator: TemporalEstimator, pose_features: Tensor, memory: float = MEMORY) -> None:
    """Set up the encoder of a residual, bidirectional estimator as a low-pass filter on what its heads read.

    Args:
        pose_features: (N, 24, 128) samples, for the mean and spread of what the heads read.
    Raises:
        ValueError: the estimator is of another kind.
    """
    encoder = estimator.encoder
    if encoder.config.direction != "bi" or not encoder.config.residual:
        raise ValueError("Only a residual, bidirectional encoder can start as a smoother.")
    # An orthonormal basis (24, 128, 6) of what each head reads of its joint's feature.
    basis = torch.linalg.svd(estimator.heads.weight, full_matrices=False).Vh.transpose(1, 2)
    read = torch.einsum("njc,jcr->njr", pose_features, basis)
    gain = (_HELD_STD / read.std(dim=0).clamp_min(1e-3))[:, None]
    offset = -(read.mean(dim=0)[:, None] * gain)
    first, second = (layer for layer in encoder.layers if isinstance(layer, GRUBankLayer))
    blend = _two_sided_blend(encoder, memory)
    original = _unit_reader(encoder, direction=0, units=_COPY)
    # What flows into the units is the feature alone, not what is told beside it.
    reader = torch.nn.functional.pad(basis * gain, (0, 0, 0, first.weight_ih.shape[1] - FEATURE_SIZE))
    for direction in (0, 1):
        _set_units(first, direction, memory, [(_AVERAGE, reader), (_COPY, reader)])
        for units in (_AVERAGE, _COPY):
            _new_gate_bias(first, direction, units).copy_(offset)
        _set_units(second, direction, memory, [(_AVERAGE, blend), (_COPY, blend), (_ORIGINAL, original)])
        if encoder.config.has_context:
            _follow_frame_rate(first, second, direction)
            _hold_unseen(first, second, direction)
    smoothed = _two_sided_blend(encoder, memory)
    kept = _unit_reader(encoder, direction=0, units=_ORIGINAL)
    encoder.projection_weight.copy_(((smoothed - kept) / gain) @ basis.transpose(1, 2))
    encoder.projection_bias.zero_()


def hold_smoother_units(estimator: TemporalEstimator) -> None:
    """Keep from now on what flows into the set-up units: their gradients are zero."""
    for layer in estimator.encoder.layers:
        if isinstance(layer, GRUBankLayer):
            learns = torch.ones(3, layer.hidden_size)
            learns[:, : _UNSEEN + 1 if estimator.encoder.config.has_context else _RATE] = 0.0
            for tensor in (layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh):
                tensor.register_hook(partial(torch.mul, learns.flatten()))


def _two_sided_blend(encoder: JointTemporalEncoder, memory: float) -> Tensor:
    """Return the map (24, 2 hidden, 6) from a layer's states to the two-sided average of what its units were given.

    Forward and backward average hold the frame itself both, each with the share 1 - memory; one is taken off.
    """
    averages, copies = (
        _unit_reader(encoder, 0, units) + _unit_reader(encoder, 1, units) for units in (_AVERAGE, _COPY)
    )
    return (averages - (1 - memory) * copies / 2) / (1 + memory)


def _unit_reader(encoder: JointTemporalEncoder, direction: int, units: slice) -> Tensor:
    """Return the map (24, 2 hidden, 6) that picks six units of one direction."""
    hidden = encoder.config.hidden_size
    reader = torch.zeros(JOINT_COUNT, 2 * hidden, _READ)
    reader[:, direction * hidden + units.start : direction * hidden + units.stop] = torch.eye(_READ)
    return reader


def _set_units(layer: GRUBankLayer, direction: int, memory: float, maps: list[tuple[slice, Tensor]]) -> None:
    """Make units of one direction copy (or, for the averages, average) linear maps (24, in, 6) of the layer's input."""
    bank = slice(direction * JOINT_COUNT, (direction + 1) * JOINT_COUNT)
    hidden = layer.hidden_size
    for units, weights in maps:
        logit = _EMPTY_LOGIT if units == _AVERAGE else _COPY_LOGIT
        _clear_units(layer, bank, units, logit)
        layer.weight_ih[bank, :, 2 * hidden + units.start : 2 * hidden + units.stop] = weights
    _clear_units(layer, bank, slice(_CLOCK, _CLOCK + 1), _CLOCK_LOGIT)
    # The clock's input is always one; its state rises from zero and opens the averages' memory.
    layer.bias_ih[bank, :, 2 * hidden + _CLOCK] = 4.0
    full_logit = math.log(memory / (1 - memory))
    averages = slice(hidden + _AVERAGE.start, hidden + _AVERAGE.stop)
    layer.weight_hh[bank, _CLOCK, averages] = full_logit - _EMPTY_LOGIT


def _follow_frame_rate(first: GRUBankLayer, second: GRUBankLayer, direction: int) -> None:
    """Make the averages of one direction remember for a time, not for a number of frames."""
    bank = slice(direction * JOINT_COUNT, (direction + 1) * JOINT_COUNT)
    hidden = first.hidden_size
    _clear_units(first, bank, slice(_RATE, _RATE + 1), _COPY_LOGIT)
    first.weight_ih[bank, _RATE_CHANNEL, 2 * hidden + _RATE] = _RATE_GAIN
    averages = slice(hidden + _AVERAGE.start, hidden + _AVERAGE.stop)
    first.weight_ih[bank, _RATE_CHANNEL, averages] = _LOGIT_PER_OCTAVE
    second.weight_ih[bank, _RATE, averages] = _LOGIT_PER_OCTAVE / _RATE_GAIN


def _hold_unseen(first: GRUBankLayer, second: GRUBankLayer, direction: int) -> None:
    """Make what one direction's second averages and copies hold stand still while their joint is not seen."""
    bank = slice(direction * JOINT_COUNT, (direction + 1) * JOINT_COUNT)
    _clear_units(first, bank, slice(_UNSEEN, _UNSEEN + 1), _COPY_LOGIT)
    first.weight_ih[bank, _SEEN_CHANNEL, 2 * first.hidden_size + _UNSEEN] = -_SEEN_SLOPE
    seen_from = torch.full((JOINT_COUNT, 1), _SEEN_FROM)
    seen_from[list(_CARRIERS)] = _CARRIER_SEEN_FROM
    first.bias_ih[bank, :, 2 * first.hidden_size + _UNSEEN] = _SEEN_SLOPE * seen_from
    for units, logit in zip((_AVERAGE, _COPY), _HELD_LOGITS, strict=True):
        gates = slice(second.hidden_size + units.start, second.hidden_size + units.stop)
        # The unit goes from -1 to 1.
        second.weight_ih[bank, _UNSEEN, gates] = logit / 2
        second.bias_ih[bank, :, gates] += logit / 2


def _new_gate_bias(layer: GRUBankLayer, direction: int, units: slice) -> Tensor:
    """Return a view (24, 1, units) of the input bias of units' new gate."""
    start = 2 * layer.hidden_size
    bank = slice(direction * JOINT_COUNT, (direction + 1) * JOINT_COUNT)
    return layer.bias_ih[bank, :, start + units.start : start + units.stop]


def _clear_units(layer: GRUBankLayer, bank: slice, units: slice, update_logit: float) -> None:
    """Cut units off from everything; their update gate rests at a logit."""
    hidden = layer.hidden_size
    for gate in range(3):
        columns = slice(gate * hidden + units.start, gate * hidden + units.stop)
        for tensor in (layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh):
            tensor[bank, :, columns] = 0.0
    layer.bias_ih[bank, :, hidden + units.start : hidden + units.stop] = update_logit
