"""What passes within the detector node, and the messages that it publishes beside detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from kitt_interfaces.msg import ModelStatus, ProcessingTimes
from std_msgs.msg import Header
from vision_msgs.msg import LabelInfo, VisionClass

from kitt_inference.engines.background import BuildState
from kitt_perception.pipeline import Found, Loaded
from kitt_perception.sources.base import Image
from kitt_perception.tracker import Track
from kitt_perception.traffic_light import color_of


@dataclass(frozen=True)
class Job:
    """A picture that was looked at, on its way to the publishers. Times in s; dropped: of the images before it."""

    header: Header
    captured_ns: int
    image: Image
    found: Found
    wait_s: float
    decode_s: float
    dropped: int
    trouble: str = ""  # why the picture cannot be believed


def label_info(loaded: Loaded, header: Header, threshold: float) -> LabelInfo:
    """The model's classes by number, and the least score that is published."""
    names = loaded.detector.card.labels
    classes = [VisionClass(class_id=number, class_name=name) for number, name in enumerate(names)]
    return LabelInfo(header=header, class_map=classes, threshold=threshold)


def model_status(loaded: Loaded, header: Header, node: str, build: BuildState) -> ModelStatus:
    """Which model runs on what, and why; and the engine that is being built, or why there is none."""
    return ModelStatus(
        header=header,
        node=node,
        model=loaded.model,
        model_sha256=loaded.sha256,
        backend=loaded.backend,
        reason=loaded.reason,
        building=build.running,
        progress=build.part if build.running else 1.0,
        message="; ".join(filter(None, (loaded.fallback, build.message))),
    )


def processing_times(job: Job, node: str, publish_s: float, total_s: float) -> ProcessingTimes:
    """Where the time of one image went; publish_s is of the image before. `processed` is left to the caller."""
    loaded, timings = job.found.loaded, job.found.timings
    return ProcessingTimes(
        header=job.header,
        node=node,
        model=loaded.model,
        model_sha256=loaded.sha256,
        backend=loaded.backend,
        wait=job.wait_s,
        decode=job.decode_s,
        preprocess=timings.preprocess / 1e3,
        inference=timings.inference / 1e3,
        postprocess=timings.postprocess / 1e3,
        publish=publish_s,
        total=total_s,
        dropped=job.dropped,
    )


def track_columns(tracks: Sequence[Track], image: Image) -> tuple[Any, ...]:
    """Boxes (N, 4), scores, labels, ids, and the colours of traffic lights, for `DetectionArrays.fill`."""
    return (
        np.array([t.box_xyxy for t in tracks]).reshape(-1, 4),
        [t.score for t in tracks],
        [t.label for t in tracks],
        [str(t.track_id) for t in tracks],
        [color_of(image, t.box_xyxy) if t.label == "traffic light" else "" for t in tracks],
    )
