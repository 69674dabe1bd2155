"""The user's SMPL file as a body that can be posed, and the body that a motion file was made with."""

from pathlib import Path

from .body_model import BodyModel, load_open_body
from .errors import BodyFileError
from .motion import Motion
from .smpl_files import load_smpl_file


def load_neutral_body(smpl: Path) -> BodyModel:
    """Return the neutral SMPL body of a file; networks that see pictures give shapes of this one.

    Raises:
        BodyFileError: see `load_smpl_file`, or it is another gender's.
    """
    body = load_smpl_file(smpl)
    if body.gender != "neutral":
        raise BodyFileError(
            f"{smpl} is the {body.gender} SMPL body, but the network's shapes are of the neutral one.",
            "Give SMPL_NEUTRAL.pkl or .npz.",
        )
    return BodyModel(body)


def load_body_of(motion: Motion, smpl: Path | None) -> BodyModel:
    """Return the body that a motion was made with.

    Args:
        smpl: the user's SMPL file, for motions on SMPL's body.
    Raises:
        BodyFileError: the motion needs an SMPL file, and none is given or it is of another gender.
    """
    if motion.body == "open":
        return load_open_body()
    if smpl is None:
        raise BodyFileError("The motion is of the SMPL body, which is not bundled.", "Give your SMPL file by --smpl.")
    body = load_smpl_file(smpl)
    if body.gender != motion.gender:
        raise BodyFileError(
            f"{smpl} is the {body.gender} SMPL body, but the motion is of the {motion.gender} one.",
            f"Give SMPL_{motion.gender.upper()}.pkl or .npz.",
        )
    return BodyModel(body)
