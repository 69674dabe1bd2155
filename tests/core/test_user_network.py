"""A tiny network of a user: every output is an affine function of the crop's mean colour."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import EngineError, OptionError
from core.rotations import rot6d_to_rotmat, rotmat_to_rot6d, rotvec_to_rotmat
from core.skeleton import JOINT_NAMES, LANDMARK_NAMES
from core.user_network import load_user_network
from core.user_network_file import read_user_network_file

onnx = pytest.importorskip("onnx")

SIDE = 16
INPUT = f"[input]\nside = {SIDE}\n"
ROTATIONS = '[rotations]\noutput = "pose"\nformat = "rot6d"\n'
LANDMARKS = '[landmarks]\noutput = "j"\naxes = "camera"\n'


def write_network(path: Path, outputs: dict[str, np.ndarray], *, layout="NCHW", batch="N", colour=(0, 0, 0)):
    """Write a network whose outputs have these rows for any crop, plus `colour` times the input's mean colour."""
    helper, from_array = onnx.helper, onnx.numpy_helper.from_array
    shape = [batch, 3, SIDE, SIDE] if layout == "NCHW" else [batch, SIDE, SIDE, 3]
    axes = [2, 3] if layout == "NCHW" else [1, 2]
    nodes = [helper.make_node("ReduceMean", ["image", "axes"], ["mean"], keepdims=0)]
    constants = [from_array(np.array(axes, np.int64), "axes")]
    for name, row in outputs.items():
        bias = np.asarray(row, np.float32)
        constants += [
            from_array(np.tile(np.array(colour, np.float32)[:, None], bias.size), f"{name}_weight"),
            from_array(bias.reshape(-1), f"{name}_bias"),
            from_array(np.array([-1, *bias.shape], np.int64), f"{name}_shape"),
        ]
        nodes += [
            helper.make_node("Gemm", ["mean", f"{name}_weight", f"{name}_bias"], [f"{name}_flat"]),
            helper.make_node("Reshape", [f"{name}_flat", f"{name}_shape"], [name]),
        ]
    values = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs]
    image = helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "tiny", [image], values, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)


def write_file(folder: Path, text: str) -> Path:
    path = folder / "net.toml"
    path.write_text(f'file = "net.onnx"\nlicence = "MIT"\n{text}')
    return path


def load(folder: Path, text: str):
    return load_user_network(write_file(folder, text), "cpu", 1)


def crops(count=3):
    return np.random.default_rng(0).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def rotvec():
    return np.random.default_rng(1).normal(0, 1, (24, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "convert"),
    [
        ("rotmat", lambda rotmat, rotvec: rotmat),
        ("rot6d", lambda rotmat, rotvec: rotmat_to_rot6d(rotmat)),
        ("rot6d_columns", lambda rotmat, rotvec: np.concatenate([rotmat[..., 0], rotmat[..., 1]], axis=-1)),
        ("axis_angle", lambda rotmat, rotvec: rotvec.reshape(72)),
    ],
)
def test_every_format_of_rotations_gives_the_same_pose(tmp_path, rotvec, name, convert):
    rotmat = rotvec_to_rotmat(rotvec)
    write_network(tmp_path / "net.onnx", {"pose": convert(rotmat, rotvec)})
    output = load(tmp_path, f'{INPUT}[rotations]\noutput = "pose"\nformat = "{name}"\n').run(crops())
    assert output.rot6d.shape == (3, 24, 6)
    np.testing.assert_allclose(rot6d_to_rotmat(output.rot6d[2]), rotmat, atol=1e-5)
    assert output.landmarks is None
    assert output.betas is None


def test_root_and_body_may_be_two_outputs_and_joints_may_be_missing_or_ignored(tmp_path, rotvec):
    outputs = {"root": rotvec[:1], "body": rotvec[1:4], "shape": np.arange(16), "cam": [0.9, 1, 2]}
    write_network(tmp_path / "net.onnx", outputs)
    table = (
        'output = ["root", "body"]\nformat = "axis_angle"\nbetas = "shape"\nweak_camera = "cam"\n'
        'joint_order = ["pelvis", "right_elbow", "-", "left_hip"]\n'
    )
    output = load(tmp_path, f"{INPUT}[rotations]\n{table}").run(crops(2))
    rotmat = rot6d_to_rotmat(output.rot6d[0])
    expected = np.tile(np.eye(3), (24, 1, 1))
    for name, row in (("pelvis", 0), ("right_elbow", 1), ("left_hip", 3)):
        expected[JOINT_NAMES.index(name)] = rotvec_to_rotmat(rotvec[row])
    np.testing.assert_allclose(rotmat, expected, atol=1e-5)
    np.testing.assert_array_equal(output.betas, np.tile(np.arange(10.0), (2, 1)))
    np.testing.assert_allclose(output.weak_camera[1], [0.9, 1, 2])


