"""The generators of `tests/raw_data_sets.py` as fixtures."""

import pytest

from tests.raw_data_sets import (
    AmassFiles,
    Call,
    MpiFiles,
    Python2Pickle,
    TfRecordFiles,
    ThreedpwFiles,
    write_picture,
)


@pytest.fixture
def python2_pickle():
    return Python2Pickle()


@pytest.fixture
def call_on_load():
    return Call


@pytest.fixture
def write_picture_file():
    return write_picture


@pytest.fixture
def amass_files():
    return AmassFiles()


@pytest.fixture
def threedpw_files():
    return ThreedpwFiles()


@pytest.fixture
def mpi_files():
    return MpiFiles()


@pytest.fixture
def tf_record_files():
    return TfRecordFiles()
