import pytest

from core.errors import OptionError
from core.toml_table import TomlTable


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(
        'word = "x"\nempty = ""\nlist = ["a", "b"]\nten = 10\nyes = true\nthree = [1, 2.5, 3]\n[part]\nx = 1\n'
    )
    return TomlTable.open(path, "See the page.")


def test_entries_are_read(table):
    assert table.text("word") == "x"
    assert table.text("none", "default") == "default"
    assert table.texts("list") == ("a", "b")
    assert table.texts("word") == ("x",)
    assert table.number("ten", 0, 20) == 10.0
    assert table.numbers("three", 3) == (1.0, 2.5, 3.0)
    assert table.choice("word", ("x", "y")) == "x"
    assert table.table("part").number("x", 0, 1) == 1.0


@pytest.mark.parametrize(
    ("read", "phrase"),
    [
        (lambda table: table.text("none"), "lacks the entry none"),
        (lambda table: table.text("empty"), "needs a text for empty"),
        (lambda table: table.text("ten"), "needs a text for ten, not 10"),
        (lambda table: table.texts("three"), "list of texts, for three"),
        (lambda table: table.number("ten", 0, 9), "from 0 to 9 for ten, not 10"),
        (lambda table: table.number("yes", 0, 9), "for yes, not True"),
        (lambda table: table.numbers("three", 2), "list of 2 numbers"),
        (lambda table: table.choice("word", ("y", "z")), "has 'x' for word; known are y, z"),
        (lambda table: table.table("ten"), r"needs a table called \[ten\]"),
        (lambda table: table.table("part").text("name"), r"The table \[part\] of .*a.toml lacks the entry name"),
    ],
)
def test_mistakes_are_sentences(table, read, phrase):
    with pytest.raises(OptionError, match=phrase) as caught:
        read(table)
    assert str(caught.value).endswith("See the page.")


def test_what_nobody_asked_for_is_named(table):
    table.text("word")
    table.text("empty", "")
    table.texts("list")
    table.number("ten", 0, 10)
    table.numbers("three", 3)
    with pytest.raises(OptionError, match="unknown entries: part, yes; known are"):
        table.check_all_read()


def test_other_files_are_sentences(tmp_path):
    with pytest.raises(OptionError, match="does not exist"):
        TomlTable.open(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = = 1")
    with pytest.raises(OptionError, match="cannot be read as TOML"):
        TomlTable.open(tmp_path / "bad.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OptionError, match="cannot be read as TOML"):
        TomlTable.open(tmp_path / "binary.toml")
