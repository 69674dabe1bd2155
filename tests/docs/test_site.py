"""The site holds together: links, pictures, reach, size, and nothing from the network."""

import json
import posixpath

from docs.site.pages import DOCS, all_pages
from wheels.stage import SITE_LIMIT_BYTES

PICTURE_LIMIT_BYTES = 150_000


def is_outside(address):
    return address.startswith(("http:", "https:", "mailto:"))


def test_every_page_of_the_folder_is_on_the_site(read):
    sources = [*DOCS.glob("*.md"), *DOCS.glob("guide/*.md")]
    assert {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in sources} == set(read)


def test_every_page_is_listed_in_a_part_of_the_sidebar():
    from docs.site.pages import SECTIONS

    listed = {name for _, names in SECTIONS for name in names}
    # Another page may come before the list knows it; then it stands at the end.
    assert {page.name for page in all_pages() if page.name.startswith("guide/")} <= listed


def test_every_internal_link_leads_somewhere(read, site):
    broken = []
    for name, page in read.items():
        for link in filter(lambda link: not is_outside(link), page.links):
            target, _, anchor = link.partition("#")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
            if not (site / path).is_file() or (anchor and anchor not in read[path].anchors):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_every_picture_exists_and_is_small(read, site):
    shown = {
        posixpath.normpath(posixpath.join(posixpath.dirname(name), picture))
        for name, page in read.items()
        for picture in page.pictures
    }
    assert [name for name in sorted(shown) if not (site / name).is_file()] == []
    guide = [name for name in shown if name.startswith("guide/pictures/")]
    assert [name for name in guide if (site / name).stat().st_size > PICTURE_LIMIT_BYTES] == []
    taken = {path.relative_to(DOCS).as_posix() for path in (DOCS / "guide" / "pictures").iterdir()}
    assert taken - {"guide/pictures/NOTICE.txt"} == set(guide)


def test_every_page_is_reached_from_the_index(read):
    seen, waiting = set(), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in read:
            continue
        seen.add(name)
        targets = [link.partition("#")[0] for link in read[name].links if not is_outside(link)]
        waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) for target in targets if target]
    assert seen == set(read)


def test_nothing_is_loaded_from_elsewhere(read, site):
    for page in read.values():
        assert not [address for address in [*page.loaded, *page.pictures] if is_outside(address)]
    for asset in [*site.glob("*.css"), *site.glob("*.js")]:
        text = asset.read_text(encoding="utf-8")
        assert not any(word in text for word in ("url(", "@import", "fetch(", "XMLHttpRequest"))


def test_every_tag_is_closed(read):
    assert {name: page.open_tags for name, page in read.items() if page.open_tags} == {}


def test_the_search_knows_every_page_and_its_addresses_exist(read, site):
    text = (site / "search_index.js").read_text(encoding="utf-8")
    entries = json.loads(text.removeprefix("const searchIndex = ").rstrip().rstrip(";"))
    assert {entry["u"].partition("#")[0] for entry in entries} == set(read)
    for entry in entries:
        name, _, anchor = entry["u"].partition("#")
        assert not anchor or anchor in read[name].anchors
    assert any("trembles" in entry["x"] for entry in entries)


def test_the_site_is_small_enough_for_the_zip(site):
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) <= SITE_LIMIT_BYTES


def test_a_page_with_a_broken_link_is_noticed(tmp_path, monkeypatch):
    from docs.site import pages, render

    (tmp_path / "index.md").write_text("# Start\n[away](../README.md) [there](other.md) ![x](no.png)\n")
    (tmp_path / "other.md").write_text("# Other\n")
    for module in (pages, render):
        monkeypatch.setattr(module, "DOCS", tmp_path)
    try:
        render.build_site(tmp_path / "site")
    except FileNotFoundError as error:
        assert "no.png" in str(error)
    else:
        raise AssertionError("a missing picture was not noticed")
    text = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert 'href="other.html"' in text
    assert "README" not in text
