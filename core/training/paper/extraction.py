"""`python -m core extract-features`: the backbone's features of the data sets, once, resumably; and AMASS's motions."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import OptionError
from ...models.weights import file_sha256
from ...pare_backbone import find_checkpoint, load_pare_network, run_on_crops
from ...settings import Device
from ..datasets.feature_cache import FEATURE_KEY, Extract, FeatureCache
from ..datasets.folder_checks import require_files
from ..datasets.instavariety import read_instavariety
from ..datasets.sequence import Sequence as FrameSequence
from ..time_left import TimeLeft
from .data_folders import AMASS, DataFolders
from .extracted_parts import forget_complete, record_complete
from .motion_bank import bank_path, write_motion_bank

Report = Callable[[str], None]
REPORT_CROPS: Final = 1024
SAMPLE_RECORDS: Final = 20


class Backbone(NamedTuple):
    """A network that looks at crops, and what its cache is called."""

    extract: Extract
    sha256: str


def load_backbone(name: str, checkpoint: Path | None, device: Device = "auto") -> Backbone:
    """Return a frozen backbone by name.

    Raises:
        OptionError: a backbone without per-joint features of crops.
        WeightsError, EngineError: see `load_pare_network`.
    """
    if name != "pare":
        raise OptionError(f"The backbone {name} gives no per-joint features of crops.", "Use --backbone pare.")
    network = load_pare_network(checkpoint, device)

    def extract(crops: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
        return dict(run_on_crops(network, crops, (FEATURE_KEY,)))

    return Backbone(extract, file_sha256(find_checkpoint(checkpoint)))


def extract_features(
    folders: DataFolders, cache_root: Path, backbone: Backbone, report: Report, parts: Sequence[str] | None = None
) -> None:
    """Fill the cache with what is missing.

    Args:
        folders: the raw data sets.
        cache_root: folder of the caches, made if need be.
        parts: such as `3dpw/test`, and `amass`; None for all that the options train, validate and test on.
    Raises:
        OptionError: no such part.
        MotionDataError: a missing or damaged data set; what was finished before stays.
    """
    chosen = list(parts) if parts else [AMASS, *folders.options.feature_parts]
    # Every folder is looked for before hours are spent on the first.
    readers = {part: folders.read(part) for part in chosen if part != AMASS}
    motions = folders.read_motions() if AMASS in chosen else iter(())
    _probe(readers)
    if AMASS in chosen:
        _write_motions(folders, cache_root, motions, report)
    cache = FeatureCache(cache_root, backbone.sha256)
    for part, sequences in readers.items():
        progress = _Progress(part, expected_frame_count(part, folders), backbone.extract, report)
        forget_complete(cache, part)
        cache.extract(progress.watch(sequences), progress.extract, progress.sequence_done)
        record_complete(cache, part, folders.options, progress.names)


def _write_motions(folders: DataFolders, cache_root: Path, motions: Iterator[FrameSequence], report: Report) -> None:
    found, missing = folders.motion_folders()
    if missing:
        report(f"AMASS: reading {', '.join(found)}; not there: {', '.join(missing)}")
    write_motion_bank(bank_path(cache_root, folders.options), motions, found, report)


def expected_frame_count(part: str, folders: DataFolders) -> int:
    """Return how many frames a part has: counted where labels lie apart from pictures, else from the files' sizes."""
    data_set, split = part.split("/")
    if data_set != "instavariety":
        return sum(sequence.frame_count for sequence in folders.read(part, with_images=False))
    folder = folders.folder(data_set)
    files = require_files(folder / split, "*.tfrecord", "InstaVariety's records")
    sample = list(islice(read_instavariety(folder, split), SAMPLE_RECORDS))
    picture_bytes = sum(len(data) for sequence in sample for data in getattr(sequence.images, "data", ()))
    frame_count = sum(sequence.frame_count for sequence in sample)
    return round(sum(file.stat().st_size for file in files) * frame_count / max(picture_bytes, 1))


def _probe(readers: dict[str, Iterator[FrameSequence]]) -> None:
    """Read the first sequence of each part, so that a missing data set is told at once; the readers keep theirs."""
    for part, reader in readers.items():
        first = list(islice(reader, 1))
        readers[part] = chain(first, reader)


class _Progress:
    """Counts frames on their way through the backbone, and says now and then how long it will still take."""

    def __init__(self, part: str, frame_count: int, extract: Extract, report: Report) -> None:
        self._part, self._extract, self._report = part, extract, report
        self._time_left = TimeLeft(frame_count)
        self._frames_of_sequence = self._unreported = self._done = 0
        self.names: list[str] = []

    def watch(self, sequences: Iterator[FrameSequence]) -> Iterator[FrameSequence]:
        """Give the sequences, and note which one is on its way."""
        for sequence in sequences:
            self.names.append(sequence.name)
            self._frames_of_sequence = sequence.frame_count
            self._done = 0
            yield sequence

    def extract(self, crops: NDArray[np.uint8]) -> Any:
        """Run the backbone on crops and count them."""
        features = self._extract(crops)
        self._done += len(crops)
        self._unreported += len(crops)
        self._time_left.add(len(crops))
        if self._unreported >= REPORT_CROPS:
            self._unreported = 0
            self._report(f"{self._part}: {self._time_left.text()}")
        return features

    def sequence_done(self, sentence: str) -> None:
        """Pass the cache's sentence on; a sequence that was found ready took no time."""
        if not self._done:
            self._time_left.skip(self._frames_of_sequence)
        self._report(f"{self._part}: {self._time_left.text()}; {sentence}")
