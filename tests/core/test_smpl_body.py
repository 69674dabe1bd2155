from types import SimpleNamespace

import pytest

from core.body_model import load_open_body
from core.errors import BodyFileError
from core.smpl_body import load_body_of
from tests.stand_in_smpl import write_smpl_files


def motion(body, gender="neutral"):
    return SimpleNamespace(body=body, gender=gender)


def test_a_motion_on_the_open_body_needs_no_file():
    assert load_body_of(motion("open"), None) is load_open_body()


def test_a_motion_on_smpls_body_takes_the_users_file(tmp_path):
    body = load_body_of(motion("smpl", "female"), write_smpl_files(tmp_path, "SMPL_FEMALE.npz"))
    assert (body.body_file.name, len(body.body_file.v_template)) == ("smpl", 6890)


def test_a_motion_on_smpls_body_without_a_file_asks_for_it():
    with pytest.raises(BodyFileError, match="--smpl"):
        load_body_of(motion("smpl"), None)


def test_mixed_up_genders_are_named(tmp_path):
    path = write_smpl_files(tmp_path, "SMPL_MALE.npz")
    with pytest.raises(BodyFileError, match=r"SMPL_MALE\.npz is the male .* neutral"):
        load_body_of(motion("smpl"), path)
