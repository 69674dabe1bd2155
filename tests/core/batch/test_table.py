import csv
import json

from core.batch.table import Row, count_states, format_table, write_summary

ROWS = [
    Row("a.mp4", "done", 12.34, 96, 2, "", ("a.npz", "a_person2.npz")),
    Row("longer name.mp4", "nobody found", 1.0, message="Nobody."),
    Row("=cmd|' /C calc'!A0.mp4", "failed", 0.5, message="One\nsentence, with a comma."),
]


def test_the_table_lines_up():
    lines = format_table(ROWS).splitlines()
    assert len(lines) == 4
    assert {line.index("  ", line.index(state)) > 0 for line, state in zip(lines[1:3], ["done", "nobody"], strict=True)}
    assert lines[0].split() == ["video", "state", "seconds", "frames", "people", "message"]
    assert (
        len({line.find(state) for line, state in zip(lines, ["state", "done", "nobody", "failed"], strict=True)}) == 1
    )
    assert lines[0].index("people") + len("people") == lines[1].rindex("2") + 1


def test_states_are_counted():
    assert count_states(ROWS) == {"done": 1, "failed": 1, "nobody found": 1}


def test_both_files_hold_every_row_and_no_formula(tmp_path):
    csv_path, json_path = write_summary(ROWS, tmp_path)
    with csv_path.open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    assert header == ["video", "state", "seconds", "frames", "people", "message"]
    assert lines[0] == ["a.mp4", "done", "12.34", "96", "2", ""]
    assert lines[2][0] == "'=cmd|' /C calc'!A0.mp4"
    assert lines[2][5] == "One\nsentence, with a comma."
    loaded = json.loads(json_path.read_text())
    assert loaded[2]["video"] == ROWS[2].video
    assert loaded[0]["paths"] == ["a.npz", "a_person2.npz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batch_summary.csv", "batch_summary.json"]


def test_a_name_that_is_not_text_can_be_written(tmp_path):
    write_summary([Row("caf\udce9.mp4", "failed")], tmp_path)
