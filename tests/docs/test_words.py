"""What the guide says about the program is in the program: controls, messages, fields, and commands."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from docs.site.pages import DOCS, all_pages
from docs.site.render import parse

ROOT = DOCS.parent
GUIDE = sorted(DOCS.glob("guide/*.md"))
MESSAGE = re.compile(r"“([^”]+)”")
NUMBER = re.compile(r"^[-+]?[\d.,]+( ?(mm|s|ms|min|%|MB|kB|GB))?$")
COMMAND = re.compile(r"dev\.py|python -m core|pip download|evaluate|`(train|prepare|calibrate|ablate)\b")
FOREIGN = {"pip", "npm", "du", "export", "ray", "cd", "cp", "torchrun", "python", "python3.11"}
"""Programs that are not ours: only the form of their lines is looked at."""


@cache
def strings_of_the_program() -> tuple[str, ...]:
    """Every text in the add-on and the core; values that are put in are an ellipsis."""
    found = []
    for folder in ("blender_addon", "core"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
                elif isinstance(node, ast.JoinedStr):
                    parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                    found.append("".join(map(str, parts)))
    return tuple(found)


def says(message: str) -> bool:
    """Whether the program can say the message; an ellipsis stands for any value, or for the rest."""
    pieces = [piece for piece in message.rstrip("…").split("…") if piece.strip(" .,")]
    for text in strings_of_the_program():
        place = 0
        for piece in pieces:
            place = text.find(piece, place)
            if place < 0:
                break
            place += len(piece)
        else:
            return True
    return False


def shell_lines():
    """Each command line of the pages, with its page; what is optional is taken along."""
    found = []
    for page in all_pages():
        blocks = [token for token in parse(page) if token.type in ("fence", "code_block")]
        shell = [token.content for token in blocks if token.info.strip() in ("", "sh", "bash")]
        lines = re.sub(r"\\\n", " ", "\n".join(shell)).splitlines()
        commands = [line.strip() for line in lines if re.match(r"\s*(\w+=\S+ )*[a-z][\w./-]* (?!=)", line)]
        found += [(page.name, re.sub(r"\[(-[^\]]*)\]", r"\1", line)) for line in commands]
    return found


@pytest.mark.parametrize("page", GUIDE, ids=lambda path: path.stem)
def test_every_bold_word_is_a_control_of_the_add_on(page):
    labels = set(strings_of_the_program())
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    bold = {" ".join(word.split()) for word in re.findall(r"\*\*([^*]+)\*\*", text)}
    assert sorted(word for word in bold if word not in labels) == []


@pytest.mark.parametrize("page", GUIDE, ids=lambda path: path.stem)
def test_every_quoted_message_can_be_said(page):
    messages = {" ".join(words.split()) for words in MESSAGE.findall(page.read_text(encoding="utf-8"))}
    assert sorted(message for message in messages if not says(message)) == []


def test_a_message_that_nobody_says_is_noticed():
    assert says("No person was found in ….")
    assert not says("The moon is too bright in ….")
    assert not says("No person was found under ….")


def test_every_field_of_the_motion_file_is_described():
    text = (ROOT / "core" / "motion.py").read_text(encoding="utf-8")
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    fields = {node.target.id for node in classes[0].body if isinstance(node, ast.AnnAssign)}
    page = (DOCS / "guide" / "motion_file.md").read_text(encoding="utf-8")
    described = {
        name for row in re.findall(r"^\| (`.+?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert described == fields


@pytest.mark.parametrize(("page", "line"), shell_lines())
def test_every_command_line_parses(page, line, capsys):
    words = shlex.split(line, comments=True)
    while words and re.match(r"^[A-Z_]+=", words[0]):
        words.pop(0)
    if words[:2] == ["python3", "dev.py"]:
        parse_dev(words[2:])
    elif words[:3] == ["python", "-m", "core"]:
        parse_core(words[3:])
    else:
        assert Path(words[0]).name in FOREIGN


def parse_dev(words):
    if words[0] in ("core", "bench"):
        parse_core(words[1:] if words[0] == "core" else words)
        return
    from wheels.commands import _parser

    # What comes after these goes on to pytest and to the suites, which read it themselves.
    _parse(_parser(), words if words[0] not in ("test", "fuzz", "faults") else words[:1])


def parse_core(words):
    from core.command_line import _build_parser

    assert words[0] != "…"
    _parse(_build_parser(), [word for word in words if word != "…"])


def _parse(parser, words):
    try:
        parser.parse_args(words)
    except SystemExit as leaving:
        # --help leaves with 0; what cannot be parsed does not.
        assert leaving.code == 0


def tables(text):
    """Each table's cells, with the text of its page above it."""
    for found in re.finditer(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        rows = found.group().splitlines()[2:]
        yield [cell.strip(" *") for row in rows for cell in row.strip("|").split("|")], text


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)
def test_every_table_of_numbers_names_its_command(page):
    for cells, text in tables(page.source.read_text(encoding="utf-8")):
        share = sum(bool(NUMBER.match(cell)) for cell in cells) / max(len(cells), 1)
        assert share < 0.4 or COMMAND.search(text), cells[:8]
