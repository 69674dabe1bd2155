"""Checkpoints of the user's networks: read without running anything in them, and loaded strictly.

A checkpoint is a pickle, and a pickle can call any function. Here only tensors come out of it; every other object
becomes an inert stand-in. Used for PARE, VIBE and HMR. Torch is imported when a function is called.
"""

import pickle
import tarfile
import types
import zipfile
from collections import OrderedDict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .errors import EngineError, WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

_ZIP_START: Final = b"PK\x03\x04"
_PICKLE_START: Final = b"\x80"
_UNREADABLE: Final = (
    ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError, MemoryError, OSError,
    pickle.UnpicklingError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What a damaged or hostile pickle may raise on its way."""


class Inert(dict[Any, Any]):
    """Stands for an object of a class that is not allowed; takes everything and does nothing.

    Note: it keeps the entries of a mapping, so that settings inside a checkpoint can still be compared.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __setstate__(self, _: Any) -> None: ...

    def __call__(self, *_: Any, **__: Any) -> "Inert":
        """Return itself, whatever is asked."""
        return self

    def append(self, _: Any) -> None:
        """Ignore a list's entry."""

    def extend(self, _: Any) -> None:
        """Ignore a list's entries."""

    def add(self, _: Any) -> None:
        """Ignore a set's entry."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def read_checkpoint(path: Path) -> dict[Any, Any]:
    """Return the mapping that a file of `torch.save` holds (zip or legacy format), tensors on the CPU.

    Raises:
        WeightsError: missing, damaged, something else than a checkpoint, or a compiled network.
        EngineError: torch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise EngineError("Checkpoints need PyTorch, which is not installed.", "See pytorch.org.") from None
    _check_container(path)
    try:
        content = torch.load(path, map_location="cpu", pickle_module=_restricted_pickle(), weights_only=False)
    except _UNREADABLE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise WeightsError(f"{path} is damaged or not a checkpoint: {reason}.", "Copy or download it again.") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path} holds a {type(content).__name__} instead of named weights.")
    return content


