"""Files of other programs, made by hand with the right keys, become motion files that say the same."""

import io
import json
import os
import pickle
import zipfile
from collections import OrderedDict, defaultdict

import joblib
import numpy as np
import pytest

from core.body_model import load_open_body
from core.command_line import main
from core.errors import JointwiseError, MotionDataError, OptionError
from core.motion import load_motion
from core.motion_import.importer import ImportSettings, import_motion, read_people
from core.motion_import.rigs import HUMAN_IK
from core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from core.skeleton import JOINT_NAMES
from tests.stand_in_smpl import write_smpl_files

FRAME_COUNT = 12

Z_UP_FROM_Y_UP = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)
CAMERA_FROM_Y_UP = np.diag([1.0, -1.0, -1.0])


class Recorder:
    """Keeps the events."""

    def __init__(self):
        self.events = []

    def emit(self, event):
        self.events.append(event)

    def of(self, name):
        return [event for event in self.events if type(event).__name__ == name]


@pytest.fixture
def walk():
    """Axis-angle (T, 24, 3) and places (T, 3), y up: an upright body that turns, goes and swings its limbs."""
    rng = np.random.default_rng(11)
    times = np.arange(FRAME_COUNT) / 30
    poses = rng.normal(0, 0.3, (24, 3)) * np.sin(3 * times[:, None, None] + rng.uniform(0, 6, (24, 3)))
    poses[:, 0] = np.stack([0 * times, 0.3 + times, 0 * times], axis=1)
    places = np.stack([0.5 * times, 0.1 + 0 * times, 1.2 * times], axis=1)
    return poses, places


def turned(poses, axes):
    """The same poses with the root seen from other axes."""
    result = poses.copy()
    result[:, 0] = rotmat_to_rotvec(axes @ rotvec_to_rotmat(poses[:, 0]))
    return result


def convert(path, tmp_path, **options):
    recorder = Recorder()
    import_motion(ImportSettings(path, tmp_path / "motion.npz", **options), recorder)
    return load_motion(tmp_path / "motion.npz"), recorder


def assert_same_motion(motion, poses, places):
    """The motion in camera axes must be the walk (y up): rotations, and movement of the pelvis."""
    wanted = rotvec_to_rotmat(turned(poses, CAMERA_FROM_Y_UP))
    got = rotvec_to_rotmat(motion.poses.reshape(-1, 24, 3).astype(np.float64))
    assert np.abs(got[:, :22] - wanted[:, :22]).max() < 1e-5
    movement = places @ CAMERA_FROM_Y_UP.T
    assert np.abs(np.diff(motion.joints[:, 0], axis=0) - np.diff(movement, axis=0)).max() < 1e-5


def assert_is_consistent(motion):
    body = load_open_body()
    rotmat = rotvec_to_rotmat(motion.poses.reshape(-1, 24, 3).astype(np.float64))
    joints, _ = body.pose_joints(rotmat, motion.betas.astype(np.float64), motion.trans.astype(np.float64))
    assert np.abs(joints - motion.joints).max() < 1e-5


def amass(poses, places, joint_count=52):
    wide = np.zeros((FRAME_COUNT, joint_count, 3))
    wide[:, :22] = turned(poses, Z_UP_FROM_Y_UP)[:, :22]
    wide[:, 37 if joint_count == 52 else 40] = 0.25
    return {
        "poses": wide.reshape(FRAME_COUNT, -1),
        "trans": places @ Z_UP_FROM_Y_UP.T,
        "betas": np.linspace(-1, 1, 16),
        "gender": np.asarray("female"),
    }


