"""Average precision of a detector on the user's own photographs (COCO annotations, pycocotools)."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.detection.detector import Detections, ObjectDetector
from kitt_inference.errors import KittError
from kitt_inference.pictures import read_picture

Array = np.ndarray[Any, Any]

# The customary setting for AP: low-scored boxes count, they only lengthen the curve.
SCORE, NMS_IOU, MAX_DETECTIONS = 0.01, 0.6, 100


@dataclass(frozen=True)
class Evaluation:
    """COCO figures in points (0 to 100); -1 where the annotations hold no box of that kind."""

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    recall100: float
    images: int
    boxes: int
    category_ids: tuple[int, ...]
    inference_ms: float


@dataclass(frozen=True)
class Annotations:
    """COCO annotations as read."""

    data: dict[str, Any]
    path: Path

    @property
    def categories(self) -> dict[str, int]:
        """Category ids by name."""
        return {category["name"]: category["id"] for category in self.data["categories"]}


def load_annotations(path: Path) -> Annotations:
    """Read COCO annotations. Raises KittError when the file is missing or not in COCO's format."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        for key, fields in (
            ("images", ("id", "file_name")),
            ("categories", ("id", "name")),
            ("annotations", ("image_id", "category_id", "bbox")),
        ):
            for entry in data[key]:
                for field in fields:
                    entry[field]
    except OSError as error:
        raise KittError(f"the annotations {path} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise KittError(
            f"{path} is no COCO annotation file ({error!r})",
            "it needs images (id, file_name), categories (id, name) and annotations (image_id, category_id, bbox)",
        ) from error
    for annotation in data["annotations"]:
        # Optional fields that pycocotools takes for granted.
        annotation.setdefault("iscrowd", 0)
        annotation.setdefault("area", annotation["bbox"][2] * annotation["bbox"][3])
    for number, annotation in enumerate(data["annotations"], 1):
        annotation.setdefault("id", number)
    return Annotations(data, path)


def find_image(folder: Path, file_name: str) -> Path:
    """An annotated photograph: under the folder by its whole name or by its last part. Raises KittError."""
    for place in (folder / file_name, folder / Path(file_name).name):
        if place.is_file():
            return place
    raise KittError(
        f"the photograph {file_name} is not under {folder}", "give --images the folder its name starts from"
    )


def evaluate(
    detector: ObjectDetector,
    annotations: Path,
    images: Path,
    cat_ids: Sequence[int] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Evaluation:
    """Run a detector over annotated photographs and give COCO's figures.

    Where an image has `labelled_category_ids` (Open Images: only some classes were looked for in it), detections of
    other classes in it are not counted. The detector's own thresholds apply: see SCORE, NMS_IOU, MAX_DETECTIONS.

    Args:
        cat_ids: count only these categories.

    Raises:
        KittError: a file is missing or unreadable, or the model and the annotations share no class.
    """
    truth = load_annotations(annotations)
    shared = {label: truth.categories[label] for label in detector.card.labels if label in truth.categories}
    if not shared:
        raise KittError(f"{detector.card.name} and {annotations} share no class name")
    unknown = sorted(set(cat_ids or ()) - set(truth.categories.values()))
    if unknown:
        raise KittError(f"--cat-ids: {annotations} has no category {unknown[0]}")
    results: list[dict[str, Any]] = []
    spent = []
    entries = truth.data["images"]
    for number, entry in enumerate(entries, 1):
        path = find_image(images, entry["file_name"])
        found = detector.detect(read_picture(path))
        spent.append(detector.timings.inference)
        results += coco_results(entry, found, shared)
        progress(number, len(entries))
    return score_results(truth, results, cat_ids, float(np.median(spent)) if spent else 0.0)


def coco_results(entry: dict[str, Any], found: Detections, category_of: dict[str, int]) -> Iterable[dict[str, Any]]:
    """Detections of one image as COCO results, less classes that were not looked for in it."""
    allowed = entry.get("labelled_category_ids")
    for box, score, label in zip(found.boxes_xyxy, found.scores, found.labels, strict=True):
        category = category_of.get(label)
        if category is None or (allowed and category not in allowed):
            continue
        left, top, right, bottom = (float(value) for value in box)
        bbox = [left, top, right - left, bottom - top]
        yield {"image_id": entry["id"], "category_id": category, "bbox": bbox, "score": float(score)}


def score_results(
    truth: Annotations, results: list[dict[str, Any]], cat_ids: Sequence[int] | None, inference_ms: float = 0.0
) -> Evaluation:
    """COCO's figures for a list of results. Raises KittError when pycocotools is missing."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise KittError("AP needs the package pycocotools, which is missing", "pip install pycocotools") from error
    categories = sorted(cat_ids or {a["category_id"] for a in truth.data["annotations"]})
    boxes = sum(a["category_id"] in categories and not a["iscrowd"] for a in truth.data["annotations"])
    if not boxes:
        raise KittError(f"{truth.path} has no box of the categories {categories}")
    # pycocotools prints its progress; standard output belongs to our caller.
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth.data
        coco.createIndex()
        if not results:
            # loadRes refuses an empty list, though finding nothing is a result.
            return _evaluation([0.0] * 12, truth, boxes, categories, inference_ms)
        run = COCOeval(coco, coco.loadRes(results), "bbox")
        run.params.catIds = categories
        run.evaluate()
        run.accumulate()
        run.summarize()
    return _evaluation(run.stats, truth, boxes, categories, inference_ms)


def _evaluation(
    stats: Sequence[float], truth: Annotations, boxes: int, categories: list[int], inference_ms: float
) -> Evaluation:
    points = [float(value) * 100 if value >= 0 else -1.0 for value in stats]
    return Evaluation(
        ap=points[0],
        ap50=points[1],
        ap75=points[2],
        ap_small=points[3],
        ap_medium=points[4],
        ap_large=points[5],
        recall100=points[8],
        images=len(truth.data["images"]),
        boxes=boxes,
        category_ids=tuple(categories),
        inference_ms=inference_ms,
    )
