import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.command_line import main
from core.errors import MotionDataError
from core.motion_import.rest_pose import LIMBS, OFFSETS_M
from core.rotations import rotvec_to_rotmat
from core.skeleton import JOINT_NAMES, PARENTS
from core.training.clips import load_motion_library
from core.training.prepare.mesh2motion import RIG, is_cycle, load_animation, prepare_mesh2motion

# Blender's axes: the body faces -y, its left is +x.
HEADS = {
    "pelvis": (0, 0.05, 0.92), "spine_01": (0, 0.02, 1.02), "spine_02": (0, 0.01, 1.14), "spine_03": (0, 0.01, 1.28),
    "neck_01": (0, 0.05, 1.45), "head": (0, -0.01, 1.57),
    "clavicle_l": (0.02, -0.06, 1.42), "upperarm_l": (0.17, 0.06, 1.45), "lowerarm_l": (0.47, 0.07, 1.44),
    "hand_l": (0.75, 0.07, 1.44),
    "thigh_l": (0.09, 0, 0.93), "calf_l": (0.09, -0.02, 0.53), "foot_l": (0.09, 0.05, 0.1),
    "ball_l": (0.09, -0.11, 0.02),
}  # fmt: skip
HEADS |= {name.replace("_l", "_r"): (-x, y, z) for name, (x, y, z) in HEADS.items() if name.endswith("_l")}
PARENT = {bone: RIG.joint_bones()[JOINT_NAMES[PARENTS[JOINT_NAMES.index(joint)]]] if joint != "pelvis" else None
          for joint, bone in RIG.joint_bones().items()}  # fmt: skip
ORDER = sorted(HEADS, key=lambda bone: JOINT_NAMES.index(next(j for j, b in RIG.joint_bones().items() if b == bone)))


def animation(turns, count=25, cyclic=True):
    """Arrays of a file: turns is {bone: (3,) rotation vector, Blender's axes, swung to and fro}."""
    rng = np.random.default_rng(0)
    frames_of_bones = {bone: Rotation.random(random_state=rng.integers(99)).as_matrix() for bone in HEADS}
    rest = np.tile(np.eye(4), (len(ORDER), 1, 1))
    for row, bone in enumerate(ORDER):
        rest[row, :3, :3], rest[row, :3, 3] = frames_of_bones[bone], HEADS[bone]
    matrices = np.tile(rest, (count, 1, 1, 1))
    for frame in range(count):
        share = np.sin(2 * np.pi * frame / (count - 1)) if cyclic else frame / (count - 1)
        posed = {}
        for row, bone in enumerate(ORDER):
            turn = np.eye(4)
            turn[:3, :3] = Rotation.from_rotvec(share * np.array(turns.get(bone, (0, 0, 0)))).as_matrix()
            about, back = np.eye(4), np.eye(4)
            about[:3, 3], back[:3, 3] = HEADS[bone], -np.array(HEADS[bone])
            posed[bone] = (posed[PARENT[bone]] if PARENT[bone] else np.eye(4)) @ about @ turn @ back
            matrices[frame, row] = posed[bone] @ rest[row]
    return {
        "bones": np.array(ORDER), "rest": rest.astype(np.float32), "matrices": matrices.astype(np.float32),
        "frame_rate": np.float32(24), "action": np.array("Any"),
    }  # fmt: skip


TURNS = {
    "pelvis": (0.2, 0.1, 0.9), "spine_02": (0.3, 0.2, 0), "thigh_l": (0.8, 0.2, 0), "calf_l": (-0.9, 0, 0),
    "foot_r": (0.3, 0, 0.2), "upperarm_r": (0.2, 0.9, 0.3), "lowerarm_r": (0, 0, 0.8), "lowerarm_l": (0, 0, -0.8),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    np.savez(tmp_path / "animation-human-wave.npz", **animation(TURNS))
    np.savez(tmp_path / "animation-human-sleeping.npz", **animation(TURNS, cyclic=False))
    np.savez(tmp_path / "animation-human-levitate-idle.npz", **animation(TURNS))
    return tmp_path


def test_the_trainer_reads_the_file_and_junk_is_left_out(folder):
    output = folder / "out.npz"
    assert main(["prepare", "mesh2motion", str(folder), "--output", str(output)]) == 0
    library = load_motion_library(output)
    assert library.clip_split.tolist() == ["val", "train"]
    # One second of 24 frames: 31 at 30 Hz; the cycle is repeated to last four.
    assert library.clip_length.tolist() == [31, 121]
    assert "CC0" in library.licence


def test_limbs_point_as_in_blender(folder):
    prepare_mesh2motion(folder, folder / "out.npz", lambda _: None)
    arrays = np.load(folder / "out.npz")
    assert arrays["clip_limb_error_deg"].max() < 0.01
    rotmat = rotvec_to_rotmat(arrays["poses"][30].astype(float))
    turns = [rotmat[0]]
    for joint in range(1, 24):
        turns.append(turns[PARENTS[joint]] @ rotmat[joint])
    source = animation(TURNS, cyclic=False)
    heads = dict(zip(ORDER, source["matrices"][-1, :, :3, 3], strict=True))
    bones = RIG.joint_bones()
    for start, end in LIMBS:
        x, y, z = heads[bones[JOINT_NAMES[end]]] - heads[bones[JOINT_NAMES[start]]]
        result = turns[start] @ OFFSETS_M[end] / np.linalg.norm(OFFSETS_M[end])
        assert result == pytest.approx(np.array([x, z, -y]) / np.linalg.norm([x, y, z]), abs=1e-4)


def test_elbows_bend_about_their_own_hinge(folder):
    prepare_mesh2motion(folder, folder / "out.npz", lambda _: None)
    poses = np.load(folder / "out.npz")["poses"][30]
    rest = np.load(folder / "out.npz")["poses"][0]
    for side, sign in (("left", -1), ("right", 1)):
        bent = poses[JOINT_NAMES.index(f"{side}_elbow")] - rest[JOINT_NAMES.index(f"{side}_elbow")]
        assert bent == pytest.approx([0, sign * 0.8, 0], abs=0.1)


def test_a_cycle_ends_as_it_began():
    poses = np.zeros((10, 24, 3), np.float32)
    assert is_cycle(poses)
    poses[-1] = [0, np.deg2rad(5), 0]
    assert not is_cycle(poses)


def test_damaged_files_get_a_sentence(tmp_path):
    with pytest.raises(MotionDataError, match="holds no animation-human-"):
        prepare_mesh2motion(tmp_path, tmp_path / "out.npz", print)
    path = tmp_path / "animation-human-x.npz"
    path.write_text("no npz")
    with pytest.raises(MotionDataError, match="damaged"):
        prepare_mesh2motion(tmp_path, tmp_path / "out.npz", print)
    arrays = animation(TURNS)
    np.savez(path, **{**arrays, "bones": np.array(["bone"] * len(ORDER))})
    with pytest.raises(MotionDataError, match="unknown skeleton: it lacks pelvis"):
        load_animation(path)
    np.savez(path, **{**arrays, "matrices": arrays["matrices"] * np.nan})
    with pytest.raises(MotionDataError, match="holds no motion"):
        load_animation(path)
    assert not (tmp_path / "out.npz").exists()