@pytest.mark.parametrize(("joint_count", "rate_key"), [(52, "mocap_framerate"), (55, "mocap_frame_rate")])
def test_amass_in_both_layouts(walk, tmp_path, joint_count, rate_key):
    np.savez(tmp_path / "a.npz", **amass(*walk, joint_count), **{rate_key: 60.0})
    motion, recorder = convert(tmp_path / "a.npz", tmp_path)
    assert_same_motion(motion, *walk)
    assert_is_consistent(motion)
    assert motion.mocap_framerate == 60.0
    assert np.allclose(motion.timestamps, np.arange(FRAME_COUNT) / 60)
    right_hand = motion.poses.reshape(-1, 24, 3)[:, JOINT_NAMES.index("right_hand")]
    assert np.allclose(right_hand, 0.25)
    assert motion.metadata["has_camera"] is False
    assert motion.image_size == (1920, 1080)
    assert "no SMPL file is set" in recorder.of("Warning")[0].message
    assert recorder.of("Result")[0].paths == (str(tmp_path / "motion.npz"),)


def test_the_users_smpl_file_gives_the_files_own_build(walk, tmp_path):
    smpl = write_smpl_files(tmp_path / "smpl")
    arrays = {**amass(*walk), "gender": np.asarray("neutral"), "mocap_framerate": 30.0}
    np.savez(tmp_path / "a.npz", **arrays)
    motion, recorder = convert(tmp_path / "a.npz", tmp_path, smpl=smpl)
    assert (motion.body, recorder.of("Warning")) == ("smpl", [])
    assert np.allclose(motion.betas, arrays["betas"][:10])
    assert_same_motion(motion, *walk)
    np.savez(tmp_path / "b.npz", **{**arrays, "gender": np.asarray(b"male")})
    motion, recorder = convert(tmp_path / "b.npz", tmp_path, smpl=smpl)
    assert np.array_equal(motion.betas, np.zeros(10))
    assert "male SMPL body" in recorder.of("Warning")[0].message


def test_smplx_parts_with_y_up_are_recognised_by_the_posture(walk, tmp_path):
    poses, places = walk
    parts = {
        "global_orient": poses[:, 0],
        "body_pose": poses[:, 1:22].reshape(FRAME_COUNT, 63),
        "transl": places,
        "betas": np.zeros((FRAME_COUNT, 10)),
    }
    np.savez(tmp_path / "x.npz", **parts)
    motion, recorder = convert(tmp_path / "x.npz", tmp_path)
    assert_same_motion(motion, *walk)
    assert any("does not say its frame rate" in warning.message for warning in recorder.of("Warning"))
    motion, _ = convert(tmp_path / "x.npz", tmp_path, frame_rate_hz=25.0)
    assert motion.mocap_framerate == 25.0


def test_the_axis_that_points_up_can_be_given(walk, tmp_path):
    poses, places = walk
    np.savez(tmp_path / "y.npz", poses=poses.reshape(FRAME_COUNT, 72), trans=places, mocap_framerate=30.0)
    automatic, _ = convert(tmp_path / "y.npz", tmp_path)
    assert_same_motion(automatic, *walk)
    as_z, _ = convert(tmp_path / "y.npz", tmp_path, up="z")
    assert not np.allclose(as_z.poses, automatic.poses)


def vibe(poses, places, size, source="VIBE"):
    """A person as VIBE's and PARE's demos write it, by their own formulas."""
    camera = turned(poses, CAMERA_FROM_Y_UP)
    width, height = size
    boxes = np.tile([600.0, 300.0, 200.0, 200.0], (FRAME_COUNT, 1))
    crop = np.tile([0.9, 0.1, -0.2], (FRAME_COUNT, 1))
    scale_x, scale_y = crop[:, 0] * 200 / width, crop[:, 0] * 200 / height
    shift_x = (boxes[:, 0] - width / 2) / (width / 2) / scale_x + crop[:, 1]
    shift_y = (boxes[:, 1] - height / 2) / (height / 2) / scale_y + crop[:, 2]
    pose = camera.reshape(FRAME_COUNT, 72) if source == "VIBE" else rotvec_to_rotmat(camera)
    return {
        "pred_cam": crop.astype(np.float32),
        "orig_cam": np.stack([scale_x, scale_y, shift_x, shift_y], axis=1).astype(np.float32),
        "verts": np.zeros((FRAME_COUNT, 5, 3), np.float32),
        "pose": pose.astype(np.float32),
        "betas": np.zeros((FRAME_COUNT, 10), np.float32),
        "joints2d": None,
        "bboxes": boxes,
        "frame_ids": np.arange(3, 3 + FRAME_COUNT),
    }


