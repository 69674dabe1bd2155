import pytest

from tests.core.training.paper import tiny_run


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory):
    """A folder with the features of generated data sets, AMASS's motions and SMPL files, ready to train on."""
    return tiny_run.write_everything(tmp_path_factory.mktemp("paper"))


@pytest.fixture(scope="session")
def trained(tiny_root, tmp_path_factory):
    """The output folder of a run that nobody stopped, and what it reported."""
    output = tmp_path_factory.mktemp("trained")
    lines = []
    tiny_run.train(tiny_root, output, report=lines.append)
    return output, lines
