"""The YOLO detector with Ultralytics itself: a small network learns a few drawn people by heart and must box them.

Skipped where Ultralytics is not installed; it is AGPL-3.0 and nothing that is shipped needs it.
"""

import importlib.util
import json
import pickle
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import EngineError, WeightsError
from core.yolo_detector import YoloDetector, letterbox

ROOT = Path(__file__).parents[2]
SIDE = 192
STEPS = 100
HAS_YOLO = all(importlib.util.find_spec(name) for name in ("ultralytics", "torch", "lap"))


def yolo(test):
    """Mark a test that needs Ultralytics."""
    return pytest.mark.yolo(pytest.mark.skipif(not HAS_YOLO, reason="needs ultralytics, torch and lap")(test))


def draw_person(image: np.ndarray, x: int, y: int, height: int, color: tuple[int, int, int]) -> np.ndarray:
    """Draw a figure whose feet stand around x, y; return its box x0, y0, x1, y1."""
    before = image.copy()
    unit = height / 8
    neck, hips = (x, int(y - 6.6 * unit)), (x, int(y - 4 * unit))
    width = max(int(0.8 * unit), 2)
    cv2.line(image, neck, hips, color, int(2 * unit))
    for side in (-1, 1):
        cv2.line(image, hips, (int(x + side * 1.1 * unit), y), color, width)
        cv2.line(image, neck, (int(x + side * 2 * unit), int(y - 4.2 * unit)), color, width)
    cv2.circle(image, (x, int(y - 7.4 * unit)), int(0.7 * unit), (230, 190, 160), -1)
    rows, columns = np.nonzero((image != before).any(axis=-1))
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], dtype=np.float64)


def draw_scenes() -> list[tuple[np.ndarray, np.ndarray]]:
    """Four images (192, 192, 3) with one or two people each, and their boxes (N, 4)."""
    random = np.random.default_rng(5)
    scenes = []
    for places in ([(60, 170, 130)], [(50, 160, 100), (140, 180, 140)], [(120, 150, 110)], [(150, 170, 90)]):
        corner_colors = random.integers(60, 200, (2, 2, 3)).astype(np.uint8)
        image = cv2.resize(corner_colors, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        colors = random.integers(0, 60, (len(places), 3)).tolist()
        boxes = [draw_person(image, *place, color) for place, color in zip(places, colors, strict=True)]
        scenes.append((image, np.stack(boxes)))
    return scenes


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A yolo11n that has learned the scenes by heart, saved the way Ultralytics saves its checkpoints."""
    from core.yolo_detector import _import_ultralytics

    _import_ultralytics()
    import torch
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    model = DetectionModel("yolo11n.yaml", nc=1, verbose=False)
    model.names = {0: "person"}
    model.args = get_cfg()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.1
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=STEPS)
    batch = training_batch(draw_scenes())
    model.train()
    for _ in range(STEPS):
        loss, _ = model(batch)
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
        schedule.step()
    model.criterion = None
    path = tmp_path_factory.mktemp("yolo") / "people.pt"
    torch.save({"model": model.eval().half(), "ema": None, "train_args": {}}, path)
    return path


def training_batch(scenes: list[tuple[np.ndarray, np.ndarray]]) -> dict:
    import torch

    images = np.stack([image for image, _ in scenes]).transpose(0, 3, 1, 2).astype(np.float32) / 255
    boxes = np.concatenate([boxes for _, boxes in scenes]) / SIDE
    centers, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    return {
        "img": torch.from_numpy(images),
        "bboxes": torch.from_numpy(np.concatenate([centers, sizes], axis=1).astype(np.float32)),
        "cls": torch.zeros(len(boxes), 1),
        "batch_idx": torch.tensor([float(index) for index, (_, found) in enumerate(scenes) for _ in found]),
    }


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    shared = np.clip(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0, None).prod()
    return float(shared / ((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - shared))


@yolo
def test_learned_people_are_boxed(weights: Path):
    for image, boxes in draw_scenes():
        people = YoloDetector(weights, input_side=SIDE).detect(image)
        assert len(people) == len(boxes)
        for box in boxes:
            best = max(people, key=lambda person: overlap(person.bbox_px, box))
            assert overlap(best.bbox_px, box) > 0.7
            assert np.linalg.norm(best.region.center_px - (box[:2] + box[2:]) / 2) < 15


@yolo
def test_larger_picture_gives_larger_boxes(weights: Path):
    image, boxes = draw_scenes()[0]
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    people = YoloDetector(weights, input_side=SIDE).detect(large)
    assert overlap(people[0].bbox_px, 3 * boxes[0]) > 0.7


@yolo
def test_person_keeps_the_track_id_through_a_short_absence(weights: Path):
    image, _ = draw_scenes()[1]
    empty = np.full_like(image, 120)
    detector = YoloDetector(weights, input_side=SIDE)
    ids = []
    for shown in [image, image, empty, empty, empty, image, image]:
        people = sorted(detector.detect(shown), key=lambda person: float(person.bbox_px[0]))
        ids.append([person.track_id for person in people])
    assert len(set(ids[0])) == 2
    assert ids == [ids[0], ids[0], [], [], [], ids[0], ids[0]]


@yolo
def test_nothing_reaches_the_network_pip_or_torchvision(weights: Path):
    code = (
        "import sys, json, pathlib, numpy as np\n"
        "from core.yolo_detector import YoloDetector\n"
        "detector = YoloDetector(pathlib.Path(sys.argv[1]), input_side=192)\n"
        "detector.detect(np.zeros((192, 192, 3), np.uint8))\n"
        "import ultralytics.utils as u\n"
        "from ultralytics.utils.events import events\n"
        "print(json.dumps([u.ONLINE, u.AUTOINSTALL, events.enabled, 'torchvision' in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(weights)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [False, False, False, False]


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path("trapped"),))


@yolo
def test_checkpoint_that_would_run_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import torch

    monkeypatch.chdir(tmp_path)
    torch.save({"model": Trap()}, tmp_path / "trap.pt")
    with pytest.raises(WeightsError, match=r"trap\.pt"):
        YoloDetector(tmp_path / "trap.pt")
    assert not (tmp_path / "trapped").exists()


@yolo
@pytest.mark.parametrize("content", [b"", b"not weights", pickle.dumps({"model": 1})])
def test_file_without_a_model_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "broken.pt"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"broken\.pt"):
        YoloDetector(path)


@yolo
def test_missing_weights_are_named(tmp_path: Path):
    with pytest.raises(WeightsError, match="nothing"):
        YoloDetector(tmp_path / "nothing.pt")


@pytest.mark.skipif(HAS_YOLO, reason="Ultralytics is installed")
def test_missing_ultralytics_is_one_sentence():
    with pytest.raises(EngineError, match="which is not installed"):
        YoloDetector(Path("weights.pt"))


def test_letterbox_keeps_the_aspect_and_fills_whole_strides():
    image = np.full((100, 200, 3), 7, np.uint8)
    picture, scale = letterbox(image, 320, 32)
    assert scale == 1.6
    assert picture.shape == (160, 320, 3)
    picture, scale = letterbox(image[:90], 320, 32)
    assert picture.shape == (160, 320, 3)
    assert (picture[:144] == 7).all()
    assert (picture[144:] == 114).all()
