"""The settings that PARE's weights were trained with, and the check of a user's yaml file against them.

Several of them change the result without changing any name or shape of the weights, so a file that loads proves
nothing about them. Standard library only: Blender ships no yaml reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .errors import WeightsError

Value = bool | float | str | None


@dataclass(frozen=True)
class Setting:
    """One setting: what this implementation computes, and what PARE's code takes where a file does not say."""

    required: Value
    default: Value


_OFF: Final = Setting(False, False)

SETTINGS: Final[dict[str, Setting]] = {
    "METHOD": Setting("pare", "pare"),
    "DATASET.IMG_RES": Setting(224.0, 224.0),
    "DATASET.FOCAL_LENGTH": Setting(5000.0, 5000.0),
    "DATASET.USE_HEATMAPS": Setting("part_segm", ""),
    "PARE.BACKBONE": Setting("hrnet_w32-conv", "resnet50"),
    "PARE.NUM_JOINTS": Setting(24.0, 24.0),
    "PARE.NUM_FEATURES_SMPL": Setting(64.0, 64.0),
    "PARE.SOFTMAX_TEMP": Setting(1.0, 1.0),
    "PARE.NUM_DECONV_LAYERS": Setting(2.0, 3.0),
    "PARE.NUM_DECONV_FILTERS": Setting(128.0, 256.0),
    "PARE.USE_KEYPOINT_ATTENTION": Setting(True, False),
    "PARE.KEYPOINT_ATTENTION_ACT": Setting("softmax", "softmax"),
    "PARE.ITERATIVE_REGRESSION": _OFF,
    "PARE.USE_KEYPOINT_FEATURES_FOR_SMPL_REGRESSION": _OFF,
    "PARE.USE_SCALE_KEYPOINT_ATTENTION": _OFF,
    "PARE.USE_POSTCONV_KEYPOINT_ATTENTION": _OFF,
    "PARE.USE_MEAN_CAMSHAPE": _OFF,
    "PARE.USE_MEAN_POSE": _OFF,
    "PARE.USE_COATTENTION": _OFF,
    "PARE.USE_SOFT_ATTENTION": _OFF,
    "PARE.USE_HMR_REGRESSION": _OFF,
    "PARE.USE_RESNET_CONV_HRNET": _OFF,
    "PARE.USE_POS_ENC": _OFF,
    "PARE.USE_FINAL_NONLOCAL": _OFF,
    "PARE.USE_BRANCH_NONLOCAL": _OFF,
    "PARE.NUM_BRANCH_ITERATION": _OFF,
}


def check_pare_yaml(path: Path) -> None:
    """Raise unless a yaml file describes the network that `core.models.pare` computes.

    Raises:
        WeightsError: unreadable, not PARE's settings, or a setting that changes the result; all are named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WeightsError(f"The settings file {path} does not exist.", "Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"The settings file {path} cannot be read: {error}.") from error
    values = parse_yaml(text)
    if not any(name.startswith("PARE.") for name in values):
        raise WeightsError(f"{path} has no section PARE.", "Give the yaml file that came with the checkpoint.")
    _refuse(path, {name: values.get(name, setting.default) for name, setting in SETTINGS.items()})


def check_pare_settings(settings: Mapping[Any, Any], path: Path) -> None:
    """Raise WeightsError unless the settings inside a checkpoint fit; one that is not there is not looked at."""
    _refuse(path, {name: value for name, value in _flatten(settings).items() if name in SETTINGS})


def parse_yaml(text: str) -> dict[str, Value]:
    """Return the scalars of a yaml file of sections and keys as `SECTION.KEY`.

    Note: reads the plain form that yacs writes. A list of one entry counts as the entry; other lists are left as text,
    and entries on lines of their own are skipped.
    """
    values: dict[str, Value] = {}
    sections: list[tuple[int, str]] = []
    for line in text.splitlines():
        content = _without_comment(line)
        name, colon, value = (part.strip() for part in content.partition(":"))
        if not colon or name.startswith(("-", "{", "[")):
            continue
        indent = len(content) - len(content.lstrip())
        sections = [section for section in sections if section[0] < indent]
        if value:
            values[".".join([*(section for _, section in sections), name.strip("'\"")])] = _scalar(value)
        else:
            sections.append((indent, name.strip("'\"")))
    return values


def _without_comment(line: str) -> str:
    """Return a line up to a `#` that starts it or follows a space, outside quotes."""
    quote = ""
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and (index == 0 or line[index - 1].isspace()):
            return line[:index].rstrip()
    return line.rstrip()


def _scalar(text: str) -> Value:
    if text.startswith("[") and text.endswith("]") and "," not in text:
        text = text[1:-1].strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    words: dict[str, Value] = {"true": True, "false": False, "null": None, "none": None, "~": None, "": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return float(text)
    except ValueError:
        return text


def _flatten(settings: Mapping[Any, Any]) -> dict[str, Any]:
    """Return sections of keys as one mapping with `SECTION.KEY` names."""
    values: dict[str, Any] = {}
    for section, content in settings.items():
        if isinstance(content, Mapping):
            values.update({f"{section}.{key}": value for key, value in content.items()})
        else:
            values[str(section)] = content
    return values


def _refuse(path: Path, values: Mapping[str, Any]) -> None:
    """Raise WeightsError when a value is not the required one, naming all."""
    wrong = [
        f"{name} is {_show(value)} instead of {_show(SETTINGS[name].required)}"
        for name, value in values.items()
        if not _is_same(value, SETTINGS[name].required)
    ]
    if wrong:
        raise WeightsError(
            f"{path} describes another network than the published PARE: {'; '.join(wrong)}.",
            "The result would be wrong without any other sign, so it is not used.",
        )


def _is_same(value: Any, required: Value) -> bool:
    if not isinstance(value, bool | int | float | str | None):
        return False
    if not required:
        return not value
    if isinstance(value, str) and isinstance(required, str):
        return value.strip().lower() == required
    return value == required


def _show(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)
