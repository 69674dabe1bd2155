"""The backbone `blazepose`: the tracker's landmarks through the open lifter and temporal network, on the open body."""

from .body_model import load_open_body
from .contact_estimator import ContactEstimator
from .crop_backbone import CropModel, CropOutputs
from .decomposed_estimator import DecomposedEstimator, Window
from .evidence import Evidence, landmark_evidence
from .track_poses import TrackPoses, one_shape
from .tracks import Track
from .view import View
from .weak_camera import weak_camera_to_pelvis


class OpenEstimator:
    """The landmarks of a track to poses; see `TrackEstimator`."""

    def __init__(self, estimator: DecomposedEstimator, contacts: ContactEstimator) -> None:
        self.crop_model: CropModel | None = None
        self.body = load_open_body()
        self._estimator, self._contacts = estimator, contacts

    def estimate(self, track: Track, _crop_outputs: CropOutputs | None, view: View, window: Window) -> TrackPoses:
        """Return the poses of one track."""
        evidence = track_evidence(track, view)
        sequence = self._estimator.estimate(evidence, track.frame_ids, view.frame_rate_hz, window)
        pelvis_cam = weak_camera_to_pelvis(sequence.weak_camera, evidence, view.focal_length_px)
        betas = one_shape(sequence.betas)
        contacts = self._contacts.estimate(track, view.frame_rate_hz)
        return TrackPoses(
            sequence.rot6d_per_frame, sequence.rot6d, betas, pelvis_cam, wants_refinement=True, contacts=contacts
        )


def track_evidence(track: Track, view: View) -> Evidence:
    """Return what the lifter reads of a track's landmarks."""
    return landmark_evidence(
        track.keypoints2d_px, track.world_landmarks, track.visibility, view.focal_length_px, view.image_size
    )
