"""Markdown of docs/ to the HTML of the site: the pages, the sidebar and the search index."""

import html
import json
import posixpath
import re
import shutil
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

from .pages import DOCS, Page, all_pages

HERE: Final = Path(__file__).resolve().parent
ASSETS: Final = ("style.css", "search.js")
_OUTSIDE: Final = re.compile(r"^(https?:|mailto:)")


def build_site(output: Path) -> list[Path]:
    """Write the site into a folder, in place of what is there, and return the files.

    Args:
        output: is emptied first; its parent must exist.
    """
    if output.exists():
        shutil.rmtree(output)
    output.mkdir(parents=True)
    pages = all_pages()
    files: set[str] = set()
    entries: list[dict[str, str]] = []
    for page in pages:
        tokens = parse(page)
        files |= relink(tokens, page, pages)
        entries += search_entries(tokens, page)
        path = output / page.address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(whole_page(page, pages, tokens), encoding="utf-8")
    for name in ASSETS:
        shutil.copyfile(HERE / name, output / name)
    index = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    (output / "search_index.js").write_text(f"const searchIndex = {index};\n", encoding="utf-8")
    for name in sorted(files):
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DOCS / name, output / name)
    return sorted(path for path in output.rglob("*") if path.is_file())


def markdown() -> MarkdownIt:
    """Return the renderer: CommonMark with tables; headings carry anchors as GitHub makes them."""
    renderer = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    return renderer.use(anchors_plugin, max_level=4)


def parse(page: Page) -> list[Token]:
    """Return a page's Markdown, parsed."""
    tokens: list[Token] = markdown().parse(page.source.read_text(encoding="utf-8"))
    return tokens


def title_of(page: Page) -> str:
    """Return the page's first heading as plain text."""
    first = re.search(r"^# (.+)$", page.source.read_text(encoding="utf-8"), re.MULTILINE)
    return first.group(1).replace("`", "") if first else page.name


def relink(tokens: list[Token], page: Page, pages: list[Page]) -> set[str]:
    """Let links lead to the site's pages, and return the other files that the page shows or names, as paths in docs/.

    Note: a link to a file of the repository that is no page becomes plain text: the site travels without it.
    """
    addresses = {f"{other.name}.md": other.address for other in pages}
    folder = posixpath.dirname(page.name)
    files: set[str] = set()
    for token in (inner for block in tokens for inner in block.children or ()):
        if token.type == "image":
            files.add(posixpath.normpath(posixpath.join(folder, str(token.attrs["src"]))))
        if token.type != "link_open" or _OUTSIDE.match(str(token.attrs["href"])):
            continue
        target, mark, anchor = str(token.attrs["href"]).partition("#")
        if not target:
            continue
        name = posixpath.normpath(posixpath.join(folder, target))
        if name in addresses:
            token.attrs["href"] = posixpath.relpath(addresses[name], folder or ".") + mark + anchor
        elif (DOCS / name).is_file() and not name.startswith(".."):
            files.add(name)
        else:
            token.attrs.pop("href")
    return files


def search_entries(tokens: list[Token], page: Page) -> list[dict[str, str]]:
    """Return a title, an address and the words of each part of a page."""
    entries = [{"t": title_of(page), "u": page.address, "x": ""}]
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            heading = tokens[number + 1].content.replace("`", "")
            entries.append({"t": f"{title_of(page)}: {heading}", "u": f"{page.address}#{token.attrs['id']}", "x": ""})
        elif token.type in ("inline", "fence"):
            entries[-1]["x"] += f"{token.content} "
    return [{**entry, "x": re.sub(r"[\s*`|\[\]]+", " ", entry["x"])} for entry in entries]


def whole_page(page: Page, pages: list[Page], tokens: list[Token]) -> str:
    """Return the HTML of a page with its sidebar."""
    renderer = markdown()
    body: str = renderer.renderer.render(tokens, renderer.options, {})
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    values: dict[str, Any] = {
        "title": html.escape(title_of(page)),
        "root": posixpath.relpath(".", posixpath.dirname(page.name) or ".") + "/",
        "sidebar": sidebar(page, pages),
        "body": body,
        "steps": steps(page, pages),
    }
    text = (HERE / "page.html").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


def sidebar(page: Page, pages: list[Page]) -> str:
    """Return the list of all pages, with this one marked."""
    lines, section = [], ""
    for other in pages:
        if other.section != section:
            section = other.section
            lines.append(f"<h2>{html.escape(section)}</h2>")
        mark = ' aria-current="page"' if other == page else ""
        lines.append(f'<a href="{_address(page, other)}"{mark}>{html.escape(title_of(other))}</a>')
    return "\n".join(lines)


def steps(page: Page, pages: list[Page]) -> str:
    """Return the links to the page before and the page after."""
    place = pages.index(page)
    links = ["<span></span>", ""]
    if place:
        before = pages[place - 1]
        links[0] = f'<a href="{_address(page, before)}">&larr; {html.escape(title_of(before))}</a>'
    if place + 1 < len(pages):
        after = pages[place + 1]
        links[1] = f'<a href="{_address(page, after)}">{html.escape(title_of(after))} &rarr;</a>'
    return "".join(links)


def _address(page: Page, other: Page) -> str:
    return posixpath.relpath(other.address, posixpath.dirname(page.address) or ".")
