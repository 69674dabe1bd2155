import pytest
from jointwise_ext.blender_addon.panels import progress_text
from jointwise_ext.core.protocol import Status


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (Status("track", 34, 96, 72.4), "Finding people  ·  34 / 96  ·  1:12 left"),
        (Status("start"), "Starting"),
        (Status("of_the_future", 1, 2), "Of the future  ·  1 / 2"),
        (Status("track", 95, 96, -0.3), "Finding people  ·  95 / 96  ·  0:00 left"),
    ],
)
def test_progress_is_told_in_words(status, text):
    assert progress_text(status) == text
