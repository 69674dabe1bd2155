"""The fault suite's short form. In full: python3 dev.py faults."""

import random
import sys

import pytest

from tests.faults import hindrances, kills
from tests.faults.suite import run_groups, table

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Limits and signals of Unix.")


def odd(folder):
    """Return a folder of a name that a shell would act on."""
    made = folder / "-x $(touch canary)\n'\"ü走"
    made.mkdir()
    return made


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: kills.kill_estimates(odd(folder), 1, random.Random(3)),
        hindrances.folder_goes,
        hindrances.card_is_full,
    ],
    ids=["kill", "folder", "card"],
)
def test_the_core_survives(make):
    faults = run_groups([make], print)
    print(table(faults))
    assert [fault for fault in faults if not fault.survived] == []