def test_landmarks_come_to_metres_camera_axes_and_the_hips(tmp_path):
    points = np.array([[-100, 900, 0], [100, 900, 20], [5, 5, 5], [0, 1700, 300]], np.float32)
    write_network(tmp_path / "net.onnx", {"joints": points})
    order = '["left_hip", "right_hip", "-", "nose"]'
    table = f'output = "joints"\nunit = "mm"\naxes = "y_up"\njoint_order = {order}\n'
    output = load(tmp_path, f"{INPUT}[landmarks]\n{table}").run(crops(1))
    nose, left_hip = (output.landmarks[0, LANDMARK_NAMES.index(name)] for name in ("nose", "left_hip"))
    np.testing.assert_allclose(nose, [0, -0.8, -0.29], atol=1e-6)
    np.testing.assert_allclose(left_hip, [-0.1, 0, 0.01], atol=1e-6)
    assert np.isnan(output.landmarks[0]).all(axis=1).sum() == 30


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("batch", ["N", 1, 2])
def test_layout_channel_order_normalisation_and_batches(tmp_path, layout, batch):
    outputs = {"pose": np.zeros((24, 6)), "shape": np.zeros(10)}
    write_network(tmp_path / "net.onnx", outputs, layout=layout, batch=batch, colour=[1, 10, 100])
    image = f'{INPUT}layout = "{layout}"\nchannel_order = "BGR"\nmean = [0.1, 0.2, 0.3]\nstd = [1, 2, 4]\n'
    output = load(tmp_path, f'{image}{ROTATIONS}betas = "shape"\n').run(crops(5))
    mean_bgr = (crops(5)[..., ::-1].mean(axis=(1, 2)) / 255 - [0.1, 0.2, 0.3]) / [1, 2, 4]
    np.testing.assert_allclose(output.betas[:, 3], mean_bgr @ [1, 10, 100], atol=1e-4)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", r"needs one of the tables \[rotations\] and \[landmarks\]"),
        ('[rotations]\noutput = "pose"\n', "lacks the entry format"),
        ('[rotations]\noutput = "pose"\nformat = "euler"\n', "known are rotmat, rot6d"),
        (f'{ROTATIONS}joint_order = ["hip"]\n', "unknown names in joint_order: hip"),
        (f'{ROTATIONS}joint_order = ["head", "head"]\n', "twice in joint_order: head"),
        (f'{ROTATIONS}joint_order = ["-"]\n', "no joint"),
        (f'{ROTATIONS}beta = "x"\n', "unknown entries: beta"),
        (f"[input]\nmeans = [1]\n{ROTATIONS}", r"\[input\].*unknown entries: means"),
        (f"[input]\nstd = [1, 0, 1]\n{ROTATIONS}", "positive numbers for std"),
        (f'{LANDMARKS}unit = "m"\njoint_order = ["nose"]\n', "needs left_hip and right_hip"),
        (LANDMARKS, "lacks the entry unit"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path, text, phrase):
    (tmp_path / "net.onnx").write_bytes(b"")
    with pytest.raises(OptionError, match=phrase):
        read_user_network_file(write_file(tmp_path, text))


def test_a_licence_must_be_stated_and_the_network_be_there(tmp_path):
    (tmp_path / "net.toml").write_text('file = "net.onnx"\n[rotations]\noutput = "p"\nformat = "rot6d"\n')
    with pytest.raises(OptionError, match="lacks the entry licence"):
        read_user_network_file(tmp_path / "net.toml")
    with pytest.raises(OptionError, match=r"net\.onnx, which does not exist"):
        read_user_network_file(write_file(tmp_path, '[rotations]\noutput = "p"\nformat = "rot6d"\n'))


def test_what_does_not_fit_the_network_is_named(tmp_path):
    write_network(tmp_path / "net.onnx", {"pose": np.zeros((23, 6)), "bad": np.full((24, 6), np.nan)})
    with pytest.raises(OptionError, match="has no output poses; it has pose, bad"):
        load(tmp_path, f'{INPUT}[rotations]\noutput = "poses"\nformat = "rot6d"\n')
    with pytest.raises(OptionError, match=r"the description makes it \[3, 224, 224\]"):
        load(tmp_path, '[rotations]\noutput = "pose"\nformat = "rot6d"\n')
    with pytest.raises(OptionError, match="this needs a network with one"):
        load(tmp_path, f'{INPUT}name = "img"\n[rotations]\noutput = "pose"\nformat = "rot6d"\n')
    with pytest.raises(EngineError, match="has 23 joints; joint_order names 24"):
        load(tmp_path, f'{INPUT}[rotations]\noutput = "pose"\nformat = "rot6d"\n').run(crops())
    with pytest.raises(EngineError, match="no multiple of 9"):
        load(tmp_path, f'{INPUT}[rotations]\noutput = "pose"\nformat = "rotmat"\n').run(crops())
    with pytest.raises(EngineError, match="not finite"):
        load(tmp_path, f'{INPUT}[rotations]\noutput = "bad"\nformat = "rot6d"\n').run(crops())


def test_a_damaged_network_is_one_sentence(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"nonsense")
    with pytest.raises(EngineError, match="cannot be opened"):
        load(tmp_path, '[rotations]\noutput = "pose"\nformat = "rot6d"\n')
