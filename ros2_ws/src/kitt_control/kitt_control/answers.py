"""Answers about what the car sees, in the operator's language."""

from __future__ import annotations

from collections import Counter

from kitt_control.parameters import ControllerParameters
from kitt_control.ranging import place_of
from kitt_control.world import Camera, Track, TrackFrame
from kitt_text.grammar import Grammar
from kitt_text.nouns import counted
from kitt_text.phrases import say

ANSWER_SCORE = 0.35
"""Weaker tracks are not spoken of."""


def _visible(frame: TrackFrame | None) -> list[Track] | None:
    return None if frame is None else [track for track in frame.tracks if track.score >= ANSWER_SCORE]


def side_of(track: Track, camera: Camera) -> str:
    """left, ahead or right: thirds of the image."""
    share = track.x / camera.width
    return "left" if share < 1 / 3 else "right" if share > 2 / 3 else "ahead"


def what_do_you_see(frame: TrackFrame | None, language: str, grammar: Grammar) -> str:
    """Counts of each class, most frequent first."""
    tracks = _visible(frame)
    if tracks is None:
        return say("blind", language)
    counts = Counter(track.label for track in tracks)
    if not counts:
        return say("i_see_nothing", language)
    things = [_things(label, n, language, grammar) for label, n in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
    listed = things[0] if len(things) == 1 else f"{', '.join(things[:-1])} {say('and', language)} {things[-1]}"
    return say("i_see", language, things=listed)


def how_many(frame: TrackFrame | None, label: str, language: str, grammar: Grammar) -> str:
    """The count of one class."""
    tracks = _visible(frame)
    if tracks is None:
        return say("blind", language)
    count = sum(track.label == label for track in tracks)
    if not count:
        return say("refused_target", language, target=grammar.name_of(label, language))
    return say("i_see", language, things=_things(label, count, language, grammar))


def where_is(
    frame: TrackFrame | None,
    camera: Camera | None,
    label: str,
    language: str,
    *,
    grammar: Grammar,
    p: ControllerParameters,
) -> str:
    """Side and rough distance of the nearest of a class."""
    tracks, name = _visible(frame), grammar.name_of(label, language)
    if tracks is None or camera is None or not camera.valid():
        return say("blind", language)
    seen = [(place_of(t, camera, p.camera_height, p.camera_x), t) for t in tracks if t.label == label]
    if not seen:
        return say("refused_target", language, target=name)
    place, track = min(seen, key=lambda pair: pair[0].x if pair[0] is not None else 1e9)
    side = say(f"side_{side_of(track, camera)}", language)
    if place is None:
        return say("where_far", language, target=name, side=side)
    return say("where", language, target=name, side=side, distance=max(1, round(place.x - p.front)))


def _things(label: str, count: int, language: str, grammar: Grammar) -> str:
    return counted(count, grammar.name_of(label, language), grammar.name_of(label, language, 2), language)
