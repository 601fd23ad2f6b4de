"""Messages as what the page shows of them. Reads their fields; knows no message type."""

from __future__ import annotations

import math
from typing import Any

from kitt_control.ranging import place_of
from kitt_control.world import Camera, TrackFrame
from kitt_text.companions import ASK_AGAIN

_BEAMS = 180  # of a scan that a map needs
_SILENT_S = 5.0  # a node that has not reported for so long is gone
_MOVING, _STANDING = 0.1, 0.03  # m/s
_LEVELS = ("ok", "warn", "error", "stale")


def state(message: Any) -> dict[str, Any]:
    """kitt_interfaces/KittState."""
    names = ("state", "driver", "command", "reason", "target", "target_distance", "speed")
    rows = ("event", "effect", "message", "remedy")
    faults = [{name: getattr(fault, name) for name in rows} for fault in message.faults]
    return {**{name: getattr(message, name) for name in names}, "faults": faults}


def gate(message: Any) -> dict[str, Any]:
    """kitt_interfaces/GateState."""
    names = ("moving_allowed", "verdict", "reason", "message", "stopping_distance", "clearance", "emergency_stop")
    allowed = {"speed": message.allowed.linear.x, "turn": message.allowed.angular.z}
    return {**{name: getattr(message, name) for name in names}, **allowed}


def boxes(frame: TrackFrame, camera: Camera | None, camera_height: float, camera_x: float) -> list[dict[str, Any]]:
    """Tracks as boxes [px: left, top, width, height] with distances [m, from the camera], None where unknown."""
    found = []
    for track in frame.tracks:
        place = place_of(track, camera, camera_height, camera_x) if camera else None
        distance = math.hypot(place.x - camera_x, place.y) if place else None
        box = [track.x - track.w / 2, track.y - track.h / 2, track.w, track.h]
        found.append({"id": track.id, "label": track.label, "score": track.score, "box": box, "distance": distance})
    return found


def odom(x: float, y: float, yaw: float, speed: float, turn: float) -> dict[str, Any]:
    """Pose in odom [m, rad] and speeds [m/s, rad/s]."""
    return {"x": x, "y": y, "yaw": yaw, "speed": speed, "turn": turn}


def scan(message: Any) -> dict[str, Any]:
    """sensor_msgs/LaserScan, thinned: of neighbouring beams the nearest counts. None where nothing was hit."""
    ranges = [float(r) for r in message.ranges]
    step = max(1, math.ceil(len(ranges) / _BEAMS))
    low, high = message.range_min, message.range_max
    near = []
    for first in range(0, len(ranges), step):
        good = [r for r in ranges[first : first + step] if low <= r <= high]
        near.append(min(good) if good else None)
    middle = message.angle_min + message.angle_increment * (step - 1) / 2
    return {"angle": middle, "step": message.angle_increment * step, "ranges": near}


def speech(message: Any) -> dict[str, Any]:
    """kitt_interfaces/Transcript."""
    return {"text": message.text, "language": message.language, "final": bool(message.final)}


def command(message: Any) -> dict[str, Any]:
    """kitt_interfaces/VoiceCommand."""
    names = ("command", "text", "language", "confidence", "source")
    return {name: getattr(message, name) for name in names}


def say(message: Any) -> dict[str, Any]:
    """kitt_interfaces/Say."""
    return {"text": message.text, "language": message.language}


def completions(message: Any) -> dict[str, Any]:
    """kitt_interfaces/Completions."""
    return {"prefix": message.prefix, "language": message.language, "completions": proposals(message.completions)}


def proposals(rows: Any) -> list[dict[str, Any]]:
    """kitt_interfaces/Completion each."""
    return [{name: getattr(row, name) for name in ("text", "suffix", "score", "command")} for row in rows]


