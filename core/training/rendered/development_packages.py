"""The packages that only rendering needs, imported with a clear error where they are missing.

The picture kernels are compiled by numba (BSD-2), the panoramas are read by OpenEXR (BSD-3). Neither ships.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from ...errors import EngineError

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return the function compiled by numba at its first call.

    Raises (at the call):
        EngineError: numba is not installed.
    """
    try:
        import numba  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        return cast(Function, _missing(function))
    return cast(Function, numba.njit(cache=True, fastmath=True)(function))


def import_openexr() -> Any:
    """Return the module OpenEXR.

    Raises:
        EngineError: it is not installed.
    """
    try:
        import OpenEXR  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise EngineError("Reading panoramas needs OpenEXR, which is not installed.", "pip install OpenEXR") from None
    return OpenEXR


def _missing(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*_arguments: object) -> None:
        raise EngineError(f"Rendering ({function.__name__}) needs numba, which is not installed.", "pip install numba")

    return call
