import io

import pytest

from core.cancellation import Cancellation
from core.errors import CancelledError


def test_the_line_cancel_is_heard():
    cancellation = Cancellation()
    cancellation._read_lines(io.StringIO("hello\n cancel \n"))
    assert cancellation.is_requested
    with pytest.raises(CancelledError):
        cancellation.check()


@pytest.mark.parametrize("text", ["", "\n", "cancelled\n", "do not cancel\n"])
def test_an_empty_or_other_stdin_means_nothing(text):
    cancellation = Cancellation()
    cancellation._read_lines(io.StringIO(text))
    cancellation.check()
