"""Which networks a backbone needs, and the estimator that is made of them: the one place that knows all backbones."""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from .contact_estimator import ContactEstimator
from .decomposed_estimator import DecomposedEstimator
from .kept_networks import load_kept_network
from .open_backbone import OpenEstimator
from .pare_backbone import PareEstimator, load_pare_network, load_smpl_body, load_temporal_network
from .person_tracker import LOOK_AHEAD
from .protocol import Warning
from .quality import QUALITIES, landmark_model
from .settings import Backbone, Detector, EstimateSettings, PeopleSettings, TrackingSettings
from .track_poses import TrackEstimator
from .user_backbone import UserEstimator
from .user_network import UserNetwork, load_user_network

MOST_THREADS_PER_NETWORK: Final = 4
"""More only wait for one another in networks this small."""
POSE_NETWORKS: Final = ("open_lifter", "open_temporal")
OPEN_NETWORKS: Final = (*POSE_NETWORKS, "open_contacts")

BUNDLED_DETECTORS: Final[Mapping[Detector, tuple[str, ...]]] = {
    "auto": ("blazepose_detector", "nanodet_detector"),
    "blazepose": ("blazepose_detector",),
    "nanodet": ("nanodet_detector",),
    "yolo": (),
}

RESEARCH_LICENCE: Final = "PARE's and SMPL's: non-commercial scientific research, education and art"
OPEN_LICENCE: Final = "the motion is yours, for any use"

Loader = Callable[[], Any]
"""Loads one network; what it returns says its `engine`, `device` and `weights_sha256`."""


def tracker_loaders(settings: TrackingSettings) -> dict[str, Loader]:
    """Return the loaders of the networks that find and follow people, by name."""
    names = [f"blazepose_{landmark_model(settings)}"]
    if settings.detector_weights is None:
        names += BUNDLED_DETECTORS[settings.detector]
    return {name: _open_loader(name, settings) for name in names}


def backbone_loaders(settings: EstimateSettings) -> dict[str, Loader]:
    """Return the loaders of the backbone's networks, by name; each raises WeightsError, EngineError or OptionError."""
    if settings.backbone == "pare":
        return _pare_loaders(settings)
    if settings.backbone == "onnx":
        assert settings.network is not None
        network = settings.network
        loaders = {name: _open_loader(name, settings) for name in POSE_NETWORKS}
        return {"network": lambda: load_user_network(network, settings.device, _threads(settings)), **loaders}
    return {name: _open_loader(name, settings) for name in OPEN_NETWORKS}


def make_estimator(settings: EstimateSettings, networks: Mapping[str, Any]) -> TrackEstimator:
    """Return the estimator of the networks that `backbone_loaders` loaded.

    Raises:
        BodyFileError: the SMPL body is missing or cannot be used.
    """
    if settings.backbone == "pare":
        body = load_smpl_body(settings.smpl, settings.checkpoint)
        return PareEstimator(networks["pare"], networks.get("pare_temporal"), body)
    estimator = DecomposedEstimator(*(networks[name] for name in POSE_NETWORKS))
    if settings.backbone == "onnx":
        return UserEstimator(networks["network"], estimator, settings.smpl)
    return OpenEstimator(estimator, ContactEstimator(networks["open_contacts"]))


def backbone_warnings(settings: EstimateSettings, networks: Mapping[str, Any]) -> list[Warning]:
    """Return what the user should know about a result of this backbone."""
    network = networks.get("network")
    if settings.backbone == "pare" and settings.temporal_weights is None:
        return [
            Warning(
                "no_temporal_weights",
                "No temporal weights were given: the motion is PARE's own, frame by frame and not smoothed.",
            )
        ]
    if settings.smpl is not None and network is not None and not network.file.betas:
        message = "Your network gives no betas, so your SMPL file is not used: the motion is on the bundled body."
        return [Warning("smpl_not_used", message)]
    return []


def device_warnings(networks: Mapping[str, Any]) -> list[Warning]:
    """Return what happened to networks that had to leave their device, so far."""
    notices = [getattr(network, "notice", "") for network in networks.values()]
    return [Warning("device_left", notice) for notice in notices if notice]


def licence_of(backbone: Backbone, networks: Mapping[str, Any]) -> str:
    """Return the terms that the motion file repeats."""
    if backbone == "pare":
        return RESEARCH_LICENCE
    network = networks.get("network")
    return network.file.licence if isinstance(network, UserNetwork) else OPEN_LICENCE


def _pare_loaders(settings: EstimateSettings) -> dict[str, Loader]:
    device, threads, temporal = settings.device, _threads(settings), settings.temporal_weights
    loaders: dict[str, Loader] = {
        "pare": lambda: load_pare_network(settings.checkpoint, device, threads),
    }
    if temporal is not None:
        loaders["pare_temporal"] = lambda: load_temporal_network(temporal, device, threads)
    return loaders


def _open_loader(name: str, settings: TrackingSettings) -> Loader:
    return lambda: load_kept_network(name, settings.engine, settings.device, _threads(settings))


def _threads(settings: TrackingSettings) -> int:
    # Frames that are looked at together share the cores; see `PersonTracker.update_together`.
    is_apart = isinstance(settings, PeopleSettings) or QUALITIES[settings.quality].looks_hz is not None
    share = (os.cpu_count() or LOOK_AHEAD) // (1 if is_apart else LOOK_AHEAD)
    return settings.threads or max(1, min(share, MOST_THREADS_PER_NETWORK))
