"""Ultralytics YOLO with ByteTrack as the person detector, where the user has installed it and has weights.

Ultralytics is AGPL-3.0: it is never bundled, only imported here, and only when this detector is asked for. Nothing goes
over the network: usage analytics, downloads and automatic installs are switched off before the import.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .blazepose_detector import PersonBox
from .crops import Image, Region
from .errors import EngineError, WeightsError

INPUT_SIDE: Final = 640
PADDING_GREY: Final = 114
MIN_SCORE: Final = 0.4
LOWEST_TRACKED_SCORE: Final = 0.1
MERGE_IOU: Final = 0.7
PERSON_NAMES: Final = frozenset({"person", "people", "pedestrian", "human"})
FRAMES_REMEMBERED: Final = 60

BYTE_TRACK: Final[Mapping[str, Any]] = {
    "track_high_thresh": MIN_SCORE,
    "track_low_thresh": LOWEST_TRACKED_SCORE,
    "new_track_thresh": MIN_SCORE,
    "track_buffer": FRAMES_REMEMBERED,
    "match_thresh": 0.8,
    "fuse_score": True,
}

SWITCHES: Final[Mapping[str, str]] = {
    "YOLO_OFFLINE": "true",
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
    "ULTRALYTICS_SAFE_LOAD": "true",
    "ULTRALYTICS_SKIP_REQUIREMENTS_CHECKS": "true",
}
"""Read by Ultralytics when it is imported: no analytics and downloads, no pip, no log, no free unpickling."""

INSTALL_HINT: Final = "Install it with: pip install 'ultralytics>=8.4.190' 'lap>=0.5.12'"


class YoloDetector:
    """Finds people in the frames of one video and tells by `track_id` who is who.

    Calls the network and Ultralytics' own non-maximum suppression itself, because `YOLO.predict` imports torchvision,
    which fails beside a torch of another build.

    Args:
        weights: a `.pt` file of a YOLO detection model with a class named `person`, or with one class only.
        device: torch device.
        input_side: the long side that frames are scaled to; what the weights were trained with.

    Raises:
        EngineError: Ultralytics or torch is not installed, or too old to load weights safely.
        WeightsError: the file is missing or damaged, or is not a detection model that knows people.
    """

    is_tracking: Final = True

    def __init__(self, weights: Path, device: str = "cpu", input_side: int = INPUT_SIDE) -> None:
        _import_ultralytics()
        from ultralytics.trackers.byte_tracker import BYTETracker

        self._device = device
        self._input_side = input_side
        self._model = _load_model(weights).to(device)
        self._person_class = _person_class(self._model.names, weights)
        self._stride = max(int(self._model.stride.max()), 32)
        self._tracker = BYTETracker(SimpleNamespace(**BYTE_TRACK))

    def detect(self, image_rgb: Image) -> list[PersonBox]:
        """Return the people in the video's next frame (H, W, 3), best score first."""
        from ultralytics.engine.results import Boxes

        found = Boxes(self._find_boxes(image_rgb), image_rgb.shape[:2])
        tracked = np.asarray(self._tracker.update(found, image_rgb[..., ::-1]), dtype=np.float64).reshape(-1, 8)
        people = [_person_box(row, image_rgb) for row in tracked if row[5] >= MIN_SCORE]
        return sorted(people, key=lambda person: -person.score)

    def _find_boxes(self, image_rgb: Image) -> NDArray[np.float32]:
        """(N, 6) x0, y0, x1, y1 in image pixels, score, class 0."""
        import torch
        from ultralytics.utils.nms import non_max_suppression

        picture, scale = letterbox(image_rgb, self._input_side, self._stride)
        batch = torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float32) / 255.0).to(self._device)
        with torch.inference_mode():
            boxes = non_max_suppression(
                self._model(batch),
                conf_thres=LOWEST_TRACKED_SCORE,
                iou_thres=MERGE_IOU,
                classes=[self._person_class],
                nc=len(self._model.names),
            )[0]
        rows = boxes.cpu().numpy().astype(np.float32)[:, :6]
        rows[:, :4] /= scale
        rows[:, 5] = 0
        return np.asarray(rows, dtype=np.float32)


def letterbox(image_rgb: Image, side: int, stride: int) -> tuple[Image, float]:
    """Return the image scaled to this long side, padded right and below to whole strides, and the scale."""
    height, width = image_rgb.shape[:2]
    scale = side / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(image_rgb, size, interpolation=method), dtype=np.uint8)
    padding = [(0, -length % stride) for length in picture.shape[:2]]
    padded = np.pad(picture, [*padding, (0, 0)], constant_values=PADDING_GREY)
    return padded, scale


def _person_box(row: NDArray[np.float64], image_rgb: Image) -> PersonBox:
    height, width = image_rgb.shape[:2]
    bbox_px = np.clip(row[:4], 0.0, [width, height, width, height])
    return PersonBox(float(row[5]), bbox_px, Region.around_box(bbox_px), int(row[4]))


def _import_ultralytics() -> None:
    os.environ.update(SWITCHES)
    if "YOLO_CONFIG_DIR" not in os.environ:
        # The mere import would otherwise write a settings file into the user's configuration.
        folder = tempfile.mkdtemp(prefix="jointwise-yolo-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["YOLO_CONFIG_DIR"] = folder
    try:
        import lap  # type: ignore[import-not-found]  # noqa: F401 - ByteTrack would try to install it
        import torch  # noqa: F401
        import ultralytics  # noqa: F401
    except ImportError as error:
        raise EngineError(f"The YOLO detector needs {error.name}, which is not installed.", INSTALL_HINT) from error


def _load_model(weights: Path) -> Any:
    """The detection network of a checkpoint, ready to run; the checkpoint may hold known classes only."""
    import torch
    from ultralytics.nn import tasks

    if not weights.is_file() or weights.suffix != ".pt":
        raise WeightsError(f"The YOLO weights {weights} are not a .pt file that exists.", "Check the path.")
    if not hasattr(tasks, "_SafeLoad") or not tasks._SafeLoad.SUPPORTED:
        raise EngineError("This Ultralytics cannot load weights safely.", INSTALL_HINT)
    try:
        checkpoint, _ = tasks.torch_safe_load(str(weights.resolve()), safe_only=True)
        model = checkpoint.get("ema") or checkpoint["model"]
    # Ultralytics passes on whatever its reader stumbles over.
    except (TypeError, KeyError, AttributeError, RuntimeError, ValueError, ImportError, OSError) as error:
        raise WeightsError(f"{weights.name} does not hold a YOLO model that can be loaded safely.") from error
    if not isinstance(model, tasks.DetectionModel):
        raise WeightsError(f"{weights.name} is not a YOLO detection model.")
    model = model.float().eval()
    if not hasattr(model, "stride"):
        model.stride = torch.tensor([32.0])
    return model


def _person_class(names: Mapping[int, str] | list[str], weights: Path) -> int:
    """Number of the class that means a person; a model with one class is taken for one of people."""
    numbered = dict(names) if isinstance(names, Mapping) else dict(enumerate(names))
    for number, name in numbered.items():
        if str(name).lower() in PERSON_NAMES:
            return int(number)
    if len(numbered) == 1:
        return int(next(iter(numbered)))
    raise WeightsError(f"{weights.name} has no class named person.", "Use a model that was trained on people.")
