"""The ONNX file of the contact network from its committed weights, by onnx.helper alone: no torch."""

from pathlib import Path

from ..contact_features import CONTACT_FEATURE_SIZE, PARTS_OF_A_FOOT
from ..errors import WeightsError
from ..models.weights import weights_path
from .graph_writer import GraphWriter, Weights, read_weight_file, value_info, write_model


def build_contacts_onnx(path: Path, weights_file: Path | None = None) -> None:
    """Write `open_contacts.onnx`: contact_features (N, F, 115) to logits (N, F, 2).

    Args:
        weights_file: None for the committed weights.
    Raises:
        WeightsError: the weights are missing, damaged, or of another network.
    """
    weights, config = read_weight_file(weights_file or weights_path("open_contacts"))
    writer = GraphWriter()
    try:
        _add_contacts(writer, weights, [int(dilation) for dilation in config["dilations"]])
    except KeyError as error:
        raise WeightsError(f"The contact network's weights lack {error.args[0]}.") from error
    inputs = [value_info("contact_features", "N", "F", CONTACT_FEATURE_SIZE)]
    write_model(path, writer.model("open_contacts", inputs, [value_info("logits", "N", "F", PARTS_OF_A_FOOT)]))


def _add_contacts(writer: GraphWriter, weights: Weights, dilations: list[int]) -> None:
    mean = writer.weight(weights["features_mean"], "features_mean")
    std = writer.weight(weights["features_std"], "features_std")
    centred = writer.node("Sub", ["contact_features", mean], "centred")
    x = writer.node("Div", [centred, std], "standardised")
    x = writer.gelu(writer.linear(x, weights["stem.weight"], weights["stem.bias"], "stem"))
    x = writer.node("Transpose", [x], "by_channel", perm=[0, 2, 1])
    for block, dilation in enumerate(dilations):
        name = f"blocks.{block}"
        kernel, bias = (writer.weight(weights[f"{name}.{part}"], f"{name}.{part}") for part in ("weight", "bias"))
        reach = weights[f"{name}.weight"].shape[-1] // 2 * dilation
        inner = writer.node("Conv", [x, kernel, bias], name, dilations=[dilation], pads=[reach, reach])
        x = writer.node("Add", [x, writer.gelu(inner)], f"{name}.sum")
    by_frame = writer.node("Transpose", [x], "by_frame", perm=[0, 2, 1])
    writer.linear(by_frame, weights["head.weight"], weights["head.bias"], "logits")
