"""The object detector: a card and a session, pictures in, boxes out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kitt_inference.card import ModelCard
from kitt_inference.detection.heads import Candidates, make_head
from kitt_inference.detection.nms import batched_nms
from kitt_inference.detection.preprocess import check_picture, preprocess
from kitt_inference.detection.tiles import Tile, cut_boxes, drop_doubles, merge_cut, plan_tiles
from kitt_inference.errors import KittError
from kitt_inference.session import Session, open_session

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Detections:
    """What was found in a picture, best score first.

    Attributes:
        boxes_xyxy: float32 (N, 4), left, top, right, bottom in pixels of the picture given.
        scores: float32 (N,), 0 to 1.
        class_ids: int64 (N,), index into the card's labels.
        labels: the N class names.
    """

    boxes_xyxy: Array
    scores: Array
    class_ids: Array
    labels: tuple[str, ...]

    def __len__(self) -> int:
        """The number of detections."""
        return len(self.scores)


@dataclass(frozen=True)
class Timings:
    """Milliseconds the last picture took."""

    preprocess: float = 0.0
    inference: float = 0.0
    postprocess: float = 0.0

    @property
    def total(self) -> float:
        """Their sum."""
        return self.preprocess + self.inference + self.postprocess


class ObjectDetector:
    """Finds objects in pictures. Not for use by two threads at once; the same picture always gives the same boxes."""

    def __init__(
        self,
        card: ModelCard,
        session: Session,
        *,
        score: float | None = None,
        nms_iou: float | None = None,
        max_detections: int | None = None,
        tiled: bool = True,
    ) -> None:
        """Check that card and session fit.

        Args:
            card: the model's card.
            session: the loaded model.
            score, nms_iou, max_detections: instead of the card's thresholds.
            tiled: cut wide pictures into tiles; False squashes or letterboxes them like any other.

        Raises:
            KittError: the card's input is not the model's, the head is unknown, or a threshold is out of range.
        """
        self.card = card
        self.session = session
        self.score = card.thresholds.score if score is None else score
        self.nms_iou = card.thresholds.nms_iou if nms_iou is None else nms_iou
        self.max_detections = card.thresholds.max_detections if max_detections is None else max_detections
        self.tiled = tiled
        self.timings = Timings()
        self.before_network: Callable[[], None] | None = None
        """Called when the tensors are ready: what it starts elsewhere runs beside the network."""
        if not 0 <= self.score <= 1 or not 0 < self.nms_iou <= 1 or self.max_detections < 1:
            raise KittError(
                f"score {self.score}, nms_iou {self.nms_iou} or max_detections {self.max_detections} is out of range",
                "score 0 to 1, nms_iou above 0 up to 1, max_detections 1 or more",
            )
        self._input = self._check_input()
        self._head = make_head(card)

    def _check_input(self) -> Any:
        spec, inputs = self.card.input, self.session.inputs
        if len(inputs) != 1:
            names = ", ".join(tensor.name for tensor in inputs)
            raise KittError(
                f"the model of {self.card.path} has {len(inputs)} inputs ({names})", "export it with one, the picture"
            )
        nchw = spec.layout == "nchw"
        wanted = (1, 3, spec.height, spec.width) if nchw else (1, spec.height, spec.width, 3)
        shape = inputs[0].shape
        if len(shape) != 4 or any(have not in (-1, want) for have, want in zip(shape, wanted, strict=True)):
            raise KittError(
                f"the model card {self.card.path} says the input is {'x'.join(map(str, wanted))}, "
                f"the model's «{inputs[0].name}» is {'x'.join(map(str, shape))}",
                "mend input.size or input.layout in the card",
            )
        return inputs[0]

    def detect(self, bgr: Array) -> Detections:
        """Find the objects in a picture.

        Args:
            bgr: uint8 (H, W, 3), blue, green, red.

        Returns:
            The detections above the score threshold, after suppression. `timings` then holds how long it took.

        Raises:
            KittError: it is no such array, or the model's outputs do not fit its card.
        """
        check_picture(bgr)
        height, width = bgr.shape[:2]
        spec = self.card.input
        tiles = [Tile(0, 0, width, height)]
        if self.tiled:
            tiles = plan_tiles(width, height, spec.width / spec.height, self.card.tiling)
        spent = np.zeros(3)
        found = [self._detect_tile(bgr, tile, spent) for tile in tiles]
        begin = time.perf_counter()
        result = self._merge(found, tiles, width, height)
        spent[2] += time.perf_counter() - begin
        self.timings = Timings(*(float(seconds) * 1e3 for seconds in spent))
        return result

    def _detect_tile(self, bgr: Array, tile: Tile, spent: Array) -> Candidates:
        """Boxes of one tile in picture pixels, suppressed; adds the seconds spent."""
        times = [time.perf_counter()]
        part = bgr[tile.top : tile.bottom, tile.left : tile.right]
        tensor, placement = preprocess(part, self.card.input, self._input.dtype)
        times.append(time.perf_counter())
        if self.before_network is not None:
            self.before_network()
        outputs = self.session.run({self._input.name: tensor})
        times.append(time.perf_counter())
        raw = self._head.decode(outputs, self.score)
        boxes = placement.to_picture(raw.boxes) + np.array([tile.left, tile.top] * 2, np.float32)
        order = self._suppress(boxes, raw.scores, raw.class_ids)
        times.append(time.perf_counter())
        spent += np.diff(times)
        return Candidates(boxes[order], raw.scores[order], raw.class_ids[order])

    def _suppress(self, boxes: Array, scores: Array, class_ids: Array) -> Array:
        if self._head.suppress:
            return batched_nms(boxes, scores, class_ids, self.nms_iou, limit=self.max_detections)
        return np.argsort(-scores, kind="stable")[: self.max_detections]

    def _merge(self, found: list[Candidates], tiles: list[Tile], width: int, height: int) -> Detections:
        boxes = np.concatenate([part.boxes for part in found])
        scores = np.concatenate([part.scores for part in found])
        class_ids = np.concatenate([part.class_ids for part in found])
        if len(tiles) > 1:
            tile_ids = np.repeat(np.arange(len(tiles)), [len(part.scores) for part in found])
            cut = np.concatenate(
                [cut_boxes(part.boxes, tile, width, height) for part, tile in zip(found, tiles, strict=True)]
            )
            boxes, keep = merge_cut(boxes, scores, class_ids, tile_ids, cut)
            keep = keep[drop_doubles(boxes[keep], scores[keep], class_ids[keep], tile_ids[keep])]
            # Two tiles see one thing at slightly different sizes: here suppression is needed whatever the head.
            keep = keep[
                batched_nms(boxes[keep], scores[keep], class_ids[keep], self.nms_iou, limit=self.max_detections)
            ]
            boxes, scores, class_ids = boxes[keep], scores[keep], class_ids[keep]
        ids = class_ids.astype(np.int64)
        names = tuple(self.card.labels[index] for index in ids)
        return Detections(boxes.astype(np.float32), scores.astype(np.float32), ids, names)


def open_detector(
    model: str = "auto", backend: str = "auto", threads: int = 0, score: float | None = None
) -> ObjectDetector:
    """A detector by its model's name, fetched when it is not here yet.

    Args:
        model: "auto", a name of the zoo, or a path to a card or an ONNX file with a card beside it.
        backend: see `open_session`. threads: see `open_session`. score: instead of the card's threshold.

    Raises:
        KittError: the model cannot be had or run.
    """
    from kitt_inference import zoo

    resolved = zoo.resolve(model)
    return ObjectDetector(resolved.card, open_session(resolved.file, backend, threads), score=score)
