"""Which parts of the feet stand on something, from the landmarks alone, by the contact network."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contact_features import contact_features, contact_times
from .models.engine import Network
from .segments import split_at_gaps
from .tracks import Track

FloatArray = NDArray[np.floating[Any]]


class ContactEstimator:
    """Runs the contact network over a track."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def estimate(self, track: Track, frame_rate_hz: float) -> NDArray[np.float32]:
        """Return how surely each foot part stands, (T, 4) in 0..1: left heel, left toe, right heel, right toe.

        Args:
            track: of a static camera, its sides repaired. A long gap starts anew.
        """
        contacts = np.empty((len(track.frame_ids), 4), np.float32)
        for segment in split_at_gaps(track.frame_ids, frame_rate_hz):
            contacts[segment.rows] = self._estimate_segment(track, segment.rows)
        return contacts

    def _estimate_segment(self, track: Track, rows: slice) -> FloatArray:
        """Return the contacts (rows, 4) of rows without a long gap."""
        timestamps_s = track.timestamps[rows]
        features = contact_features(
            track.keypoints2d_px[rows], track.world_landmarks[rows], track.visibility[rows], timestamps_s
        )
        # (F, 2, 115) to one sequence for each leg.
        logits = self._network.run({"contact_features": features.swapaxes(0, 1)})["logits"]
        columns = logits.swapaxes(0, 1).reshape(len(features), 4).T
        times_s = contact_times(timestamps_s)
        found = np.stack([np.interp(timestamps_s, times_s, column) for column in columns], axis=1)
        surely: FloatArray = 1 / (1 + np.exp(-np.clip(found, -50, 50)))
        return surely
