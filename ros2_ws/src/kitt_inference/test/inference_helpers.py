"""Small ONNX graphs with known outputs, and cards to go with them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from kitt_inference.card import HeadSpec, InputSpec, ModelCard, Thresholds
from kitt_inference.detection import ObjectDetector
from kitt_inference.session import open_session


def write_constant_model(path: Path, outputs: dict[str, np.ndarray], shape=(1, 3, 64, 64)) -> Path:
    """A graph that gives the same outputs whatever the picture; it reads its input, as every network does."""
    nodes, tensors, infos = [], [], []
    nodes.append(helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0))
    nodes.append(helper.make_node("Mul", ["mean", "zero"], ["nothing"]))
    tensors.append(numpy_helper.from_array(np.array(0, np.float32), "zero"))
    for name, value in outputs.items():
        tensors.append(numpy_helper.from_array(value.astype(np.float32), f"{name}/value"))
        nodes.append(helper.make_node("Add", [f"{name}/value", "nothing"], [name]))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(value.shape)))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, list(shape))
    graph = helper.make_graph(nodes, "known", [image], infos, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def make_card(tmp_path: Path, head: str, options=None, labels=("ant", "bee", "cat"), **input_fields) -> ModelCard:
    """A card for a 64x64 model."""
    spec = InputSpec(**{"width": 64, "height": 64, "resize": "stretch", **input_fields})
    return ModelCard(
        name="small",
        path=tmp_path / "card.md",
        task="detection",
        file="small.onnx",
        input=spec,
        head=HeadSpec(head, options or {}),
        labels=tuple(labels),
        thresholds=Thresholds(score=0.3),
    )


def make_detector(tmp_path: Path, card: ModelCard, outputs: dict[str, np.ndarray], **settings) -> ObjectDetector:
    """A detector over a graph with known outputs."""
    file = write_constant_model(tmp_path / "small.onnx", outputs, (1, 3, card.input.height, card.input.width))
    return ObjectDetector(card, open_session(file, threads=1), **settings)


def with_options(card: ModelCard, **options) -> ModelCard:
    """The card with other options of its head."""
    return dataclasses.replace(card, head=HeadSpec(card.head.type, {**card.head.options, **options}))