@pytest.mark.parametrize("source", ["VIBE", "PARE"])
@pytest.mark.parametrize("compress", [0, 3])
def test_vibe_and_pare(walk, tmp_path, source, compress):
    joblib.dump({7: vibe(*walk, (1280, 720), source)}, tmp_path / "output.pkl", compress=compress)
    motion, _ = convert(tmp_path / "output.pkl", tmp_path)
    got = rotvec_to_rotmat(motion.poses.reshape(-1, 24, 3).astype(np.float64))
    assert np.abs(got - rotvec_to_rotmat(turned(walk[0], CAMERA_FROM_Y_UP))).max() < 1e-5
    assert (motion.image_size, motion.metadata["has_camera"]) == ((1280, 720), True)
    assert motion.metadata["format"] == source
    assert motion.frame_ids[0] == 3
    # The weak camera's picture of the body's origin, in pixels.
    person = vibe(*walk, (1280, 720), source)
    scale_x, scale_y, shift_x, shift_y = person["orig_cam"].astype(np.float64).T
    wanted = np.stack([640 * (1 + scale_x * shift_x), 360 * (1 + scale_y * shift_y)], axis=1)
    seen = motion.focal_length * motion.trans[:, :2] / motion.trans[:, 2:] + np.array([640, 360])
    assert np.abs(seen - wanted).max() < 1e-2


def test_wham_with_several_people(walk, tmp_path):
    poses, places = walk
    results = defaultdict(dict)
    for person, count in ((4, 5), (9, FRAME_COUNT)):
        results[person]["pose"] = turned(poses, CAMERA_FROM_Y_UP)[:count].reshape(count, 72)
        results[person]["pose_world"] = poses[:count].reshape(count, 72)
        results[person]["trans"] = results[person]["trans_world"] = places[:count]
        results[person]["betas"] = np.zeros((count, 10))
        results[person]["verts"] = np.zeros((count, 5, 3), np.float32)
        results[person]["frame_ids"] = np.arange(count)
    joblib.dump(results, tmp_path / "wham_output.pkl")
    motion, recorder = convert(tmp_path / "wham_output.pkl", tmp_path)
    assert_same_motion(motion, *walk)
    assert recorder.of("Result")[0].paths == (str(tmp_path / "motion.npz"), str(tmp_path / "motion_person2.npz"))
    assert load_motion(tmp_path / "motion_person2.npz").frame_count == 5


def phalp(poses, size=(720, 1280)):
    camera = rotvec_to_rotmat(turned(poses, CAMERA_FROM_Y_UP))
    frames = {}
    for number, rotmat in enumerate(camera):
        smpl = {"global_orient": rotmat[:1], "body_pose": rotmat[1:], "betas": np.zeros(10, np.float32)}
        lost = {**smpl, "body_pose": np.tile(np.eye(3), (23, 1, 1))}
        frames[f"img/{number + 1:06d}.jpg"] = {
            "time": number, "shot": 0, "tracked_ids": [2], "tid": [1, 2], "smpl": [lost, smpl],
            "camera": [np.array([0.0, 0.0, 20.0]), np.array([0.2, 0.1, 30.0 + number])],
            "size": [np.array(size), np.array(size)], "conf": [np.float32(0.9), np.float32(0.8)],
        }  # fmt: skip
    return frames


def test_4d_humans(walk, tmp_path):
    joblib.dump(phalp(walk[0]), tmp_path / "demo.pkl")
    motion, recorder = convert(tmp_path / "demo.pkl", tmp_path)
    got = rotvec_to_rotmat(motion.poses.reshape(-1, 24, 3).astype(np.float64))
    assert np.abs(got - rotvec_to_rotmat(turned(walk[0], CAMERA_FROM_Y_UP))).max() < 1e-5
    assert motion.image_size == (1280, 720)
    assert len(recorder.of("Result")[0].paths) == 1
    # What its lens of 5000 pixels shows is where ours shows it.
    wanted = 5000 * 0.2 / (30.0 + np.arange(FRAME_COUNT))
    assert np.abs(motion.focal_length * motion.trans[:, 0] / motion.trans[:, 2] - wanted).max() < 1e-3


