import dataclasses
import pickle

import numpy as np
import pytest
from blender_addon_synthetic import body_model, synthetic_motion
from jointwise_ext.blender_addon.motion_body import find_bodies
from jointwise_ext.blender_addon.rest_pose import shape_body
from jointwise_ext.core.body_file import load_body_file, open_body_path

from tests.stand_in_smpl import smpl_content


@pytest.fixture
def smpl_motion(smpl_file):
    return synthetic_motion(frame_count=3, smpl_file=smpl_file)


def mean_foot_heights():
    return shape_body(load_body_file(open_body_path()), np.zeros(10)).foot_landmark_heights


def test_each_motion_gets_the_body_that_it_was_made_with_in_its_shape(smpl_motion, smpl_file):
    bodies = find_bodies([smpl_motion, synthetic_motion(frame_count=3)], smpl_file)
    assert [(body.body_file.name, body.problem) for body in bodies] == [("smpl", ""), ("open", "")]
    for body, own_file in zip(bodies, (smpl_file, None), strict=True):
        expected = body_model(own_file).rest_vertices(smpl_motion.betas)
        assert np.abs(body.shaped.vertices - expected).max() < 1e-5
        assert np.abs(body.joints - body.shaped.joints).max() < 1e-4


def test_a_pickle_serves_as_an_npz_does(smpl_motion, tmp_path):
    path = tmp_path / "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl"
    path.write_bytes(pickle.dumps(smpl_content(), protocol=2))
    [body] = find_bodies([smpl_motion], path)
    assert (body.body_file.name, body.problem) == ("smpl", "")


@pytest.mark.parametrize("case", ["not set", "missing", "damaged", "another body's"])
def test_where_the_smpl_file_does_not_serve_the_note_says_why(smpl_motion, tmp_path, case):
    path = tmp_path / "SMPL_NEUTRAL.npz"
    if case == "damaged":
        path.write_text("text")
    elif case == "another body's":
        np.savez(path, **smpl_content(seed=1))
    [body] = find_bodies([smpl_motion], None if case == "not set" else path)
    start = "was made with the SMPL body: it has no mesh"
    assert body.problem.startswith(
        {
            "not set": f"{start}, because no SMPL File is set in the add-on's preferences.",
            "missing": f"{start}. The SMPL file {path} does not exist.",
            "damaged": f"{start}. {path} is not an SMPL pickle",
            "another body's": "was made with another body than the bundled one: it has no mesh.",
        }[case]
    )
    assert body.body_file is None


def test_an_smpl_file_that_no_motion_needs_is_not_read(tmp_path):
    [body] = find_bodies([synthetic_motion(frame_count=3)], tmp_path / "missing.npz")
    assert (body.body_file.name, body.problem) == ("open", "")


@pytest.mark.parametrize("betas", [0.0, 3.0])
def test_feet_of_an_unknown_body_are_the_mean_bodys_whatever_its_betas(smpl_motion, betas):
    strange = dataclasses.replace(smpl_motion, betas=np.full(10, betas, np.float32))
    [body] = find_bodies([strange], None)
    assert np.allclose(body.shaped.foot_landmark_heights, mean_foot_heights(), atol=1e-9)
