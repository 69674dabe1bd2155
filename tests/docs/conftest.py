"""The site, built once; skipped where its renderer is not installed: these tests have an environment of their own."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

ROOT = Path(__file__).resolve().parents[2]


class ReadPage(HTMLParser):
    """What a page links to, shows, loads, and can be jumped to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.pictures, self.loaded, self.anchors, self.open_tags = [], [], [], set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.anchors.add(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "img":
            self.pictures.append(found["src"])
        if tag in ("script", "link") and (found.get("src") or found.get("href")):
            self.loaded.append(found.get("src") or found.get("href"))
        if tag not in ("meta", "link", "img", "input", "br", "hr"):
            self.open_tags.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site; it is moved after building, as a user's copy is."""
    from docs.site.render import build_site

    built = tmp_path_factory.mktemp("site") / "built"
    build_site(built)
    return built.rename(built.with_name("moved elsewhere"))


@pytest.fixture(scope="session")
def read(site):
    """Every page of the site by its path."""
    return {path.relative_to(site).as_posix(): ReadPage(path) for path in sorted(site.rglob("*.html"))}
