"""Fixtures of small motion-capture files."""

import pytest

from tests.core.training.prepare.recordings import AsfAmcFiles, BvhFiles


@pytest.fixture
def asf_amc():
    return AsfAmcFiles()


@pytest.fixture
def bvh_files():
    return BvhFiles()
