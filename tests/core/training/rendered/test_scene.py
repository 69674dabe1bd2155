import hashlib
import json

import numpy as np
import pytest

pytest.importorskip("numba")

import cv2

from core.rotations import rotvec_to_rotmat
from core.training.rendered import render
from core.training.rendered.environment import make_environment
from core.training.rendered.materials import Material
from core.training.rendered.motions import Motion
from core.training.rendered.noise_kernels import noise
from core.training.rendered.outfits import Outfit, dress
from core.training.rendered.props import box
from core.training.rendered.raster_kernels import project, rasterise
from core.training.rendered.scene import Scene
from core.training.rendered.scene_parts import Floor, Grading, ScenePerson
from core.training.rendered.shot_cameras import focal_length_px, still_camera
from core.training.rendered.shots import Actor, Shot, Take
from core.training.rendered.sources import RenderSources
from core.training.rendered.standing import pose_body
from core.training.rendered.truth import ShotTruth

SIZE = (96, 128)
TINY = Shot("tiny", "walk", 7, (Actor(1, True, Outfit("shirt", "shorts"), (Take("none"),)),), "city", frame_count=3,
            image_size=SIZE)  # fmt: skip


class TinyStage:
    """Sets up one dressed open body that turns a little, before an even sky, with or without a box before its legs."""

    def __init__(self, body, has_box: bool = False) -> None:
        self.body, self.has_box = body, has_box

    def set_up(self, shot: Shot) -> tuple[Scene, ShotTruth]:
        turns = np.zeros((shot.frame_count, 24, 3))
        turns[:, 0, 1] = np.linspace(0, 0.2, shot.frame_count)
        posed = pose_body(self.body, Motion(rotvec_to_rotmat(turns), np.tile([0.0, 0.92, 0.0], (shot.frame_count, 1))))
        camera = still_camera(posed.landmarks, SIZE, focal_length_px(SIZE, 50.0), 0.1, 1.2)
        dressed = dress(self.body, shot.actors[0].outfit, 1)
        grey = Material("plain", (0.3, 0.3, 0.3))
        props = [box(np.array([0.0, 0.25, 0.7]), (1.2, 0.5, 0.2), 0.0, grey)] if self.has_box else []
        sky = make_environment(np.full((16, 32, 3), 0.5, np.float32))
        scene = Scene(
            [ScenePerson(dressed.mesh, posed.transforms)], props, sky,
            Floor(grey, 0.0, (0.0, 0.0), 4.0, 1.0), camera,
        )  # fmt: skip
        truth = ShotTruth(
            shot.kind, shot.frame_rate_hz, camera, 0.0, False, [posed], [np.ones((shot.frame_count, 4), bool)],
            json.dumps({"fingerprint": shot.fingerprint()}), np.zeros((1, shot.frame_count, 33), bool),
        )  # fmt: skip
        return scene, truth


def naive_buffers(screen, faces, cover, height, width):
    """The twin of `rasterise`: every pixel asks every triangle."""
    triangle, nearness = np.full((height, width), -1), np.zeros((height, width))
    for face, corners in enumerate(faces):
        points = screen[corners]
        matrix = np.vstack([points[:, :2].T, np.ones(3)])
        if abs(np.linalg.det(matrix)) < 1e-9 or points[:, 2].min() <= 0:
            continue
        for row in range(height):
            for column in range(width):
                shares = np.linalg.solve(matrix, [column + 0.5, row + 0.5, 1.0])
                near = shares @ points[:, 2]
                if shares.min() >= 0 and near > nearness[row, column] and shares @ cover[corners] >= 0:
                    triangle[row, column], nearness[row, column] = face, near
    return triangle, nearness


def test_the_rasteriser_agrees_with_a_slow_twin():
    random = np.random.default_rng(0)
    screen = np.column_stack([random.uniform(-4, 24, (30, 2)), random.uniform(0.2, 1.0, 30)])
    screen[3, 2] = -1.0
    faces, cover = random.integers(0, 30, (12, 3)), random.uniform(-0.5, 1.0, 30)
    triangle, place, nearness = np.empty((16, 20), np.int32), np.zeros((16, 20, 2)), np.zeros((16, 20))
    rasterise(screen, faces, cover, triangle, place, nearness)
    expected, near = naive_buffers(screen, faces, cover, 16, 20)
    assert (triangle == expected).mean() > 0.99
    np.testing.assert_allclose(nearness[triangle == expected], near[triangle == expected], atol=1e-6)
    assert len(np.unique(triangle)) > 4


