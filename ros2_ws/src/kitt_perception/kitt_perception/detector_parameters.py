"""Parameters of the detector node."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.contract import TOPICS
from kitt_core.parameters import param

_IMAGE_AGE_S = TOPICS["/camera/image_raw"].max_age_s or 0.2


@dataclass(frozen=True)
class DetectorParameters:
    """Parameters of the detector node."""

    model: str = param("auto", "name in the model zoo, path to a card or an ONNX file, or auto")
    backend: str = param("auto", "what runs the model (onnxruntime, ...), or auto")
    engine: str = param("fp16", "precision of the TensorRT engine built beside: fp32, fp16, int8, off")
    threads: int = param(0, "threads within an operator; 0: all cores but one", low=0, high=64)
    score: float = param(0.0, "least score of a detection; 0: the model card's", low=0.0, high=1.0)
    max_image_age: float = param(_IMAGE_AGE_S, "older images are dropped", unit="s", low=0.01, high=10.0)
    track_high_score: float = param(0.45, "detections assigned to tracks first", low=0.0, high=1.0)
    track_new_score: float = param(0.5, "a detection starts a track from here", low=0.0, high=1.0)
    track_max_age: float = param(3.0, "an unseen track is forgotten after", unit="s", low=0.1, high=30.0)
    track_coast: float = param(0.5, "an unseen track is still published for", unit="s", low=0.0, high=10.0)
