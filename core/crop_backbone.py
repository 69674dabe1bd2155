"""Backbones that look at crops of the video: the second pass, at the boxes that the tracker found.

Used with PARE and with a user's own network. Holds the outputs of whole tracks, but one batch of crops at a time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import VideoError
from .pare_crops import SquareBoxes, crop_camera_to_transl, crop_square, square_boxes
from .tracks import Track
from .video import Frame
from .view import View

CROPS_PER_CALL: Final = 8


class CropModel(Protocol):
    """A network that looks at a square crop of one person."""

    crop_side_px: int
    """Side of its crop."""
    box_scale: float
    """Side of the square that is cut out, over the longer side of the box around the visible landmarks."""

    def run_crops(self, crops: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        """Return outputs (N, ...) by name for RGB crops (N, S, S, 3), N at least 1."""
        ...


@dataclass(frozen=True)
class CropOutputs:
    """A network's outputs for the T rows of one track, and where it looked.

    Attributes:
        boxes: the squares that the crops were cut from.
        outputs: (T, ...) by name; for PARE `pose_features` (T, 24, 128), `rot6d` (T, 24, 6), `weak_camera` (T, 3) and
            `betas` (T, 10).
    """

    boxes: SquareBoxes
    outputs: dict[str, NDArray[np.float32]]


def run_on_tracks(
    model: CropModel,
    frames: Iterable[Frame],
    tracks: Sequence[Track],
    frame_rate_hz: float,
    on_frame: Callable[[int], None] = lambda _: None,
) -> list[CropOutputs]:
    """Return the network's outputs for every track, in one pass over the video.

    Args:
        frames: the frames that the tracks were made from; others are skipped, and none is read after the last needed.
        on_frame: called with the number of frames done; may raise to cancel.

    Raises:
        VideoError: a frame of a track did not come.
    """
    boxes = [square_boxes(track.bbox_px, track.frame_ids, frame_rate_hz, model.box_scale) for track in tracks]
    rows = [{int(frame_id): row for row, frame_id in enumerate(track.frame_ids)} for track in tracks]
    last_frame_id = max(int(track.frame_ids[-1]) for track in tracks)
    collector = _Collector(model, [len(track.frame_ids) for track in tracks])
    for done, frame in enumerate(frames, start=1):
        for person, places in enumerate(rows):
            row = places.get(frame.index)
            if row is not None:
                center_px, side_px = boxes[person].center_px[row], boxes[person].side_px[row]
                collector.add(person, row, crop_square(frame.image_rgb, center_px, side_px, model.crop_side_px))
        on_frame(done)
        if frame.index >= last_frame_id:
            break
    results = [CropOutputs(box, outputs) for box, outputs in zip(boxes, collector.finish(), strict=True)]
    if missing := sum(map(len, rows)) - collector.row_count:
        what = "1 frame" if missing == 1 else f"{missing} frames"
        raise VideoError(f"{what} could not be read a second time.", "Did the video change meanwhile?")
    return results


def crop_camera_to_pelvis(
    weak_camera: NDArray[np.float32], boxes: SquareBoxes, view: View, rest_pelvis: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Return the pelvis (T, 3) in camera axes, metres, of the weak cameras (T, 3) of crops.

    Args:
        rest_pelvis: (3,) of the body in its shape, which SMPL's translation is relative to.
    """
    transl_cam = crop_camera_to_transl(weak_camera, boxes, view.focal_length_px, view.image_size)
    pelvis_cam: NDArray[np.float64] = transl_cam + rest_pelvis
    return pelvis_cam


class _Collector:
    """Gathers crops into batches, runs them, and puts the answers into the rows that they belong to."""

    def __init__(self, model: CropModel, row_counts: Sequence[int]) -> None:
        self._model, self._row_counts = model, row_counts
        self.row_count = 0
        self._places: list[tuple[int, int]] = []
        self._crops: list[NDArray[np.uint8]] = []
        self._outputs: list[dict[str, NDArray[np.float32]]] = [{} for _ in row_counts]

    def add(self, person: int, row: int, crop: NDArray[np.uint8]) -> None:
        self.row_count += 1
        self._places.append((person, row))
        self._crops.append(crop)
        if len(self._crops) == CROPS_PER_CALL:
            self._run()

    def finish(self) -> list[dict[str, NDArray[np.float32]]]:
        if self._crops:
            self._run()
        return self._outputs

    def _run(self) -> None:
        for name, values in self._model.run_crops(np.stack(self._crops)).items():
            for (person, row), value in zip(self._places, values, strict=True):
                if name not in self._outputs[person]:
                    self._outputs[person][name] = np.zeros((self._row_counts[person], *value.shape), np.float32)
                self._outputs[person][name][row] = value
        self._places, self._crops = [], []
