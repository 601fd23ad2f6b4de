"""Messages that the detector node publishes once a model is loaded."""

from __future__ import annotations

from kitt_interfaces.msg import ModelStatus
from std_msgs.msg import Header
from vision_msgs.msg import LabelInfo, VisionClass

from kitt_perception.pipeline import Loaded


def label_info(loaded: Loaded, header: Header, threshold: float) -> LabelInfo:
    """The model's classes by number, and the least score that is published."""
    names = loaded.detector.card.labels
    classes = [VisionClass(class_id=number, class_name=name) for number, name in enumerate(names)]
    return LabelInfo(header=header, class_map=classes, threshold=threshold)


def model_status(loaded: Loaded, header: Header, node: str) -> ModelStatus:
    """Which model runs on what, and why."""
    return ModelStatus(
        header=header,
        node=node,
        model=loaded.model,
        model_sha256=loaded.sha256,
        backend=loaded.backend,
        reason=loaded.reason,
        progress=1.0,
        message=loaded.fallback,
    )