def test_the_place_in_a_triangle_is_in_perspective():
    corners = np.array([[-1.0, -0.5, 3.0], [2.0, -0.5, 9.0], [0.0, 1.5, 4.0]])
    screen = np.empty_like(corners)
    project(corners, (np.eye(3), np.zeros(3), 20.0, 16.0, 12.0), screen)
    triangle, place, nearness = np.empty((24, 32), np.int32), np.zeros((24, 32, 2)), np.zeros((24, 32))
    rasterise(screen, np.array([[0, 1, 2]]), np.ones(3), triangle, place, nearness)
    row, column = np.argwhere(triangle == 0)[10]
    u, v = place[row, column]
    point = u * corners[0] + v * corners[1] + (1 - u - v) * corners[2]
    assert point[2] == pytest.approx(1 / nearness[row, column])
    np.testing.assert_allclose(20 * point[:2] / point[2] + [16, 12], [column + 0.5, row + 0.5], atol=1e-6)


def test_noise_stays_in_bounds_and_has_no_steps():
    line = np.array([noise(x, 0.3, -7.2) for x in np.linspace(-5, 5, 2000)])
    assert line.min() >= 0
    assert line.max() <= 1
    assert np.ptp(line) > 0.3
    assert np.abs(np.diff(line)).max() < 0.02


def test_the_same_seed_gives_the_same_frames_and_another_other_noise(body):
    hashes = []
    for seed in (7, 7, 8):
        scene, _ = TinyStage(body).set_up(TINY)
        frames = [scene.render(frame, Grading(2.0, seed))[0] for frame in range(TINY.frame_count)]
        hashes.append(hashlib.sha256(np.array(frames).tobytes()).hexdigest())
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_person_is_where_the_truth_says(body):
    scene, truth = TinyStage(body).set_up(TINY)
    _, depths = scene.render(1, Grading(0.0))
    truth.see(1, depths)
    points = truth.landmarks_cam()[0, 1]
    arrays = truth.arrays()
    for landmark in (0, 11, 13, 25, 28):
        column, row = np.floor(arrays["keypoints2d_px"][0, 1, landmark]).astype(int)
        assert points[landmark, 2] - depths[row, column] == pytest.approx(0.06, abs=0.12)
    assert np.isinf(depths[2, 2])
    assert not truth.hidden[0, 1, [0, 11, 12, 15, 16, 25, 26]].any()


def test_a_box_before_the_legs_hides_them_and_nothing_else(body):
    scene, truth = TinyStage(body, has_box=True).set_up(TINY)
    _, depths = scene.render(0, Grading(0.0))
    truth.see(0, depths)
    assert truth.hidden[0, 0, [27, 28, 29, 30]].all()
    assert not truth.hidden[0, 0, [0, 11, 12, 15, 16]].any()


def test_videos_and_truth_are_written_once_and_anew_when_the_shot_changes(body, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "Stage", lambda _sources: TinyStage(body))
    lines: list[str] = []
    sources = RenderSources((), tmp_path, tmp_path)
    videos = render.render_shots(sources, tmp_path / "out", [TINY], lines.append)
    reader = cv2.VideoCapture(str(videos[0]))
    assert int(reader.get(cv2.CAP_PROP_FRAME_COUNT)) == TINY.frame_count
    assert (reader.get(cv2.CAP_PROP_FRAME_WIDTH), reader.get(cv2.CAP_PROP_FRAME_HEIGHT)) == SIZE
    with np.load(tmp_path / "out" / "tiny_truth.npz", allow_pickle=False) as truth:
        assert truth["poses"].shape == (1, 3, 24, 3)
        assert truth["landmarks"].shape == (1, 3, 33, 3)
        assert truth["hidden"].shape == (1, 3, 33)
        assert truth["contacts"].shape == (1, 3, 4)
        assert truth["camera_from_world"].shape == (3, 4, 4)
        assert str(truth["kind"]) == "walk"
        assert tuple(truth["image_size"]) == SIZE
        np.testing.assert_allclose(truth["joints"][:, :, 0], truth["pelvis_cam"])
    assert len(lines) == 1
    render.render_shots(sources, tmp_path / "out", [TINY], lines.append)
    assert len(lines) == 1
    changed = Shot(**{**TINY.__dict__, "seed": 8})
    render.render_shots(sources, tmp_path / "out", [changed], lines.append)
    assert len(lines) == 2
    assert not list((tmp_path / "out").glob("*partial*"))
