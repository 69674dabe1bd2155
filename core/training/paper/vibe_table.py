"""Table 1's rows of VIBE, and of SPIN and HMR per frame, from the features of VIBE's preprocessed 3DPW database."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import MotionDataError, OptionError
from ...models.resnet import RESNET_FEATURE_SIZE
from ...models.torch_engine import choose_device
from ...models.weights import file_sha256
from ...settings import Device
from ...vibe_weights import load_hmr, load_vibe
from ..datasets.sequence import Sequence
from ..datasets.vibe_db import read_vibe_db
from ..evaluation.table import write_tables
from ..output_folder import make_folder
from .bodies import read_bodies
from .part_tables import draw_first_path, estimate_all, part_tables
from .score_table import per_frame_ways, temporal_ways
from .scoring import TestSet
from .ways import Way


@dataclass(frozen=True)
class VibeFiles:
    """What the rows are made of.

    Attributes:
        database: 3dpw_test_db.pt or another of VIBE's databases of 3DPW.
        smpl: the neutral SMPL file.
        regressors: folder with J_regressor_extra.npy and J_regressor_h36m.npy.
        output: folder of the tables; made if need be.
        vibe: VIBE's weights.
        hmr: instead of them HMR's or SPIN's, if the features in the database are theirs.
    """

    database: Path
    smpl: Path
    regressors: Path
    output: Path
    vibe: Path | None = None
    hmr: Path | None = None

    @property
    def weights(self) -> Path:
        """The one weight file; OptionError for none or both."""
        named = [path for path in (self.vibe, self.hmr) if path is not None]
        if len(named) != 1:
            raise OptionError("Exactly one weight file can be scored.", "Name it by --vibe or by --hmr.")
        return named[0]


def evaluate_vibe(
    files: VibeFiles,
    frame_count: int,
    *,
    has_temporal: bool = True,
    device: Device = "auto",
    report: Callable[[str], None] = print,
) -> str:
    """Write table.txt, table.json and figure_3.png of VIBE on its own features; return the tables' text.

    Args:
        frame_count: T of the windows.
        has_temporal: whether VIBE's temporal part is scored beside its regressor alone.
    Raises:
        WeightsError, BodyFileError, OptionError, OutputError, EngineError: a file or an option cannot be used.
        MotionDataError: the database is missing, damaged or none of 3DPW, or the SMPL file has another gender.
    """
    chosen = choose_device(device)
    ways = vibe_ways(files, frame_count, chosen, has_temporal=has_temporal)
    bodies = read_bodies(files.smpl, files.regressors, chosen)
    sequences = read_scored_sequences(files.database)
    part = f"{sequences[0].data_set}/{sequences[0].split}"
    test_set = TestSet(part, sequences, bodies.joints, frame_count, chosen)
    report(f"{test_set.frame_count} frames of {part} in {len(test_set.runs)} runs")
    estimates = estimate_all(test_set, ways)
    make_folder(files.output)
    draw_first_path(test_set, estimates, files.output, report)
    header = {
        "weights": files.weights.name,
        "weights_sha256": file_sha256(files.weights),
        "database": files.database.name,
        "database_sha256": file_sha256(files.database),
        "frame_count": frame_count,
    }
    tables = part_tables(test_set, estimates, bodies.surface)
    return write_tables(tables, files.output / "table.txt", files.output / "table.json", header)


def vibe_ways(files: VibeFiles, frame_count: int, device: str, *, has_temporal: bool) -> dict[str, Way]:
    """Return the rows of the table.

    Raises:
        WeightsError, OptionError, EngineError: the weights cannot be used.
    """
    if files.weights == files.hmr:
        return per_frame_ways("HMR", load_hmr(files.weights).regressor.to(device))
    network = load_vibe(files.weights).to(device)
    alone = per_frame_ways("VIBE without its temporal part", network.regressor)
    return {**alone, **temporal_ways("VIBE", network, frame_count)} if has_temporal else alone


def read_scored_sequences(database: Path) -> list[Sequence]:
    """Return the videos of a database that has true poses and a ResNet's features.

    Raises:
        MotionDataError: it has not, or cannot be read; names the path.
    """
    sequences = list(read_vibe_db(database))
    hint = "Table 1 is of 3DPW: name VIBE's 3dpw_test_db.pt."
    if not sequences:
        raise MotionDataError(f"{database} holds no frames.", hint)
    for sequence in sequences:
        if sequence.poses is None or sequence.data_set != "3dpw":
            raise MotionDataError(f"{database} holds no true SMPL poses of videos.", hint)
        shape = None if sequence.features is None else sequence.features.shape[1:]
        if shape != (RESNET_FEATURE_SIZE,):
            raise MotionDataError(f"{database} does not hold {RESNET_FEATURE_SIZE} features for each frame.", hint)
    return sequences
