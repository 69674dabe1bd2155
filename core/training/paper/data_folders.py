"""Where each part of the paper's data lies below the folder `--data`, and how it is read: docs/data.md's layouts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import MotionDataError, OptionError
from ..datasets.amass import amass_folders, read_amass
from ..datasets.folder_checks import require_file_count, require_folder
from ..datasets.instavariety import RECORD_FILES, read_instavariety
from ..datasets.mpi_inf_3dhp import read_mpi_inf_3dhp_train
from ..datasets.mpi_inf_3dhp_test_set import read_mpi_inf_3dhp_test
from ..datasets.sequence import Sequence
from ..datasets.threedpw import RECORDING_COUNTS, read_threedpw
from ..paper_preset import DataOptions

AMASS: Final = "amass"
FEATURE_PARTS: Final = (
    "instavariety/train", "mpi_inf_3dhp/train", "mpi_inf_3dhp/test", "3dpw/train", "3dpw/validation", "3dpw/test",
)  # fmt: skip
"""Data set and split of all that can be turned into features."""

FOLDER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "amass": ("AMASS", "amass"),
    "3dpw": ("3DPW", "3dpw"),
    "mpi_inf_3dhp": ("MPI-INF-3DHP", "mpi_inf_3dhp", "mpii_3d", "MPI"),
    "instavariety": ("InstaVariety", "instavariety", "insta_variety"),
}


@dataclass(frozen=True)
class DataFolders:
    """The raw data sets.

    Attributes:
        root: holds one folder for each data set, under any of `FOLDER_NAMES`.
        options: which parts of them are wanted.
    """

    root: Path
    options: DataOptions

    def folder(self, data_set: str) -> Path:
        """Return where a data set lies.

        Raises:
            MotionDataError: it is not there; names the path.
        """
        require_folder(self.root, "the data sets' folders (AMASS, 3DPW, ...)")
        places = [self.root / name for name in FOLDER_NAMES[data_set]]
        found = next((place for place in places if place.is_dir()), None)
        if found is None:
            others = " or ".join(FOLDER_NAMES[data_set][1:])
            raise MotionDataError(
                f"The folder {places[0]} does not exist; the data set {data_set} was expected there (or as {others})."
            )
        return found

    def read(self, part: str, *, with_images: bool = True) -> Iterator[Sequence]:
        """Give the sequences of a part, such as `3dpw/test`.

        Raises:
            OptionError: no such part.
            MotionDataError: a missing, half-unpacked or damaged data set; names the path.
        """
        check_part(part)
        data_set, split = part.split("/")
        folder = self.folder(data_set)
        if data_set == "3dpw":
            self._require_complete(folder / "sequenceFiles" / split, "*.pkl", RECORDING_COUNTS.get(split), "3DPW")
            return read_threedpw(folder, split, with_images=with_images)
        if data_set == "instavariety":
            self._require_complete(folder / split, "*.tfrecord", RECORD_FILES.get(split), "InstaVariety")
            return read_instavariety(folder, split)
        if split == "test":
            recordings = self.options.mpi_test_recordings
            return read_mpi_inf_3dhp_test(folder, recordings=recordings, with_images=with_images)
        return read_mpi_inf_3dhp_train(
            folder,
            subjects=self.options.mpi_subjects,
            cameras=self.options.mpi_cameras,
            frame_rate_hz=self.options.mpi_frame_rate_hz,
            with_images=with_images,
        )

    def _require_complete(self, folder: Path, pattern: str, needed: int | None, name: str) -> None:
        if needed is not None and not self.options.allow_partial:
            require_file_count(folder, pattern, needed, name)

    def motion_folders(self) -> tuple[dict[str, int], tuple[str, ...]]:
        """Return how many recordings AMASS's folders hold, and which are not there; see `amass_folders`."""
        return amass_folders(self.folder(AMASS), self.options.amass_folders or None)

    def read_motions(self) -> Iterator[Sequence]:
        """Give AMASS's recordings; MotionDataError as `read`."""
        options = self.options
        names = options.amass_folders or None
        return read_amass(self.folder(AMASS), frame_rate_hz=options.amass_frame_rate_hz, data_sets=names)


def check_part(part: str) -> None:
    """Raise OptionError for a part that no data set has."""
    if part not in FEATURE_PARTS:
        raise OptionError(f"There is no part {part!r} of the data; known are {', '.join(FEATURE_PARTS)}.")
