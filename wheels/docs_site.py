"""`dev.py docs`, and the help pages of the zips: docs/ as a static site."""

from pathlib import Path

from .console import run_logged, say
from .environments import ensure_environment
from .layout import DIST_FOLDER, ROOT


def build_docs() -> int:
    """Write the site into dist/docs and print where it opens; return the exit code."""
    folder = DIST_FOLDER / "docs"
    write_site(folder)
    print(folder / "index.html")
    return 0


def write_site(folder: Path) -> None:
    """Write the site into a folder; one that is there is replaced.

    Raises:
        SetupError: its environment cannot be made, or a page cannot be rendered.
    """
    python = ensure_environment("docs")
    size = run_logged([python, "-m", "docs.site", folder], "docs-site", {"PYTHONPATH": str(ROOT)})
    say(f"Documentation: {size.strip()}")
