"""`python -m core ablate --motions FILE --output DIR`: the paper's Table 2 on open data.

Trains no encoder, one holistic GRU, the decomposed GRUs and those with L_reg on frozen features of the open lifter,
with and without the discriminator, on less data, with several seeds, all of one size and one schedule. Each run writes
its file when it is done and is skipped from then on, so the command goes on where it was stopped.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import torch

from ..body_file import load_body_file, open_body_path
from ..errors import EngineError, OutputError
from ..models.open_weights import load_lifter
from ..models.weights import file_sha256, weights_path
from ..whole_file import whole_file
from .ablation.bottleneck import bottleneck_table
from .ablation.feature_windows import open_feature_windows
from .ablation.run_training import Materials, RunTraining, train_run
from .ablation.runs import Run, plan_runs
from .ablation.scoring import ScoredViews, feature_residual_rms, lifter_as_it_is, score, scored_views, validate
from .ablation.settings import AblationOptions, AblationSettings, kept_settings, wanted_settings
from .ablation.summary import summary_tables
from .clips import MotionLibrary, load_motion_library
from .evaluation.benchmark import make_benchmark, read_descriptions
from .evaluation.plots import draw_curves
from .evaluation.table import Table, write_tables
from .torch_body import TorchBody

QUICK_SEEDS: Final = 1
FULL_SEEDS: Final = 3
_TIMED_STEPS: Final = 4


def ablate(motions: Path, output: Path, options: AblationOptions, report: Callable[[str], None] = print) -> str:
    """Train what is not trained yet, and return all tables as text.

    Writes table.txt, table.json, log.txt and (where matplotlib is installed) curves.png, one file for each run below
    runs/, and the features below features/.

    Raises:
        MotionDataError, WeightsError: a file cannot be used.
        OptionError: the folder holds an ablation with other settings.
        OutputError: the folder cannot be written.
    """
    torch.set_num_threads(1)
    _make_folder(output / "runs")
    say = _logging_to(output / "log.txt", report)
    library, body = load_motion_library(motions), TorchBody(load_body_file(open_body_path()))
    lifter_path = options.lifter or weights_path("open_lifter")
    lifter = load_lifter(lifter_path).requires_grad_(False)
    origin = {"lifter_sha256": file_sha256(lifter_path), "motions_sha256": file_sha256(motions)}
    kept = kept_settings(output / "settings.json", options, origin)
    # Only the number of iterations may still be open here, and the windows do not depend on it.
    wanted = kept or wanted_settings(options)
    windows = open_feature_windows(output / "features", library, lifter, body, wanted, origin, say)
    materials = Materials(library, lifter, body, windows, wanted)
    runs = plan_runs(options.seeds or (QUICK_SEEDS if options.mode == "quick" else FULL_SEEDS), options.groups)
    if options.mode == "full":
        speeds = measure_speeds(materials, runs)
        if kept is None and options.minutes_per_run is not None:
            materials = replace(materials, settings=_fit_to_minutes(wanted, speeds, options.minutes_per_run))
        say(_duration_text(output, runs, speeds, materials.settings.iterations))
    if kept is None:
        content = {"origin": origin, "settings": asdict(materials.settings)}
        _write_json(output / "settings.json", content)
    splits = _score_views(library, body, motions, materials)
    return _run_all(runs, materials, splits, output, options.stop_after_minutes, say)


def measure_speeds(materials: Materials, runs: Sequence[Run]) -> dict[tuple[str, bool], float]:
    """Return the seconds of one iteration for each kind of encoder, with and without the discriminator."""
    speeds: dict[tuple[str, bool], float] = {}
    for run in runs:
        key = (run.kind, run.has_discriminator)
        if key not in speeds:
            training = RunTraining(run, materials)
            training.step()
            started_s = time.perf_counter()
            for _ in range(_TIMED_STEPS):
                training.step()
            speeds[key] = (time.perf_counter() - started_s) / _TIMED_STEPS
    return speeds


def _run_all(
    runs: Sequence[Run],
    materials: Materials,
    splits: dict[str, ScoredViews],
    output: Path,
    stop_after_minutes: float | None,
    say: Callable[[str], None],
) -> str:
    """Train the runs that have no file yet; return the tables of all that have one."""
    started_s = time.monotonic()
    window = materials.settings.frames
    base = score(lifter_as_it_is(materials.lifter), splits, materials.lifter, materials.body, window)
    extras = [bottleneck_table(materials, splits["val"])]
    text = _write_summary(output, runs, base, materials.settings, extras)
    for number, run in enumerate(runs, start=1):
        path = _result_path(output, run)
        if path.exists():
            continue
        if stop_after_minutes is not None and time.monotonic() - started_s > 60 * stop_after_minutes:
            say(f"Stopped after {stop_after_minutes:g} minutes; the same command goes on.")
            break
        result = _do_run(run, materials, splits)
        _write_json(path, result)
        scores = result["scores"]["val"]["track"]
        say(
            f"[{number}/{len(runs)}] {run.name}: {result['iterations']} iterations in {result['seconds'] / 60:.1f} min;"
            f" PA-MPJPE {scores['pa_mpjpe_mm']:.1f} MPJPE {scores['mpjpe_mm']:.1f} mm ACC {scores['acc']:.1f}"
            f" ACC ERR {scores['acc_error']:.1f} mm/frame^2"
        )
        text = _write_summary(output, runs, base, materials.settings, extras)
    return text


def _do_run(run: Run, materials: Materials, splits: dict[str, ScoredViews]) -> dict[str, Any]:
    """Train and score one run; return the content of its file."""
    views, body = splits["val"], materials.body
    trained = train_run(run, materials, lambda network: validate(network, views, body))
    return {
        "row": run.row,
        "run": asdict(run),
        "iterations": materials.settings.iterations,
        "seconds": trained.seconds,
        "parameters": trained.parameters,
        "encoder_parameters": trained.encoder_parameters,
        "encoder": asdict(trained.network.config),
        "window_count": trained.window_count,
        "curve": trained.curve,
        "losses": trained.losses,
        "feature_residual_rms": feature_residual_rms(trained.network, views),
        "scores": score(trained.network, splits, materials.lifter, body, materials.settings.frames),
    }


def _score_views(
    library: MotionLibrary, body: TorchBody, motions: Path, materials: Materials
) -> dict[str, ScoredViews]:
    """Return the views of `val`, and of `test` where the file has one; neither takes part in any choice here."""
    descriptions, settings = read_descriptions(motions, library), materials.settings
    splits = [split for split in ("val", "test") if (library.clip_split == split).any()]
    sizes = {"frame_count": settings.score_frames, "window_count": settings.score_windows}
    return {
        split: scored_views(make_benchmark(library, body, descriptions, split, **sizes), materials.lifter)
        for split in splits
    }


def _write_summary(
    output: Path, runs: Sequence[Run], base: dict[str, Any], settings: AblationSettings, extras: Sequence[Table]
) -> str:
    """Write table.txt and table.json of the runs that are done, and of further tables; return the text."""
    paths = [_result_path(output, run) for run in runs]
    results = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]
    _draw_curves(results, output)
    header = {"settings": asdict(settings), "runs": len(results), "planned": len(runs)}
    return write_tables([*summary_tables(results, base), *extras], output / "table.txt", output / "table.json", header)


def _fit_to_minutes(
    settings: AblationSettings, speeds: dict[tuple[str, bool], float], minutes: float
) -> AblationSettings:
    """Return the settings with as many iterations as the slowest run can do in the minutes."""
    return replace(settings, iterations=max(int(60 * minutes / max(speeds.values())), 1))


def _draw_curves(results: Sequence[Mapping[str, Any]], output: Path) -> None:
    """Draw validation PA-MPJPE over the iterations, one line for each run without the discriminator on all data."""
    plain = [r for r in results if r["run"]["fraction"] == 1 and not r["run"]["has_discriminator"]]
    curves = {f"{r['row']}, seed {r['run']['seed']}": [point[:2] for point in r["curve"]] for r in plain}
    # A table without a picture is still a table.
    with suppress(EngineError):
        if curves:
            draw_curves(curves, output / "curves.png", "iteration", "validation PA-MPJPE [mm]")


def _duration_text(output: Path, runs: Sequence[Run], speeds: dict[tuple[str, bool], float], iterations: int) -> str:
    """Return how long the runs that are left will take."""
    left = [run for run in runs if not _result_path(output, run).exists()]
    hours = sum(speeds[run.kind, run.has_discriminator] for run in left) * iterations / 3600
    return (
        f"{len(left)} of {len(runs)} runs are left, {iterations} iterations each:"
        f" about {hours:.1f} hours of training at the present speed, and a little for the scores."
    )


def _result_path(output: Path, run: Run) -> Path:
    return output / "runs" / f"{run.name}.json"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}).") from error


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with whole_file(path) as partial:
        partial.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _logging_to(path: Path, report: Callable[[str], None]) -> Callable[[str], None]:
    """Return a reporter that also appends each line, with the time, to a file."""

    def say(text: str) -> None:
        report(text)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

    return say
