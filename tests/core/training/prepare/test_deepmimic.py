import json
import zipfile

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from core.command_line import main
from core.errors import MotionDataError
from core.motion_import.rest_pose import LIMBS, OFFSETS_M
from core.rotations import rotvec_to_rotmat
from core.skeleton import JOINT_NAMES, PARENTS
from core.training.clips import load_motion_library
from core.training.prepare.deepmimic import find_clips, prepare_deepmimic
from core.training.prepare.deepmimic_clip import COLUMN_COUNT, JOINTS, read_humanoid_motion

BALLS = {
    "root": 4, "chest": 8, "neck": 12, "right_hip": 16, "right_ankle": 21, "right_shoulder": 25, "left_hip": 30,
    "left_ankle": 35, "left_shoulder": 39,
}  # fmt: skip
HINGES = {"right_knee": 20, "right_elbow": 29, "left_knee": 34, "left_elbow": 43}
CHAINS = {
    side: [
        ("root", f"{side}_hip", f"{side}_knee", f"{side}_ankle"),
        ("root", "chest", f"{side}_shoulder", f"{side}_elbow"),
    ]
    for side in ("left", "right")
}


def frames_of(turns, duration_s=1 / 60, position=(0.0, 0.85, 0.0)):
    """Frames of the file: turns is {joint: (T, 3) rotation vectors or (T,) angles}; what it lacks is at rest."""
    count = len(next(iter(turns.values())))
    frames = np.zeros((count, COLUMN_COUNT))
    frames[:, 0] = duration_s
    frames[:, 1:4] = position
    for joint, first in BALLS.items():
        quaternions = Rotation.from_rotvec(turns.get(joint, np.zeros((count, 3)))).as_quat()
        frames[:, first : first + 4] = np.roll(quaternions, 1, axis=1)
    for joint, first in HINGES.items():
        frames[:, first] = turns.get(joint, np.zeros(count))
    frames[-1, 0] = 0
    return frames


def clip_text(frames, loop="none"):
    return json.dumps({"Loop": loop, "Frames": frames.tolist()})


def swinging_turns(count=61, seed=0):
    rng = np.random.default_rng(seed)
    wave = np.sin(np.linspace(0, 3, count)[:, None] + rng.uniform(0, 3, 3))
    turns = {joint: rng.uniform(0.2, 0.6, 3) * wave for joint in BALLS}
    turns |= {joint: (-1 if "knee" in joint else 1) * (0.8 + 0.5 * wave[:, 0]) for joint in HINGES}
    return turns


def converted(tmp_path, clips):
    folder = tmp_path / "motions"
    folder.mkdir(exist_ok=True)
    for name, text in clips.items():
        (folder / f"humanoid3d_{name}.txt").write_text(text)
    prepare_deepmimic(folder, tmp_path / "out.npz", lambda _: None)
    return dict(np.load(tmp_path / "out.npz"))


def global_turns(arrays, row):
    """Naive chain of local rotations."""
    rotmat = rotvec_to_rotmat(arrays["poses"][row].astype(float))
    turns = [rotmat[0]]
    for joint in range(1, 24):
        turns.append(turns[PARENTS[joint]] @ rotmat[joint])
    return turns


def naive_limbs(turns, row):
    """Direction of each upper and lower limb in the file's own axes: all hang straight down at rest."""

    def turn(joint):
        value = turns[joint][row]
        return Rotation.from_rotvec(value if np.ndim(value) else [0, 0, value])

    limbs = {}
    for side, chains in CHAINS.items():
        for chain in chains:
            total = Rotation.identity()
            for joint in chain:
                total = total * turn(joint)
                if joint.endswith(("hip", "knee", "shoulder", "elbow")) and joint.startswith(side):
                    limbs[joint] = total.apply([0, -1, 0])
    return limbs


def test_limbs_point_where_they_point_in_the_file(tmp_path):
    turns = swinging_turns()
    arrays = converted(tmp_path, {"any": clip_text(frames_of(turns))})
    for row in (0, 7, 30):
        limbs, result = naive_limbs(turns, 2 * row), global_turns(arrays, row)
        for start, end in LIMBS:
            name = JOINT_NAMES[start]
            if name in limbs:
                forward, up, right = limbs[name]
                bone = result[start] @ OFFSETS_M[end] / np.linalg.norm(OFFSETS_M[end])
                assert bone == pytest.approx([-right, up, forward], abs=1e-5)


def test_knees_bend_backwards_elbows_forwards_and_only_about_their_hinge(tmp_path):
    count = 5
    turns = {"left_knee": np.full(count, -1.0), "right_elbow": np.full(count, 0.7), "left_elbow": np.full(count, 0.7)}
    arrays = converted(tmp_path, {"any": clip_text(frames_of(turns))})
    poses = arrays["poses"][0]
    knee = poses[JOINT_NAMES.index("left_knee")]
    # The generic thigh leans four degrees outwards, its shin six the other way.
    assert knee == pytest.approx([1.0, 0, 0], abs=0.11)
    for side, sign in (("left", -1), ("right", 1)):
        assert poses[JOINT_NAMES.index(f"{side}_elbow")] == pytest.approx([0, sign * 0.7, 0], abs=0.06)