def _check_container(path: Path) -> None:
    """Raise unless the file is one of the two formats of torch.save."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start == _ZIP_START:
            with zipfile.ZipFile(path) as archive:
                names = [Path(name).name for name in archive.namelist()]
        else:
            names = []
    except FileNotFoundError:
        raise WeightsError(f"The checkpoint {path} does not exist.", "Check the path.") from None
    except IsADirectoryError:
        raise WeightsError(f"{path} is a folder.", "Give the checkpoint file in it.") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise WeightsError(f"The checkpoint {path} is cut off or damaged.", "Copy or download it again.") from error
    if start == _ZIP_START and "data.pkl" not in names:
        raise WeightsError(f"{path} is a zip archive without a checkpoint's data.", "Unpack it; the file is inside.")
    # torch.load would run compiled networks and unpack tar archives by other code, which nothing here restricts.
    if "constants.pkl" in names:
        raise WeightsError(f"{path} is a compiled network (TorchScript).", "Give the checkpoint it was made from.")
    if start != _ZIP_START and (not start.startswith(_PICKLE_START) or tarfile.is_tarfile(path)):
        raise WeightsError(f"{path} is not a checkpoint of PyTorch.", "It may be a web page or a pointer to the file.")


def _restricted_pickle() -> types.ModuleType:
    """Return a stand-in for the module `pickle` that builds tensors and nothing else.

    Note: made anew for each file, so that a pickle cannot leave anything behind on the functions it may call.
    """
    import torch

    def rebuild_tensor(storage: Any, offset: int, size: Any, stride: Any, *_: Any) -> Any:
        return torch._utils._rebuild_tensor(storage, offset, size, stride)  # type: ignore[no-untyped-call]

    def rebuild_parameter(tensor: Any, *_: Any) -> Any:
        return tensor

    allowed: dict[tuple[str, str], Any] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor"): rebuild_tensor,
        ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
        ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
    }

    class RestrictedUnpickler(pickle.Unpickler):
        def find_class(self, module_name: str, global_name: str) -> Any:
            known = allowed.get((module_name, global_name))
            # One stand-in class for each name, because classes may be keys of a mapping.
            return known or allowed.setdefault((module_name, global_name), type("Inert", (Inert,), {}))

    def load(file: Any, **options: Any) -> Any:
        return RestrictedUnpickler(file, **options).load()

    module = types.ModuleType("restricted_pickle")
    module.Unpickler = RestrictedUnpickler  # type: ignore[attr-defined]
    module.load = load  # type: ignore[attr-defined]
    return module


def tensors_of(checkpoint: Mapping[Any, Any], path: Path, names: Collection[str] = ()) -> dict[str, "Tensor"]:
    """Return the named tensors of a checkpoint: of the first of `names` that it has, else of the checkpoint itself.

    Raises:
        WeightsError: there are none.
    """
    import torch

    nested = next((checkpoint[name] for name in names if isinstance(checkpoint.get(name), dict)), checkpoint)
    tensors = {key: value for key, value in nested.items() if isinstance(key, str) and isinstance(value, torch.Tensor)}
    if not tensors:
        found = ", ".join(str(key) for key in list(checkpoint)[:8] if isinstance(key, str)) or "nothing with a name"
        raise WeightsError(f"{path} holds no weights; it holds {found}.")
    return tensors


def load_strictly(
    module: "nn.Module", tensors: Mapping[str, "Tensor"], path: Path, may_lack: Collection[str] = ()
) -> None:
    """Copy tensors into a module and set it to evaluation; every name and shape must fit.

    Args:
        tensors: float tensors by the module's names; batch norm's counters may be there and are not looked at.
        may_lack: names that a file need not have.

    Raises:
        WeightsError: names every missing and surplus key and every wrong shape.
    """
    expected = {key: tuple(value.shape) for key, value in module.state_dict().items() if not _is_counter(key)}
    weights = {key: value for key, value in tensors.items() if not _is_counter(key)}
    found = {key: tuple(value.shape) for key, value in weights.items()}
    required = {key: shape for key, shape in expected.items() if key in found or key not in may_lack}
    if faults := describe_differences(found, required):
        raise WeightsError(f"The weights {path} do not fit the network: {'; '.join(faults)}.")
    module.load_state_dict(weights, strict=False)
    module.eval()


def _is_counter(key: str) -> bool:
    return key.endswith("num_batches_tracked")


def describe_differences(found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return a phrase for the missing keys, one for the surplus ones and one for the wrong shapes; none if all fit."""
    phrases = []
    if missing := expected.keys() - found.keys():
        phrases.append(f"missing {', '.join(_fold(missing, found))}")
    if surplus := found.keys() - expected.keys():
        phrases.append(f"not expected {', '.join(_fold(surplus, expected))}")
    wrong = [
        f"{key} {found[key]} instead of {expected[key]}"
        for key in sorted(expected.keys() & found.keys())
        if found[key] != expected[key]
    ]
    if wrong:
        phrases.append(f"wrong shape {', '.join(wrong)}")
    return phrases


def _fold(keys: Collection[str], others: Collection[str]) -> list[str]:
    """Return keys in order, those of a whole module as `module.* (count)`: one of which `others` has no key at all."""
    taken = {prefix for key in others for prefix in _prefixes(key)}
    counts: dict[str, int] = {}
    for key in sorted(keys):
        free = (f"{prefix}.*" for prefix in _prefixes(key) if prefix not in taken)
        name = next(free, key)
        counts[name] = counts.get(name, 0) + 1
    return [f"{name} ({count})" if name.endswith(".*") else name for name, count in counts.items()]


def _prefixes(key: str) -> list[str]:
    """Return the modules that a key lies in, outermost first."""
    parts = key.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