def torch_archive(content, path, storages=(), extra=()):
    """Write what torch.save writes, without torch: tensors are references into numbered parts."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("results/data.pkl", content)
        archive.writestr("results/byteorder", "little")
        for key, data in enumerate(storages):
            archive.writestr(f"results/data/{key}", data)
        for name, data in extra:
            archive.writestr(name, data)


class TensorPickler(pickle.Pickler):
    """Pickles arrays as torch does tensors."""

    def __init__(self, stream):
        super().__init__(stream, protocol=2)
        self.storages = []

    def persistent_id(self, value):
        return value.reference if isinstance(value, Storage) else None

    def reducer_override(self, value):
        if not isinstance(value, np.ndarray):
            return NotImplemented
        self.storages.append(np.ascontiguousarray(value, np.float32).tobytes())
        key = str(len(self.storages) - 1)
        storage = Storage(("storage", torch_class("FloatStorage", "torch"), key, "cpu", value.size))
        strides = tuple(int(np.prod(value.shape[axis + 1 :])) for axis in range(value.ndim))
        rebuild = torch_class("_rebuild_tensor_v2", "torch._utils")
        return rebuild, (storage, 0, value.shape, strides, False, OrderedDict())


class Storage:
    def __init__(self, reference):
        self.reference = reference


def torch_class(name, module):
    torch = pytest.importorskip("torch")
    return getattr(torch._utils if module == "torch._utils" else torch, name)


def gvhmr(poses, places):
    def params(axes):
        return {
            "body_pose": poses[:, 1:22].reshape(FRAME_COUNT, 63),
            "betas": np.zeros((FRAME_COUNT, 10)),
            "global_orient": turned(poses, axes)[:, 0],
            "transl": places @ axes.T,
        }

    lens = np.tile(np.array([[1500.0, 0, 640], [0, 1500, 360], [0, 0, 1]]), (FRAME_COUNT, 1, 1))
    return {
        "smpl_params_global": params(np.eye(3)),
        "smpl_params_incam": params(CAMERA_FROM_Y_UP),
        "K_fullimg": lens,
        "net_outputs": {"static_conf_logits": np.zeros((1, FRAME_COUNT, 6))},
    }


def test_gvhmr_as_torch_saves_it(walk, tmp_path):
    torch = pytest.importorskip("torch")

    def tensors(value):
        if isinstance(value, dict):
            return {key: tensors(item) for key, item in value.items()}
        # As slices of larger tensors are kept: an offset and strides of their own.
        return torch.from_numpy(np.stack([value, value]).astype(np.float32))[1]

    torch.save(tensors(gvhmr(*walk)), tmp_path / "hmr4d_results.pt")
    motion, _ = convert(tmp_path / "hmr4d_results.pt", tmp_path)
    assert_same_motion(motion, *walk)
    assert motion.mocap_framerate == 30.0
    assert motion.metadata["format"] == "GVHMR"


def test_a_bvh_of_our_own_joints(walk, tmp_path):
    poses, places = walk
    body = load_open_body()
    rest = body.rest_joints(np.zeros(10))
    write_bvh(tmp_path / "walk.bvh", rest, poses, places)
    motion, recorder = convert(tmp_path / "walk.bvh", tmp_path)
    assert_same_motion(motion, poses, places)
    assert np.abs(motion.joints[0, 0] - CAMERA_FROM_Y_UP @ places[0]).max() < 1e-4
    assert motion.mocap_framerate == pytest.approx(30.0, abs=0.01)
    assert recorder.of("Warning") == []


def test_a_bvh_of_mixamos_skeleton_in_its_t_pose(walk, tmp_path):
    """Straight limbs along the axes, as its T-pose has them: directions of the limbs come out as they went in."""
    poses, places = walk
    rest = load_open_body().rest_joints(np.zeros(10))
    names = {joint: f"mixamorig:{bone}" for joint, bone in HUMAN_IK.joint_bones().items()}
    names |= {"left_hand": "mixamorig:LeftHandIndex1", "right_hand": "mixamorig:RightHandIndex1"}
    write_bvh(tmp_path / "walk.bvh", 100 * rest, poses, 100 * places, names)
    motion, _ = convert(tmp_path / "walk.bvh", tmp_path)
    body = load_open_body()
    wanted, _ = body.pose_joints(rotvec_to_rotmat(turned(poses, CAMERA_FROM_Y_UP)), np.zeros(10), places)
    for start, end in [("left_knee", "left_ankle"), ("right_shoulder", "right_elbow"), ("left_elbow", "left_wrist")]:
        a, b = JOINT_NAMES.index(start), JOINT_NAMES.index(end)
        got_bone, wanted_bone = motion.joints[:, b] - motion.joints[:, a], wanted[:, b] - wanted[:, a]
        cosine = (got_bone * wanted_bone).sum(axis=-1)
        cosine /= np.linalg.norm(got_bone, axis=-1) * np.linalg.norm(wanted_bone, axis=-1)
        # The open body's limbs lie up to 7 degrees off the generic skeleton's, between which the transfer goes.
        assert np.degrees(np.arccos(cosine.clip(-1, 1))).max() < 8.0


def write_bvh(path, rest, poses, places, names=None):
    from scipy.spatial.transform import Rotation

    from core.skeleton import PARENTS

    lines, order = ["HIERARCHY"], []

    def write(joint, indent):
        order.append(joint)
        parent = PARENTS[joint]
        offset = rest[joint] - rest[parent] if parent >= 0 else np.zeros(3)
        channels = "6 Xposition Yposition Zposition" if parent < 0 else "3"
        lines.append(
            f"{indent}{'ROOT' if parent < 0 else 'JOINT'} {(names or {}).get(JOINT_NAMES[joint], JOINT_NAMES[joint])}"
        )
        lines.append(f"{indent}{{\n{indent} OFFSET {' '.join(map(str, offset))}")
        lines.append(f"{indent} CHANNELS {channels} Zrotation Xrotation Yrotation")
        children = [child for child in range(24) if PARENTS[child] == joint]
        for child in children:
            write(child, f"{indent} ")
        if not children:
            lines.append(f"{indent} End Site\n{indent} {{\n OFFSET 0 0 0\n{indent} }}")
        lines.append(f"{indent}}}")

    write(0, "")
    lines += ["MOTION", f"Frames: {len(poses)}", f"Frame Time: {1 / 30:.7f}"]
    for pose, place in zip(poses, places, strict=True):
        angles = [Rotation.from_rotvec(pose[joint]).as_euler("ZXY", degrees=True) for joint in order]
        lines.append(" ".join(map(str, [*place, *np.concatenate(angles)])))
    path.write_text("\n".join(lines) + "\n")


def test_the_hostile_are_refused_and_not_run(tmp_path, call_on_load, walk):
    trap = tmp_path / "trap"
    hostile = {0: {"pose": call_on_load(os.mkdir, (str(trap),))}}
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps(hostile))
    joblib.dump(hostile, tmp_path / "packed.pkl", compress=3)
    torch_archive(pickle.dumps(hostile), tmp_path / "torch.pt")
    np.savez(tmp_path / "objects.npz", poses=np.array([call_on_load(os.mkdir, (str(trap),))], object))
    for name in ("plain.pkl", "packed.pkl", "torch.pt"):
        with pytest.raises(MotionDataError, match=r"nothing in it was run"):
            read_people(tmp_path / name)
    with pytest.raises(MotionDataError, match="none of the results"):
        read_people(tmp_path / "objects.npz")
    assert not trap.exists()


def test_a_tensor_larger_than_its_numbers_is_refused(tmp_path, walk):
    stream = io.BytesIO()
    pickler = TensorPickler(stream)
    pickler.dump({"smpl_params_global": {"transl": np.zeros((4, 3))}})
    torch_archive(stream.getvalue(), tmp_path / "short.pt", [data[:-4] for data in pickler.storages])
    with pytest.raises(MotionDataError, match="larger than its numbers"):
        read_people(tmp_path / "short.pt")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.pkl", b"", "damaged, cut off or no pickle"),
        ("text.pkl", b"hello world", "damaged, cut off or no pickle"),
        ("list.pkl", pickle.dumps([1, 2]), "none of the results that can be imported"),
        ("cut.npz", b"PK\x03\x04abc", "damaged or cut off"),
        ("cut.bvh", b"HIERARCHY\nROOT Hips\n{\n", "not a BVH file"),
        ("poses.pkl", pickle.dumps({"poses": np.zeros((3, 7)), "trans": np.zeros((3, 3))}), r"\(T, 72\)"),
        ("place.pkl", pickle.dumps({"poses": np.zeros((3, 72))}), "no place of the body"),
        ("none.pkl", pickle.dumps({"poses": np.zeros((0, 72)), "trans": np.zeros((0, 3))}), "no frames"),
        ("fewer.pkl", pickle.dumps({"poses": np.zeros((3, 72)), "trans": np.zeros((2, 3))}), "translations have"),
        ("nan.pkl", pickle.dumps({"poses": np.full((3, 72), np.nan), "trans": np.zeros((3, 3))}), "not finite"),
        ("vibe.pkl", pickle.dumps({1: {"pose": np.zeros((3, 72))}}), "lacks orig_cam, pred_cam, bboxes"),
        ("wham.pkl", pickle.dumps({1: {"pose": np.zeros((3, 72)), "trans_world": np.zeros((3, 3))}}), "another layout"),
        ("gvhmr.pkl", pickle.dumps({"smpl_params_global": {}}), "GVHMR result without"),
    ],
)
def test_bad_files_are_named_in_a_sentence(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MotionDataError, match=sentence):
        convert(tmp_path / name, tmp_path)
    assert not (tmp_path / "motion.npz").exists()


def test_other_refusals(tmp_path, walk):
    with pytest.raises(MotionDataError, match="cannot be read"):
        convert(tmp_path / "nowhere.pkl", tmp_path)
    np.savez(tmp_path / "a.npz", **amass(*walk), mocap_framerate=30.0)
    with pytest.raises(OptionError, match="frame rate of -1 is impossible"):
        convert(tmp_path / "a.npz", tmp_path, frame_rate_hz=-1.0)
    with pytest.raises(JointwiseError, match="overwrite the input"):
        import_motion(ImportSettings(tmp_path / "a.npz", tmp_path / "a.npz"), Recorder())
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(MotionDataError, match="not a result that PyTorch saved"):
        read_people(tmp_path / "other.zip")


def test_our_own_motion_file_is_told(tmp_path, walk):
    np.savez(tmp_path / "a.npz", **amass(*walk), mocap_framerate=30.0)
    convert(tmp_path / "a.npz", tmp_path)
    with pytest.raises(MotionDataError, match="is a Jointwise motion file already"):
        read_people(tmp_path / "motion.npz")


def test_the_command_line(walk, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **amass(*walk), mocap_framerate=30.0)
    assert main(["import", str(tmp_path / "a.npz"), "--output", str(tmp_path / "o.npz"), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["type"] for event in events] == ["hello", "status", "warning", "result"]
    assert load_motion(tmp_path / "o.npz").frame_count == FRAME_COUNT
    (tmp_path / "bad.pkl").write_bytes(b"no pickle")
    assert main(["import", str(tmp_path / "bad.pkl"), "--output", str(tmp_path / "p.npz")]) == 2
    assert "bad.pkl is damaged, cut off or no pickle" in capsys.readouterr().err
