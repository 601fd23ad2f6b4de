"""Recorded camera and audio through today's networks, compared with what was stored (openpilot's process replay).

The networks run in step with the recording, on one thread, without ROS between: the same file gives the same output.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kitt_cli.mcap_read import read
from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError

_CAMERA = ("/camera/image_raw/compressed", "/camera/image_raw")
_AUDIO = "/audio"
_SHOWN = 25
_SAME_PLACE = 0.5  # intersection over union


@dataclass(frozen=True)
class Tolerances:
    """What may differ: pixels of a box's edge, score and confidence, seconds of a word's times.

    An object whose score is so near the threshold may come and go: another processor rounds differently.
    """

    box_px: float = 2.0
    score: float = 0.02
    time_s: float = 0.05


def outputs(bag: Path, *, model: str = "auto", score: float = 0.0) -> dict[str, Any]:
    """Detections and tracks of every recorded picture, and what is heard in the recorded audio; plain values for JSON.

    Args:
        score: least score of a detection; 0: the model card's.

    Raises:
        KittError: the file cannot be read, holds neither pictures nor audio, or a model cannot be had.
    """
    from rclpy.serialization import deserialize_message

    from kitt_core.ports import message_type

    frames: list[dict[str, Any]] = []
    ears: Any = None
    eyes: Any = None
    heard: list[dict[str, Any]] = []
    models: dict[str, str] = {}
    settings: dict[str, float] = {}
    first: int | None = None
    camera: str | None = None
    for stored in read(bag, (*_CAMERA, _AUDIO)):
        message = deserialize_message(stored.data, message_type(stored.type))
        stamp = message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
        first = stamp if first is None else first
        at_s = round((stamp - first) * 1e-9, 3)
        if stored.topic == _AUDIO:
            if ears is None:
                ears = _open_ears(models)
            heard += _events(ears.push(_samples(message)))
        elif camera in (None, stored.topic):  # a bag with JPEG and raw pictures holds each twice
            camera = stored.topic
            if eyes is None:
                eyes = _open_eyes(model, score, models)
                settings["least score of a detection"] = round(float(eyes.threshold), 4)
            frames.append({"at": at_s, **_look(eyes, message, stamp * 1e-9)})
    if ears is not None:
        heard += _events(ears.flush())
    found = {"models": models, "settings": settings, "frames": frames, "heard": heard}
    return {"bag_sha256": sha256_of(bag), **found}


def compare(reference: dict[str, Any], found: dict[str, Any], tolerances: Tolerances | None = None) -> list[str]:
    """The differences in words, none where all is within the tolerances."""
    limits = tolerances or Tolerances()
    lines: list[str] = []
    if reference["bag_sha256"] != found["bag_sha256"]:
        lines.append("the reference was made from another recording")
    for kind in ("models", "settings"):
        for name in sorted(reference[kind].keys() | found[kind].keys()):
            before, now = reference[kind].get(name, "none"), found[kind].get(name, "none")
            if before != now:
                lines.append(f"{name}: {before} in the reference, {now} now")
    least = found["settings"].get("least score of a detection", 0.0)
    doubtful = least + limits.score if reference["settings"] == found["settings"] else 0.0
    if len(reference["frames"]) != len(found["frames"]):
        lines.append(f"{len(reference['frames'])} pictures in the reference, {len(found['frames'])} now")
    for before, now in zip(reference["frames"], found["frames"], strict=False):
        for kind, pairs in (("detections", _by_place), ("tracks", _by_id)):
            at = f"{kind} at {now['at']:.3f} s"
            lines += [f"{at}: {text}" for text in _objects(pairs(before[kind], now[kind]), limits, doubtful)]
    lines += _heard(reference["heard"], found["heard"], limits)
    return lines


def load(path: Path) -> dict[str, Any]:
    """A reference.

    Raises:
        KittError: missing, or no reference.
    """
    try:
        reference = json.loads(path.read_text("utf-8"))
        if not {"bag_sha256", "models", "settings", "frames", "heard"} <= reference.keys():
            raise ValueError
    except OSError as error:
        raise KittError(f"{path} cannot be read: {error.strerror}", "make it with --update-refs") from error
    except (ValueError, AttributeError) as error:
        raise KittError(f"{path} is no reference", "make it anew with --update-refs") from error
    return dict(reference)


def save(path: Path, found: dict[str, Any]) -> None:
    """Write a reference, one picture a line, so that a change shows in a diff."""
    parts = [f'"{name}": {json.dumps(found[name])}' for name in ("bag_sha256", "models", "settings")]
    for name in ("frames", "heard"):
        rows = ",\n  ".join(json.dumps(row) for row in found[name])
        parts.append(f'"{name}": [\n  {rows}\n ]')
    path.write_text("{" + ",\n ".join(parts) + "}\n", "utf-8")


def summary(lines: list[str]) -> list[str]:
    """The first differences, and how many more there are."""
    more = len(lines) - _SHOWN
    return lines if more <= 0 else [*lines[:_SHOWN], f"and {more} more"]


Row = dict[str, Any]


def _by_id(before: list[Row], now: list[Row]) -> list[tuple[Row | None, Row | None]]:
    """Tracks that belong together: the same name and id."""
    old = {(row["label"], row["id"]): row for row in before}
    new = {(row["label"], row["id"]): row for row in now}
    return [(old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]


def _by_place(before: list[Row], now: list[Row]) -> list[tuple[Row | None, Row | None]]:
    """Detections that belong together: of one class, those that cover each other most, and half at least."""
    import numpy as np

    from kitt_inference.detection.nms import iou_matrix

    left, right = list(range(len(before))), list(range(len(now)))
    boxes = [np.array([row["box"] for row in rows], np.float32).reshape(-1, 4) for rows in (before, now)]
    iou = iou_matrix(boxes[0], boxes[1])
    pairs: list[tuple[Row | None, Row | None]] = []
    for flat in np.argsort(-iou, axis=None, kind="stable"):
        i, k = divmod(int(flat), len(now))
        if iou[i, k] < _SAME_PLACE:
            break
        if i in left and k in right and before[i]["label"] == now[k]["label"]:
            left.remove(i)
            right.remove(k)
            pairs.append((before[i], now[k]))
    return [*pairs, *((before[i], None) for i in left), *((None, now[k]) for k in right)]


def _objects(pairs: Iterable[tuple[Row | None, Row | None]], limits: Tolerances, doubtful: float) -> Iterable[str]:
    for a, b in pairs:
        row = a or b or {}
        name = f"{row['label']} #{row['id']}"
        if a is None or b is None:
            if row["score"] >= doubtful:
                yield f"{name} is {'new' if a is None else 'missing'} (score {row['score']:.2f})"
            continue
        if abs(a["score"] - b["score"]) > limits.score:
            yield f"{name}: score {b['score']:.3f}, was {a['score']:.3f}"
        off = max(abs(x - y) for x, y in zip(a["box"], b["box"], strict=True))
        if off > limits.box_px:
            yield f"{name}: its box is off by {off:.1f} px"


def _heard(before: list[Any], now: list[Any], limits: Tolerances) -> Iterable[str]:
    for i in range(max(len(before), len(now))):
        if i >= len(now):
            yield f"«{before[i]['text']}» at {before[i]['begin']:.2f} s is not heard any more"
        elif i >= len(before):
            yield f"«{now[i]['text']}» at {now[i]['begin']:.2f} s is heard in addition"
        else:
            a, b = before[i], now[i]
            words = {
                name: (a[name], b[name]) for name in ("command", "text", "language", "slots") if a[name] != b[name]
            }
            for name, (was, is_) in words.items():
                yield f"heard at {b['begin']:.2f} s: {name} {is_!r}, was {was!r}"
            if abs(a["confidence"] - b["confidence"]) > limits.score:
                yield f"«{b['text']}»: confidence {b['confidence']:.3f}, was {a['confidence']:.3f}"
            off = max(abs(a[name] - b[name]) for name in ("begin", "end"))
            if off > limits.time_s:
                yield f"«{b['text']}»: its times are off by {off:.2f} s"


def _open_eyes(model: str, score: float, models: dict[str, str]) -> Any:
    from kitt_perception.pipeline import Pipeline, Wish, load

    loaded = load(Wish(model, "auto", 1))
    models["detector"] = f"{loaded.model} {loaded.sha256[:12]}"
    pipeline = Pipeline(loaded)
    pipeline.score = score
    return pipeline


def _open_ears(models: dict[str, str]) -> Any:
    from kitt_voice.opening import open_ears

    ears = open_ears()
    models["recogniser"] = f"{ears.model.name} {ears.model.sha256[:12]}"
    return ears.recogniser


def _look(eyes: Any, message: Any, stamp_s: float) -> dict[str, list[dict[str, Any]]]:
    import cv2
    import numpy as np

    from kitt_core.convert import msg_to_image

    if hasattr(message, "format"):
        image: Any = cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise KittError("a recorded picture cannot be decoded", "record again")
    else:
        image = msg_to_image(message)
    seen = eyes.track(eyes.detect(image), stamp_s)
    ranks: Counter[str] = Counter()
    detections = []
    found = seen.detections
    for label, score, box in zip(found.labels, found.scores, found.boxes_xyxy, strict=True):
        ranks[label] += 1  # detections have no id: the number only names them in a difference
        detections.append(_row(str(ranks[label]), label, score, box))
    confirmed = [track for track in seen.tracks if track.confirmed]
    tracks = [_row(str(track.track_id), track.label, track.score, track.box_xyxy) for track in confirmed]
    return {"detections": detections, "tracks": tracks}


def _row(name: str, label: str, score: Any, box: Any) -> dict[str, Any]:
    edges = [round(float(value), 2) for value in box]
    return {"id": name, "label": label, "score": round(float(score), 4), "box": edges}


def _samples(message: Any) -> Any:
    import numpy as np

    return np.array(message.samples, np.int16)


def _events(events: Iterable[Any]) -> list[dict[str, Any]]:
    from kitt_voice.heard import Heard

    return [
        {
            "command": event.command,
            "text": event.text,
            "language": event.language,
            "slots": [[slot.name, slot.text] for slot in event.slots],
            "confidence": round(float(event.confidence), 4),
            "begin": round(event.begin_s, 3),
            "end": round(event.end_s, 3),
        }
        for event in events
        if isinstance(event, Heard)
    ]