def help_typing(completed: Any, corrected: Any, understood: Any) -> dict[str, Any]:
    """Answers of /text/complete, /text/correct and /text/understand, None where none came; «late»: ask again."""
    shown: dict[str, Any] = {"completions": proposals(completed.completions) if completed else []}
    loading = corrected is not None and corrected.reason.endswith(ASK_AGAIN)
    shown["late"] = loading or any(answer is None for answer in (completed, corrected, understood))
    if corrected and corrected.changed:
        shown["corrected"] = corrected.text
    if understood:
        shown |= {"command": understood.command, "confidence": understood.confidence, "reason": understood.reason}
    return shown


def activity(message: Any) -> dict[str, Any]:
    """kitt_interfaces/VoiceActivity; the level as 0 to 1 over 60 dB."""
    level = min(1.0, max(0.0, 1.0 + message.level / 60.0)) if math.isfinite(message.level) else 0.0
    return {"speaking": bool(message.speaking), "own_voice": bool(message.own_voice), "level": level}


def speaker(message: Any) -> dict[str, Any]:
    """kitt_interfaces/SpeakerState."""
    return {"speaking": bool(message.speaking), "text": message.text, "level": message.level}


def battery(message: Any) -> dict[str, Any]:
    """sensor_msgs/BatteryState: charge 0 to 1."""
    return {"charge": message.percentage, "voltage": message.voltage}


class LastStop:
    """Why the car stood still the last time: the gate's words where the gate held it, else the controller's."""

    def __init__(self) -> None:
        self._moved = False
        self._gate = ""

    def gate(self, message: Any) -> None:
        """kitt_interfaces/GateState."""
        refused = message.verdict == "refused"
        # the first of its words counts: later ones tell what it still waits for
        self._gate = (self._gate or message.message or message.reason) if refused else ""

    def state(self, message: Any, wall_s: float) -> dict[str, Any] | None:
        """kitt_interfaces/KittState; the stop where this is one, with the seconds since 1970."""
        speed = abs(message.speed)
        if speed > _MOVING:
            self._moved = True
        elif speed < _STANDING and self._moved:
            self._moved = False
            return {"reason": self._gate or message.reason or message.state, "at": wall_s}
        return None


class Diagnosis:
    """Health of nodes and topics, out of what every node reports to /diagnostics once a second. `now` in s, steady."""

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, Any]] = {}
        self._topics: dict[str, dict[str, Any]] = {}
        self._ages: dict[str, dict[str, float | None]] = {}
        self._seen: dict[str, float] = {}

    def add(self, message: Any, now: float) -> None:
        """diagnostic_msgs/DiagnosticArray."""
        for status in message.status:
            raw = status.level[0] if isinstance(status.level, bytes) else status.level
            level = _LEVELS[min(int(raw), 3)]
            node, _, port = status.name.partition(": ")
            verb, _, topic = port.partition(" ")
            values = {pair.key: pair.value for pair in status.values}
            self._seen[node] = now
            if not port:
                self._nodes[node] = {"node": node, "level": level, "message": status.message}
            elif verb == "publishes":
                rate = _number(values.get("rate_hz"))
                row = {"topic": topic, "node": node, "rate": rate, "level": level, "message": status.message}
                self._topics[topic] = row
            elif verb == "hears":
                self._ages.setdefault(topic, {})[node] = _number(values.get("age_s"))

    def view(self, now: float) -> dict[str, Any]:
        """Nodes, and topics with rate [Hz] and, where somebody hears them, the greatest age on arrival [s]."""
        silent = {node for node, at in self._seen.items() if now - at > _SILENT_S}
        topics = []
        for name in sorted(self._topics):
            ages = [age for node, age in self._ages.get(name, {}).items() if age is not None and node not in silent]
            row = {**self._topics[name], "age": max(ages, default=None)}
            topics.append({**row, "rate": None, "level": "stale"} if row["node"] in silent else row)
        gone = {"level": "stale", "message": "silent"}
        nodes = [self._nodes[n] | (gone if n in silent else {}) for n in sorted(self._nodes)]
        return {"nodes": nodes, "topics": topics}


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
