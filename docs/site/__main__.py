"""`python -m docs.site FOLDER`: write the site into a folder. `dev.py docs` calls it in its own environment."""

import sys
from pathlib import Path

from .render import build_site

files = build_site(Path(sys.argv[1]))
print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.2f} MB")