def test_the_rest_pose_stands_upright_faces_forward_and_keeps_its_soles_flat(tmp_path):
    arrays = converted(tmp_path, {"any": clip_text(frames_of({"chest": np.zeros((5, 3))}))})
    turns = global_turns(arrays, 0)
    for name in ("pelvis", "spine3", "head"):
        assert turns[JOINT_NAMES.index(name)] == pytest.approx(np.eye(3), abs=1e-6)
    for name in ("left_ankle", "right_ankle"):
        assert turns[JOINT_NAMES.index(name)] @ OFFSETS_M[10] == pytest.approx(OFFSETS_M[10], abs=0.01)
    arm = turns[JOINT_NAMES.index("left_shoulder")] @ [1, 0, 0]
    assert arm[1] < -0.99


def test_the_floor_lies_at_zero_and_forward_stays_forward(tmp_path):
    frames = frames_of({"chest": np.zeros((31, 3))}, duration_s=1 / 30)
    frames[:, 1] = np.linspace(0, 2, 31)
    arrays = converted(tmp_path, {"any": clip_text(frames)})
    moved = arrays["trans"][-1] - arrays["trans"][0]
    # The generic legs are 4 % shorter than the humanoid's.
    assert moved == pytest.approx([0, 0, 1.93], abs=0.03)
    assert arrays["trans"][0, 1] == pytest.approx(0.945, abs=0.02)


def test_uneven_durations_are_slerped_to_30_hz():
    turns = {"chest": np.array([[0, 0, 0], [0, 0, 0.3], [0, 0, 1.2], [0, 0.5, 1.2]])}
    frames = frames_of(turns)
    frames[:, 0] = [0.1, 0.2, 0.1, 0]
    motion = read_humanoid_motion(clip_text(frames), "any", 30.0)
    expected = Slerp([0, 0.1, 0.3, 0.4], Rotation.from_rotvec(turns["chest"]))(np.arange(13) / 30)
    expected = Rotation.from_rotvec(expected.as_rotvec()[:, [2, 1, 0]] * [-1, 1, 1])
    assert motion.rotmat[:, JOINTS.index("chest")] == pytest.approx(expected.as_matrix(), abs=1e-6)


def test_only_cyclic_clips_are_repeated(tmp_path):
    text = frames_of({"chest": np.zeros((31, 3))}, duration_s=1 / 30)
    arrays = converted(tmp_path, {"once": clip_text(text), "walk": clip_text(text, "wrap")})
    assert arrays["clip_len"].tolist() == [31, 121]


def test_the_wheel_and_its_folder_give_the_same_clips(tmp_path):
    text = clip_text(frames_of({"chest": np.zeros((5, 3))}))
    files = {
        "data/motions/humanoid3d_punch.txt": text,
        "data/motions/walker/0walk_forward.txt": text,
        "data/motions/laikago_walk.txt": "{}",
        "args/train_humanoid3d_punch_args.txt": "--scene imitate",
    }
    with zipfile.ZipFile(tmp_path / "pybullet.whl", "w") as archive:
        for name, content in files.items():
            archive.writestr(f"pybullet_data/{name}", content)
            path = tmp_path / "folder" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    expected = {"punch": text, "walker_walk_forward": text}
    assert find_clips(tmp_path / "pybullet.whl") == find_clips(tmp_path / "folder") == expected


def test_the_trainer_reads_the_file_and_the_split_is_fixed(tmp_path):
    text = clip_text(frames_of({"chest": np.zeros((61, 3))}))
    folder = tmp_path / "motions"
    folder.mkdir()
    for name in ("punch", "run", "roll"):
        (folder / f"humanoid3d_{name}.txt").write_text(text)
    output = tmp_path / "out.npz"
    assert main(["prepare", "deepmimic", str(folder), "--output", str(output)]) == 0
    library = load_motion_library(output)
    assert library.frame_rate == 30.0
    assert library.clip_split.tolist() == ["val", "train", "train"]
    assert len(set(library.clip_subject.tolist())) == 3
    assert "MIT" in library.licence


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not json", "no motion"),
        ('{"Loop": "wrap"}', "no motion"),
        ('{"Frames": [[0.1, 1, 2], [0.1, 1, 2]]}', "44 numbers"),
        (clip_text(frames_of({"chest": np.zeros((5, 3))}, duration_s=0.0)), "without a duration"),
    ],
)
def test_damaged_clips_get_a_sentence_and_leave_no_file(tmp_path, text, reason):
    with pytest.raises(MotionDataError, match=reason):
        converted(tmp_path, {"any": text})
    assert not (tmp_path / "out.npz").exists()


def test_wrong_sources_get_a_sentence(tmp_path):
    with pytest.raises(MotionDataError, match=r"nowhere\.whl does not exist"):
        find_clips(tmp_path / "nowhere.whl")
    (tmp_path / "broken.whl").write_text("no zip")
    with pytest.raises(MotionDataError, match="is no wheel"):
        find_clips(tmp_path / "broken.whl")
    with pytest.raises(MotionDataError, match="holds no humanoid3d"):
        find_clips(tmp_path)
