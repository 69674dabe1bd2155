"""What `python -m core evaluate` does with `--benchmark rendered` and `--benchmark noise`: checks, renders, runs."""

import argparse
import shlex
from collections.abc import Callable
from pathlib import Path

from ...errors import OptionError
from ..output_folder import make_folder
from ..rendered.render import render_shots
from ..rendered.shots import SHOTS, Shot
from ..rendered.sources import RenderSources
from .landmark_error_tables import measure_noise
from .rendered_benchmark import RenderedOptions, find_videos, score_videos
from .table import write_tables

Report = Callable[[str], None]


def run_rendered(options: argparse.Namespace, report: Report) -> str:
    """Render what is missing, run the chosen benchmark, return its tables.

    Raises:
        OptionError: a folder, or a part of what rendering needs, is not given.
        JointwiseError: see the benchmarks.
    """
    videos, results = _folder(options.videos, "--videos"), _folder(options.results, "--results")
    sources = render_sources(options)
    if sources is not None:
        render_shots(sources, videos, chosen_shots(options.shots), report)
    if options.benchmark == "noise":
        make_folder(results)
        found = find_videos(videos, options.shots)
        names = {"videos": [path.stem for path in found]}
        return write_tables(measure_noise(found, report), results / "noise.txt", results / "noise.json", names)
    return score_videos(
        RenderedOptions(
            videos=videos,
            output=results,
            mediapipe_python=options.mediapipe_python,
            estimate_options=tuple(shlex.split(options.estimate_options)),
            shots=tuple(options.shots),
            look=options.look,
        ),
        report,
    )


def render_sources(options: argparse.Namespace) -> RenderSources | None:
    """Return what rendering reads, None where nothing of it was given: then the videos are taken as they are.

    Raises:
        OptionError: only a part was given.
    """
    parts = {"--motions": options.motions, "--makehuman": options.makehuman, "--panoramas": options.panoramas}
    missing = [option for option, value in parts.items() if not value]
    if len(missing) == len(parts):
        return None
    if missing:
        hint = "Leave out all three to score the videos that are there."
        raise OptionError(f"Rendering needs {' and '.join(missing)} too.", hint)
    return RenderSources(tuple(options.motions), options.makehuman, options.panoramas)


def chosen_shots(names: list[str]) -> list[Shot]:
    """Return the shots of these names, all where none is named.

    Raises:
        OptionError: there is no such shot.
    """
    known = {shot.name: shot for shot in SHOTS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise OptionError(f"There is no shot {unknown[0]}.", f"There are {', '.join(known)}.")
    return [known[name] for name in names or known]


def _folder(folder: Path | None, option: str) -> Path:
    if folder is None:
        raise OptionError(f"A benchmark on rendered videos needs the folder {option}.")
    return folder
