"""Which pages the site has, in which order, and what stands in the sidebar."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).resolve().parents[1]

SECTIONS: Final = (
    ("Start", ("index", "guide/install", "guide/first_capture", "guide/filming")),
    ("Working with a capture", ("guide/people", "guide/cleanup", "pins", "guide/retarget", "guide/export")),
    ("When something is wrong", ("guide/troubleshooting", "guide/licences")),
    ("Beyond the panel", ("guide/command_line", "guide/motion_file", "exchange", "batch", "pare")),
    (
        "For developers and researchers",
        (
            "guide/developers", "estimator", "model_card", "rendered_benchmark", "paper", "data", "body", "engines",
            "blazepose_parity",
        ),
    ),
)  # fmt: skip
"""Titles and pages, as paths in docs/ without `.md`. A page whose file is not there is left out."""


@dataclass(frozen=True)
class Page:
    """One page of the site.

    Attributes:
        name: path in docs/ without its suffix, with forward slashes.
        section: title of its part of the sidebar.
    """

    name: str
    section: str

    @property
    def source(self) -> Path:
        """Where its Markdown is."""
        return DOCS / f"{self.name}.md"

    @property
    def address(self) -> str:
        """Path of its HTML in the site."""
        return f"{self.name}.html"


def all_pages() -> list[Page]:
    """Return the pages in the order of the sidebar; those that nobody has listed come last."""
    pages = [Page(name, title) for title, names in SECTIONS for name in names]
    listed = {page.name for page in pages}
    sources = sorted([*DOCS.glob("*.md"), *DOCS.glob("guide/*.md")])
    names = [path.relative_to(DOCS).with_suffix("").as_posix() for path in sources]
    pages += [Page(name, SECTIONS[-1][0]) for name in names if name not in listed]
    return [page for page in pages if page.source.is_file()]
