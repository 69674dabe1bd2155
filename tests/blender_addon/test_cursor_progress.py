import bpy
import pytest
from jointwise_ext.blender_addon.cursor_progress import with_progress


class Cursor:
    def __init__(self):
        self.calls = []

    def progress_begin(self, low, high):
        self.calls.append(("begin", low, high))

    def progress_update(self, value):
        self.calls.append(value)

    def progress_end(self):
        self.calls.append("end")


def test_all_items_come_and_the_cursor_counts_in_hundredths():
    cursor = Cursor()
    assert list(with_progress(cursor, range(1000))) == list(range(1000))
    assert cursor.calls == [("begin", 0, 100), *range(1, 100), "end"]


def test_it_ends_where_the_work_fails():
    cursor = Cursor()

    def work():
        for item in with_progress(cursor, [1, 2, 3, 4]):
            if item == 2:
                raise ValueError

    with pytest.raises(ValueError):
        work()
    assert cursor.calls[0] == ("begin", 0, 100)
    assert cursor.calls[-1] == "end"


@pytest.mark.parametrize("items", [[], [1], ["a", "b"]])
def test_blenders_own_window_manager_takes_it(extension, items):
    assert list(with_progress(bpy.context.window_manager, items)) == items
