"""From a checkpoint to the robot's files: one step of the language model in ONNX, in float and in int8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from kitt_inference.download import sha256_of
from kitt_learning.onnx_graph import Graph
from kitt_learning.text.lm_network import WordsNetwork

Array = npt.NDArray[np.float32]


def _product(graph: Graph, name: str, left: str, weights: Array, bias: Array, int8: bool) -> str:
    """left (B, K) times weights (K, N) plus bias."""
    graph.constant(f"{name}_bias", bias)
    if not int8:
        graph.node("MatMul", [left, graph.constant(f"{name}_w", weights)], f"{name}_product")
        return graph.node("Add", [f"{name}_product", f"{name}_bias"], f"{name}_out")
    quantised, scale = _int8(weights, axis=0)
    graph.constant(f"{name}_w", quantised)
    return _quantised(graph, name, left, f"{name}_w", scale)


def _int8(weights: Array, axis: int) -> tuple[npt.NDArray[np.int8], Array]:
    """Symmetric int8 with one scale for each slice across `axis`."""
    scale = np.maximum(np.abs(weights).max(axis=axis, keepdims=True), 1e-9) / 127
    return np.rint(weights / scale).astype(np.int8), scale.astype(np.float32).squeeze(axis)


def _quantised(graph: Graph, name: str, left: str, weights: str, scale: Array) -> str:
    """The product in integers: `left` is quantised as it comes (ONNX's dynamic quantisation)."""
    outputs = [f"{name}_q", f"{name}_q_scale", f"{name}_q_zero"]
    graph.node("DynamicQuantizeLinear", [left], *outputs)
    graph.node("MatMulInteger", [outputs[0], weights, outputs[2]], f"{name}_int")
    graph.node("Cast", [f"{name}_int"], f"{name}_float", to=TensorProto.FLOAT)
    graph.node("Mul", [outputs[1], graph.constant(f"{name}_scale", scale)], f"{name}_scales")
    graph.node("Mul", [f"{name}_float", f"{name}_scales"], f"{name}_product")
    return graph.node("Add", [f"{name}_product", f"{name}_bias"], f"{name}_out")


def export(net: WordsNetwork, path: Path, int8: bool = True) -> None:
    """Write the step: token (B,), h and c (1, B, hidden) to log_probs (B, pieces), h_out, c_out.

    The embedding stands once in the int8 file, for input and output.
    """
    shape, weights = net.shape, {name: value.detach().numpy() for name, value in net.state_dict().items()}
    graph = Graph()
    table, bias = weights["embedding.weight"], weights["bias"]
    first = graph.constant("first", np.array([0]))
    if int8:
        quantised, scale = _int8(table, axis=1)
        graph.constant("table", quantised)
        graph.constant("table_scale", scale[:, None])
        graph.node("Gather", ["table", "token"], "row_int")
        graph.node("Cast", ["row_int"], "row", to=TensorProto.FLOAT)
        graph.node("Gather", ["table_scale", "token"], "row_scale")
        graph.node("Mul", ["row", "row_scale"], "x")
    else:
        graph.constant("table", table)
        graph.node("Gather", ["table", "token"], "x")
    graph.node("Squeeze", ["h", first], "h_flat")
    graph.node("Squeeze", ["c", first], "c_flat")
    graph.node("Concat", ["x", "h_flat"], "both", axis=1)
    gates = np.concatenate((weights["lstm.weight_ih_l0"], weights["lstm.weight_hh_l0"]), axis=1).T
    gates_bias = weights["lstm.bias_ih_l0"] + weights["lstm.bias_hh_l0"]
    out = _product(graph, "gates", "both", gates, gates_bias, int8)
    graph.constant("parts", np.full(4, shape.hidden))
    graph.node("Split", [out, "parts"], "i", "f", "g", "o", axis=1)
    for gate, kind in (("i", "Sigmoid"), ("f", "Sigmoid"), ("g", "Tanh"), ("o", "Sigmoid")):
        graph.node(kind, [gate], f"{gate}_on")
    graph.node("Mul", ["f_on", "c_flat"], "kept")
    graph.node("Mul", ["i_on", "g_on"], "new")
    graph.node("Add", ["kept", "new"], "c_next")
    graph.node("Tanh", ["c_next"], "c_tanh")
    graph.node("Mul", ["o_on", "c_tanh"], "h_next")
    graph.node("Unsqueeze", ["h_next", first], "h_out")
    graph.node("Unsqueeze", ["c_next", first], "c_out")
    query = _product(graph, "query", "h_next", weights["query.weight"].T, weights["query.bias"], int8)
    graph.constant("out_bias", bias)
    graph.node("Transpose", ["table"], "table_across", perm=[1, 0])
    if int8:
        logits = _quantised(graph, "out", query, "table_across", scale)
    else:
        graph.node("MatMul", [query, "table_across"], "out_product")
        logits = graph.node("Add", ["out_product", "out_bias"], "out_out")
    graph.node("LogSoftmax", [logits], "log_probs", axis=-1)
    state: list[int | str] = [1, "batch", shape.hidden]
    outputs: dict[str, list[int | str]] = {"log_probs": ["batch", shape.pieces], "h_out": state, "c_out": state}
    graph.save(path, "kitt_words", {"token": ["batch"], "h": state, "c": state}, outputs, integers=["token"])


def write_card(folder: Path, name: str) -> Path:
    """A card beside NAME_int8.onnx and its files with what the robot checks; figures and data are for you to add."""
    file, pieces, table = folder / f"{name}_int8.onnx", folder / "pieces.model", folder / "followers.npz"
    head = {
        "name": name, "task": "text", "file": file.name, "sha256": sha256_of(file),
        "sha256_pieces": sha256_of(pieces), "size": file.stat().st_size, "licence": "yours",
    }  # fmt: skip
    if table.is_file():
        head["sha256_followers"] = sha256_of(table)
    lines = "".join(f"{key}: {value}\n" for key, value in head.items())
    card = folder / "card.md"
    card.write_text(f"---\n{lines}---\n# A language model of your own\n\nMeasured: `./kitt eval text`.\n", "utf-8")
    return card
