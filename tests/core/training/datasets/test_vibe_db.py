import joblib
import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.datasets.joint_names import INSTA_25, LSP_14, SPIN_49
from core.training.datasets.vibe_db import read_vibe_db


def threedpw_db(count=6):
    rng = np.random.default_rng(0)
    return {
        "vid_name": np.array(["downtown_00_0"] * 4 + ["downtown_00_1"] * (count - 4)),
        "frame_id": np.array([0, 1, 5, 6, *range(count - 4)]),
        "joints3D": rng.uniform(-1, 1, (count, 14, 3)).astype(np.float32),
        "joints2D": rng.uniform(0, 1000, (count, 14, 3)).astype(np.float32),
        "shape": np.repeat(rng.uniform(-1, 1, (1, 10)), count, axis=0),
        "pose": rng.uniform(-1, 1, (count, 72)),
        "bbox": np.tile([100.0, 200.0, 80.0, 90.0], (count, 1)),
        "img_name": np.array([f"/home/somebody/data/3dpw/imageFiles/a/image_{i:05d}.jpg" for i in range(count)]),
        "features": rng.uniform(0, 1, (count, 2048)).astype(np.float32),
        "valid": np.ones(count),
    }


def test_3dpw_rows_fall_into_videos_with_their_gaps(tmp_path):
    content = threedpw_db()
    joblib.dump(content, tmp_path / "3dpw_test_db.pt")
    first, second = read_vibe_db(tmp_path / "3dpw_test_db.pt")
    assert (first.name, second.name, first.split) == ("downtown_00_0", "downtown_00_1", "test")
    assert first.frame_ids.tolist() == [0, 1, 5, 6]
    assert first.joint_names == LSP_14
    np.testing.assert_allclose(second.poses.reshape(2, 72), content["pose"][4:], atol=1e-6)
    np.testing.assert_allclose(first.betas, content["shape"][0], atol=1e-6)
    np.testing.assert_array_equal(second.features, content["features"][4:])
    # Centre, width, height become centre and the larger side.
    np.testing.assert_array_equal(first.bbox[0], [100, 200, 90])
    assert first.images is None


def test_stored_picture_paths_are_found_under_another_root(tmp_path, write_picture_file):
    joblib.dump(threedpw_db(), tmp_path / "3dpw_val_db.pt")
    for frame in range(6):
        write_picture_file(tmp_path / "3dpw" / "imageFiles" / "a" / f"image_{frame:05d}.jpg", 10 * frame)
    first, _ = read_vibe_db(tmp_path / "3dpw_val_db.pt", tmp_path / "3dpw")
    assert [round(float(picture.mean())) for picture in first.images] == [0, 10, 20, 30]


def test_mpii3d_has_49_joints_and_no_poses(tmp_path):
    content = {key: value for key, value in threedpw_db().items() if key not in ("shape", "pose", "valid")}
    content |= {"joints3D": np.zeros((6, 49, 3)), "joints2D": np.zeros((6, 49, 3))}
    joblib.dump(content, tmp_path / "mpii3d_train_db.pt")
    first, _ = read_vibe_db(tmp_path / "mpii3d_train_db.pt")
    assert (first.joint_names, first.poses, first.has_poses) == (SPIN_49, None, None)
    assert first.has_joints3d.all()


def test_amass_is_poses_and_shape_in_one(tmp_path):
    theta = np.random.default_rng(0).uniform(-1, 1, (5, 82))
    joblib.dump({"theta": theta, "vid_name": np.array(["a", "a", "a", "b", "b"])}, tmp_path / "amass_db.pt")
    first, second = read_vibe_db(tmp_path / "amass_db.pt")
    np.testing.assert_allclose(first.poses.reshape(3, 72), theta[:3, :72], atol=1e-6)
    np.testing.assert_allclose(second.betas, theta[3, 72:], atol=1e-6)
    assert (first.frame_rate_hz, first.axes) == (25.0, "world_z_up")


def test_insta_is_hdf5_with_names_as_bytes(tmp_path):
    import h5py

    with h5py.File(tmp_path / "insta_train_db.h5", "w") as file:
        file["vid_name"] = np.array([b"v0", b"v0", b"v1"])
        file["frame_id"] = np.array([3, 4, 0])
        file["joints2D"] = np.zeros((3, 25, 3), np.float32)
        file["features"] = np.zeros((3, 2048), np.float32)
    first, second = read_vibe_db(tmp_path / "insta_train_db.h5")
    assert (first.name, second.name, first.keypoint_names) == ("v0", "v1", INSTA_25)
    assert first.frame_ids.tolist() == [3, 4]


def test_files_that_are_not_what_their_name_says_are_named(tmp_path):
    with pytest.raises(MotionDataError, match=r"other\.pt is none of VIBE's databases"):
        list(read_vibe_db(tmp_path / "other.pt"))
    with pytest.raises(MotionDataError, match=r"amass_db\.pt does not exist"):
        list(read_vibe_db(tmp_path / "amass_db.pt"))
    joblib.dump({"theta": np.zeros((2, 82))}, tmp_path / "amass_db.pt")
    with pytest.raises(MotionDataError, match="lacks vid_name"):
        list(read_vibe_db(tmp_path / "amass_db.pt"))
    joblib.dump({"theta": np.zeros((2, 82)), "vid_name": np.array(["a"])}, tmp_path / "amass_db.pt")
    with pytest.raises(MotionDataError, match=r"amass_db\.pt is damaged: its arrays have the lengths"):
        list(read_vibe_db(tmp_path / "amass_db.pt"))
    joblib.dump({**threedpw_db(), "joints3D": np.zeros((6, 13, 3))}, tmp_path / "3dpw_test_db.pt")
    with pytest.raises(MotionDataError, match=r"3dpw_test_db\.pt is damaged: downtown_00_0"):
        list(read_vibe_db(tmp_path / "3dpw_test_db.pt"))
