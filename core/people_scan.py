"""The command `people`: who is in a clip, how long, and where, for the user to choose from. No motion is estimated."""

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .backbones import tracker_loaders
from .cancellation import Cancellation
from .errors import NobodyFoundError, OutputError
from .people import places_px
from .people_thumbnails import write_thumbnails
from .person_colors import person_color
from .protocol import FoundPerson, People, Result, place_text
from .reporting import Reporter, StageProgress
from .settings import PeopleSettings
from .settings_check import check_detector, check_range
from .skeleton import BODY_LANDMARKS
from .tracks import Track
from .video import VideoInfo, VideoReader
from .video_pass import expected_frame_count, load_networks, make_tracker, open_video

FloatArray = NDArray[np.float64]

SIGHTING_PERIOD_S: Final = 0.5
"""Any range that `estimate` can make much of holds a sighting, or nearly (PLACE_REACH_FRAMES)."""
MOST_PICTURES: Final = 12
"""So that whatever the user splits off has a picture of its own, but for short pieces of long clips."""


def scan_people(settings: PeopleSettings, reporter: Reporter, cancellation: Cancellation) -> People:
    """Find everyone in the clip, write their pictures, report them and the result.

    Raises:
        OptionError, VideoError, OutputError, WeightsError, EngineError: see each; nothing was written.
        NobodyFoundError: there is nobody.
        CancelledError: the user stopped it; nothing was written.
    """
    started_s = time.monotonic()
    check_range(settings.start, settings.end)
    check_detector(settings)
    if settings.thumbnails is not None and not settings.thumbnails.is_dir():
        raise OutputError(f"The folder {settings.thumbnails} does not exist.", "Make it first, or choose another one.")
    with open_video(settings, reporter, cancellation) as video:
        tracks = _track_everyone(settings, video, reporter, cancellation)
        for warning in video.warnings:
            reporter.emit(warning)
    if not tracks:
        raise NobodyFoundError(
            f"No person was found in {settings.video.name}.",
            "Check the frame range, and that somebody is well visible.",
        )
    qualities = [
        sight_quality(track, [other for other in tracks if other is not track], video.info) for track in tracks
    ]
    found = tuple(
        _describe(rank, track, quality, video.info)
        for rank, (track, quality) in enumerate(zip(tracks, qualities, strict=True), start=1)
    )
    if settings.thumbnails is not None:
        rate_hz = video.info.frame_rate_hz
        sights = [
            {int(track.frame_ids[row]): track.bbox_px[row] for row in picture_rows(quality, rate_hz)}
            for track, quality in zip(tracks, qualities, strict=True)
        ]
        found = write_thumbnails(found, sights, settings.video, settings.thumbnails, reporter, cancellation)
    people = People(found, round(video.info.frame_rate_hz, 4))
    reporter.emit(people)
    reporter.emit(Result((), None, {"people": round(time.monotonic() - started_s, 2)}))
    return people


def _track_everyone(
    settings: PeopleSettings, video: VideoReader, reporter: Reporter, cancellation: Cancellation
) -> list[Track]:
    tracker = make_tracker(settings, load_networks(tracker_loaders(settings), reporter, cancellation))
    progress = StageProgress(reporter, "track", expected_frame_count(settings, video))
    for done, frame in enumerate(video, start=1):
        cancellation.check()
        tracker.update(frame)
        progress.update(done)
    cancellation.check()
    return tracker.finish()


def _describe(rank: int, track: Track, quality: FloatArray, info: VideoInfo) -> FoundPerson:
    row = int(np.argmax(quality))
    places = places_px(track) / (info.width, info.height)
    x, y = places[row]
    width, height = np.median(track.bbox_px[:, 2:] - track.bbox_px[:, :2], axis=0)
    return FoundPerson(
        rank=rank,
        first_frame=int(track.frame_ids[0]),
        last_frame=int(track.frame_ids[-1]),
        seconds=round(len(track.frame_ids) / info.frame_rate_hz, 2),
        box_size=(round(float(width)), round(float(height))),
        color=person_color(rank),
        frame=int(track.frame_ids[row]),
        place=(round(float(x), 4), round(float(y), 4)),
        sightings=tuple(place_text(int(track.frame_ids[row]), *places[row]) for row in sighting_rows(track, quality)),
        spans=spans_of(track.frame_ids),
    )


def spans_of(frame_ids: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Return the first and last frame of each stretch of increasing frames (T,) without a gap."""
    breaks = np.flatnonzero(np.diff(frame_ids) > 1)
    firsts, lasts = frame_ids[np.r_[0, breaks + 1]], frame_ids[np.r_[breaks, -1]]
    return tuple(zip(firsts.tolist(), lasts.tolist(), strict=True))


def picture_rows(quality: FloatArray, frame_rate_hz: float) -> list[int]:
    """Return the rows of which there are pictures, the best sight (T,) first: one a second, at most so many."""
    count = min(max(int(len(quality) / frame_rate_hz), 1), MOST_PICTURES)
    parts = np.array_split(np.arange(len(quality)), count)
    rows = [int(part[np.argmax(quality[part])]) for part in parts]
    return sorted(rows, key=lambda row: -quality[row])


def sighting_rows(track: Track, quality: FloatArray) -> list[int]:
    """Return the row with the best sight (T,) of each half second of a track."""
    periods = np.floor(track.timestamps / SIGHTING_PERIOD_S).astype(int)
    return [
        int(rows[np.argmax(quality[rows])]) for rows in (np.flatnonzero(periods == one) for one in np.unique(periods))
    ]


def sight_quality(track: Track, others: list[Track], info: VideoInfo) -> FloatArray:
    """Return how large, whole, well seen and apart from the others somebody is in each row (T,); larger is better."""
    size_px = np.sqrt((track.bbox_px[:, 2:] - track.bbox_px[:, :2]).prod(axis=1))
    visible = track.visibility[:, list(BODY_LANDMARKS)].mean(axis=1)
    points = track.keypoints2d_px
    whole = ((points >= 0) & (points < (info.width, info.height))).all(axis=2).mean(axis=1)
    apart = np.prod([1 - _covered_share(track, other) for other in others], axis=0)
    quality: FloatArray = size_px * visible * whole * track.presence * apart
    return quality


def _covered_share(track: Track, other: Track) -> FloatArray:
    """Return how much (T,) of somebody's box another one's box covers in each row, 0..1."""
    covered = np.zeros(len(track.frame_ids))
    _, rows, other_rows = np.intersect1d(track.frame_ids, other.frame_ids, return_indices=True)
    boxes, other_boxes = track.bbox_px[rows], other.bbox_px[other_rows]
    sides = np.minimum(boxes[:, 2:], other_boxes[:, 2:]) - np.maximum(boxes[:, :2], other_boxes[:, :2])
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    covered[rows] = np.clip(sides, 0, None).prod(axis=1) / np.maximum(areas, 1e-6)
    return covered
