"""Reference outputs of the original TFLite networks on fixed photo crops: the fixture of the parity tests.

`python -m core.conversion.blazepose_reference VIDEO PACKAGE tests/data` wrote `blazepose_crops.png` and
`blazepose_parity.npz`, with ai-edge-litert 2.3.0 on one x86 core. VIDEO is Sports2D's demo video (BSD-3-Clause,
`Sports2D/Demo/demo.mp4` of the PyPI package sports2d, 230 frames at 30 fps, 1768 x 994), PACKAGE is MediaPipe's npm
package (see `convert_blazepose`). Development only; needs the `ai-edge-litert` package.
"""

import sys
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import VideoError
from ..whole_file import whole_file
from .convert_blazepose import NETWORK_SOURCES, NetworkSource, read_package_file

CROPS: Final = ((100, 1030, 730, 520), (160, 430, 730, 520), (80, 635, 290, 480))
"""Frame, centre x, centre y and side in pixels: a woman walking, twice, and a man on a roof."""

CROP_SIDE_PX: Final = 256
DETECTOR_SIDE_PX: Final = 224
GREY_STEP: Final = 4
"""The crops keep every fourth grey level, so that the lossless picture stays small."""

HEATMAP_STEP: Final = 16
TOP_BOX_COUNT: Final = 20


def write_reference(video: Path, package: Path, output: Path) -> None:
    """Write the crops and the outputs of every network on them into a folder.

    The .npz holds, for a landmark network `<name>`: `<name>.landmarks` (3,39,5), `<name>.presence` (3,1),
    `<name>.world_landmarks` (3,39,3) and `<name>.heatmap` (3,39,4,4), every 16th row and column; for the detector
    `.scores` (3,2254,1), `.top_anchors` (3,20) and their `.top_boxes` (3,20,12).
    """
    crops = np.stack([read_crop(video, *crop) for crop in CROPS])
    arrays: dict[str, NDArray[np.generic]] = {}
    for source in NETWORK_SOURCES:
        outputs = run_tflite(source, read_package_file(package, source.file), network_input(source.name, crops))
        arrays |= {f"{source.name}.{key}": values for key, values in select_outputs(outputs).items()}
    with whole_file(output / "blazepose_crops.png") as partial:
        row = np.ascontiguousarray(np.concatenate(list(crops), axis=1)[..., ::-1])
        partial.write_bytes(cv2.imencode(".png", row, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())
    with whole_file(output / "blazepose_parity.npz") as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_crop(video: Path, frame_index: int, centre_x: int, centre_y: int, side: int) -> NDArray[np.uint8]:
    """Return one crop (256, 256, 3), RGB, in steps of four grey levels."""
    capture = cv2.VideoCapture(str(video))
    for _ in range(frame_index + 1):
        is_read, frame = capture.read()
        if not is_read:
            raise VideoError(f"{video} has no frame {frame_index}.")
    top, left = centre_y - side // 2, centre_x - side // 2
    square = frame[top : top + side, left : left + side, ::-1]
    small = cv2.resize(square, (CROP_SIDE_PX, CROP_SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(small // GREY_STEP * GREY_STEP, np.uint8)


def network_input(name: str, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the crops (N, 256, 256, 3) as a network's input (N, 3, H, W); the detector sees their middle."""
    image = crops.astype(np.float32).transpose(0, 3, 1, 2) / np.float32(255.0)
    if name != "blazepose_detector":
        return image
    margin = (CROP_SIDE_PX - DETECTOR_SIDE_PX) // 2
    return image[:, :, margin:-margin, margin:-margin] * np.float32(2.0) - np.float32(1.0)


def run_tflite(source: NetworkSource, content: bytes, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Return the original network's outputs, arranged as ours: heatmaps as (N, C, H, W)."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType  # type: ignore[import-untyped]

    # TFLite's own kernels lie within 3e-6 m of double precision on the crops, its XNNPACK delegate within 2e-5 m.
    kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    input_index = interpreter.get_input_details()[0]["index"]
    outputs: dict[str, list[NDArray[np.float32]]] = {request.name: [] for request in source.outputs}
    for image in images:
        interpreter.set_tensor(input_index, image.transpose(1, 2, 0)[None])
        interpreter.invoke()
        found: dict[str, Any] = {
            details["name"]: interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()
        }
        for request in source.outputs:
            values = found[request.tensor]
            # Only the heatmap has four axes; the others are flat or already (1, rows, columns).
            values = values.transpose(0, 3, 1, 2) if values.ndim == 4 else values
            outputs[request.name].append(values.reshape(request.shape))
    return {name: np.stack(values) for name, values in outputs.items()}


def select_outputs(outputs: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.generic]]:
    """Return what the fixture keeps of a network's outputs."""
    if "boxes" not in outputs:
        return {**outputs, "heatmap": outputs["heatmap"][:, :, ::HEATMAP_STEP, ::HEATMAP_STEP]}
    anchors = np.argsort(-outputs["scores"][..., 0], axis=1)[:, :TOP_BOX_COUNT]
    boxes = np.take_along_axis(outputs["boxes"], anchors[..., None], axis=1)
    return {"scores": outputs["scores"], "top_anchors": anchors.astype(np.int32), "top_boxes": boxes}


if __name__ == "__main__":
    write_reference(*(Path(argument) for argument in sys.argv[1:4]))
