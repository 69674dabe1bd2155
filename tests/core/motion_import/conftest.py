"""Hostile and old pickles, and BVH files, by the generators of the training's tests."""

import pytest

from tests.raw_data_sets import Call, Python2Pickle


@pytest.fixture
def python2_pickle():
    return Python2Pickle()


@pytest.fixture
def call_on_load():
    return Call
