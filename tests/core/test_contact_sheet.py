import cv2
import numpy as np
import pytest

from core.contact_sheet import CELL_HEIGHT_PX, MARGIN_PX, write_contact_sheet
from core.errors import OptionError
from core.motion import save_motion
from tests.core.mp4_writing import numbered_frames, write_video
from tests.core.test_motion import make_motion


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "clip.mp4", numbered_frames(12))


@pytest.fixture
def motion_path(tmp_path):
    save_motion(make_motion(), tmp_path / "walk.npz")
    return tmp_path / "walk.npz"


def test_every_chosen_frame_has_a_row_and_every_view_a_column(tmp_path, video, motion_path):
    renders = tmp_path / "renders"
    renders.mkdir()
    for frame_id in (3, 9):
        cv2.imwrite(str(renders / f"frame_{frame_id:06d}.png"), np.zeros((64, 96, 3), np.uint8))
    write_contact_sheet(video, motion_path, renders, tmp_path / "sheet.png")
    height, width = cv2.imread(str(tmp_path / "sheet.png")).shape[:2]
    assert height == 2 * CELL_HEIGHT_PX + MARGIN_PX
    assert width == 3 * CELL_HEIGHT_PX * 96 // 64 + 2 * MARGIN_PX


def test_without_renders_the_rows_are_spread_over_the_motion(tmp_path, video, motion_path):
    write_contact_sheet(video, motion_path, None, tmp_path / "sheet.png")
    height, width = cv2.imread(str(tmp_path / "sheet.png")).shape[:2]
    assert height == 5 * CELL_HEIGHT_PX + 4 * MARGIN_PX
    assert width == 2 * CELL_HEIGHT_PX * 96 // 64 + MARGIN_PX


def test_the_footage_is_never_overwritten(tmp_path, video, motion_path):
    before = video.read_bytes()
    with pytest.raises(OptionError, match="must end in"):
        write_contact_sheet(video, motion_path, None, video)
    assert video.read_bytes() == before


def test_a_missing_folder_of_renders_is_said(tmp_path, video, motion_path):
    with pytest.raises(OptionError, match="nowhere does not exist"):
        write_contact_sheet(video, motion_path, tmp_path / "nowhere", tmp_path / "sheet.png")
    assert not (tmp_path / "sheet.png").exists()
