"""Rewriting of ONNX graphs that leaves the function as it is and makes it faster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kitt_inference.card import InputSpec

_TOLERANCE = 1e-6


def fuse_hard_swish(model: Any) -> int:
    """Replace x * clip(x + 3, 0, 6) / 6, four passes over memory, by x * HardSigmoid(x), two.

    It is how PaddlePaddle exports hard-swish (Howard et al., MobileNetV3, arXiv:1905.02244), and ONNX Runtime does not
    see through it.

    Args:
        model: an onnx.ModelProto, changed in place.

    Returns:
        How many were found.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer if len(tensor.dims) <= 1}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    makers = {output: node for node in graph.node for output in node.output}
    uses: dict[str, int] = {output.name: 1 for output in graph.output}
    for node in graph.node:
        for name in node.input:
            uses[name] = uses.get(name, 0) + 1

    def is_constant(name: str, value: float) -> bool:
        held = constants.get(name)
        return held is not None and held.size == 1 and abs(float(held.reshape(-1)[0]) - value) < _TOLERANCE

    def inner(name: str, kind: str) -> Any:
        """The node that makes a value which nothing else uses, if it is of that kind."""
        node = makers.get(name)
        return node if node is not None and node.op_type == kind and uses[name] == 1 else None

    def swish_of(division: Any) -> tuple[str, list[Any]] | None:
        product = inner(division.input[0], "Mul") if is_constant(division.input[1], 6) else None
        for x, gate in (product.input, reversed(product.input)) if product is not None else ():
            clip = inner(gate, "Clip")
            if clip is None or len(clip.input) != 3 or not is_constant(clip.input[1], 0):
                continue
            total = inner(clip.input[0], "Add")
            if total is None or not is_constant(clip.input[2], 6):
                continue
            if any(a == x and is_constant(b, 3) for a, b in (total.input, reversed(total.input))):
                return x, [product, clip, total]
        return None

    kept, gone, found = [], set(), 0
    for node in graph.node:
        match = swish_of(node) if node.op_type == "Div" else None
        if match is None:
            kept.append(node)
            continue
        x, parts = match
        gone |= {id(part) for part in parts}
        gate = f"{node.output[0]}/gate"
        kept.append(helper.make_node("HardSigmoid", [x], [gate], alpha=1 / 6, beta=0.5))
        kept.append(helper.make_node("Mul", [x, gate], list(node.output)))
        found += 1
    kept = [node for node in kept if id(node) not in gone]
    if found:
        del graph.node[:]
        graph.node.extend(kept)
    return found


def with_pixels(model: Any, spec: InputSpec) -> None:
    """Let a network take uint8 pixels (1, H, W, 3), blue, green, red, and order and normalise the channels itself.

    Args:
        model: an onnx.ModelProto with one float32 input (1, 3, H, W), changed in place. spec: what that input wants.
    """
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    entry = graph.input[0].name
    mean, std = np.array(spec.mean), np.array(spec.std)
    constants = {"scale": spec.scale / std, "shift": -mean / std}
    tensors = [
        numpy_helper.from_array(value.astype(np.float32).reshape(1, 3, 1, 1), f"pixels/{name}")
        for name, value in constants.items()
    ]
    order = [2, 1, 0] if spec.colour == "rgb" else [0, 1, 2]
    tensors.append(numpy_helper.from_array(np.array(order), "pixels/order"))
    # TensorRT takes uint8 inputs only if a Cast reads them.
    nodes = [
        helper.make_node("Cast", ["pixels"], ["pixels/float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["pixels/float"], ["pixels/planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Gather", ["pixels/planes", "pixels/order"], ["pixels/ordered"], axis=1),
        helper.make_node("Mul", ["pixels/ordered", "pixels/scale"], ["pixels/scaled"]),
        helper.make_node("Add", ["pixels/scaled", "pixels/shift"], [entry]),
    ]
    kept = list(graph.node)
    del graph.node[:], graph.input[:]
    graph.node.extend([*nodes, *kept])
    graph.initializer.extend(tensors)
    shape = [1, spec.height, spec.width, 3]
    graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.UINT8, shape))


def optimised(path: Path) -> bytes | None:
    """The rewritten model, None where there is nothing to rewrite, no onnx to do it with, or no readable model."""
    data = path.read_bytes()
    if not all(kind in data for kind in (b"Clip", b"Div", b"Mul", b"Add")):
        return None  # spares most networks the import
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        return None
    try:
        model = onnx.load_model_from_string(data)
        if any(tensor.external_data for tensor in model.graph.initializer):
            return None
        return model.SerializeToString() if fuse_hard_swish(model) else None
    except (DecodeError, ValueError):
        return None  # the engine tells the user what is wrong with it
