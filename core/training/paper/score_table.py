"""The paper's tables for a trained estimator: per frame, in windows of T frames, and over the whole track."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from ...errors import MotionDataError
from ...models.encoders import EncoderConfig
from ...models.pare import PareNetwork
from ...models.pare_temporal import PareTemporalEstimator
from ...models.weights import file_sha256
from ...pare_temporal_weights import load_pare_temporal
from ..datasets.feature_cache import FeatureCache
from ..evaluation.table import Table, write_tables
from ..paper_preset import DataOptions
from .bodies import Bodies
from .extracted_parts import is_complete, load_part
from .part_tables import draw_first_path, estimate_all, part_tables
from .scoring import TestSet
from .ways import Estimator, Way


def write_score_tables(
    options: DataOptions,
    cache: FeatureCache,
    pare: PareNetwork,
    weights: Path,
    bodies: Bodies,
    output: Path,
    device: str,
    report: Callable[[str], None],
) -> str:
    """Score trained weights on tests and validation, where their features are.

    Writes table.txt, table.json and figure_3.png, the latter of the first part's first sequence.

    Returns:
        the tables' text.
    Raises:
        MotionDataError: no part has features.
        WeightsError: the weights cannot be read.
    """
    trained = load_pare_temporal(weights).to(device)
    ways = ways_of_estimating(pare, trained, options.frame_count, device)
    tables: list[Table] = []
    for part in dict.fromkeys((*options.tests, options.validation)):
        if not is_complete(cache, part):
            report(f"{part} has no complete features in {cache.folder}, so the table lacks it.")
            continue
        test_set = TestSet(part, load_part(cache, part, options), bodies.joints, options.frame_count, device)
        estimates = estimate_all(test_set, ways)
        if not tables:
            draw_first_path(test_set, estimates, output, report)
        tables += part_tables(test_set, estimates, bodies.surface)
    if not tables:
        raise MotionDataError(f"{cache.folder} holds no complete features of {', '.join(options.tests)}.")
    header = {"weights": weights.name, "weights_sha256": file_sha256(weights), "options": asdict(options)}
    return write_tables(tables, output / "table.txt", output / "table.json", header)


def backbone_alone(pare: PareNetwork) -> PareTemporalEstimator:
    """Return PARE itself, frame by frame, as an estimator."""
    estimator = PareTemporalEstimator(EncoderConfig(kind="none"))
    estimator.start_from(pare)
    return estimator.eval()


def ways_of_estimating(
    pare: PareNetwork, trained: PareTemporalEstimator, frame_count: int, device: str
) -> dict[str, Way]:
    """Return the rows of the table."""
    return {
        **per_frame_ways("backbone", backbone_alone(pare).to(device)),
        **temporal_ways("trained", trained, frame_count),
    }


def per_frame_ways(name: str, estimator: Estimator) -> dict[str, Way]:
    """Return the rows of an estimator that looks at each frame for itself."""
    return {f"{name}, per frame": Way(estimator), f"{name}, per frame, smoothed": Way(estimator, is_smoothed=True)}


def temporal_ways(name: str, estimator: Estimator, frame_count: int) -> dict[str, Way]:
    """Return the rows of an estimator that looks at clips: in windows as the paper does, and as a whole."""
    return {
        f"{name}, windows of {frame_count}, end to end": Way(estimator, frame_count),
        f"{name}, windows of {frame_count}, blended": Way(estimator, frame_count, is_blended=True),
        f"{name}, whole track": Way(estimator),
    }
