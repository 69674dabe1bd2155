import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.batch import estimate_process
from core.motion import Motion, save_motion

FRAME_COUNT = 7


class StandIn:
    """The folder of the stand-in for the core; see stand_in_core.py."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def runs(self) -> list[str]:
        """The name of each video that was estimated, each time it was."""
        return [line.split(" ", 1)[0] for line in self._lines()]

    @property
    def last_options(self) -> dict:
        return json.loads(self._lines()[-1].split(" ", 1)[1])

    def _lines(self) -> list[str]:
        path = self.folder / "core" / "runs.txt"
        return path.read_text().splitlines() if path.is_file() else []


@pytest.fixture
def stand_in(tmp_path_factory, monkeypatch) -> StandIn:
    root = tmp_path_factory.mktemp("root")
    (root / "core").mkdir()
    shutil.copy(Path(__file__).with_name("stand_in_core.py"), root / "core" / "__main__.py")
    save_motion(_motion(), root / "core" / "motion.npz")
    monkeypatch.setattr(estimate_process, "ROOT", root)
    return StandIn(root)


@pytest.fixture
def videos(tmp_path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    return folder


def _motion() -> Motion:
    def zeros(*shape):
        return np.zeros((FRAME_COUNT, *shape), np.float32)

    return Motion(
        poses=zeros(72), trans=zeros(3), betas=np.zeros(10, np.float32), body="open", gender="neutral",
        mocap_framerate=30.0, frame_ids=np.arange(FRAME_COUNT), timestamps=np.arange(FRAME_COUNT) / 30,
        joints=zeros(24, 3), keypoints=zeros(33, 3), keypoints_2d=zeros(33, 2), visibility=zeros(33),
        contacts=zeros(4), poses_per_frame=zeros(72), confidence=zeros(24), focal_length=1000.0,
        image_size=(64, 48), metadata={},
    )  # fmt: skip
