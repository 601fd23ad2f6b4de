"""From a checkpoint to the robot's files: one step of the network in ONNX, with its state as inputs and outputs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper

from kitt_inference.errors import KittError
from kitt_learning.program import program
from kitt_learning.speech import network
from kitt_text.phones import PHONES
from kitt_voice.acoustic import INPUTS, OUTPUTS
from kitt_voice.models import SHIPPED

PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
_ORDER = (0, 3, 1, 2)
"""torch's gates i, f, g, o as ONNX's i, o, f, c."""
TORCH = (0, 2, 3, 1)
"""The other way round, for `gates`."""


def load(checkpoint: Path) -> network.Ears:
    """The network with the mean weights of a checkpoint; see `network.read` for what is raised."""
    content = network.read(checkpoint)
    net = network.Ears(network.Shape(**content["shape"]))
    net.load_state_dict(content["mean"])
    return net.eval()


def export(net: network.Ears, path: Path) -> None:
    """Write the step: features (1, 80), h and c (layers, 1, hidden) to log_probs, speech, h_out, c_out.

    The graph is written node by node: an LSTM of length one a layer, which ONNX Runtime runs fastest.
    """
    layers, hidden = net.shape.layers, net.shape.hidden
    nodes, constants = [], {"mean": net.mean.numpy(), "scale": net.scale.numpy()}

    def node(kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        nodes.append(helper.make_node(kind, inputs, outputs, **attributes))

    node("Sub", ["features", "mean"], ["centred"])
    node("Mul", ["centred", "scale"], ["standard"])
    constants |= {"first": np.array([0])}
    node("Unsqueeze", ["standard", "first"], ["x0"])
    for layer in range(layers):
        parts = (getattr(net.lstm, f"{name}_l{layer}").detach().numpy() for name in PARTS)
        w, r, b, rb = (gates(values, hidden) for values in parts)
        constants |= {f"w{layer}": w[None], f"r{layer}": r[None], f"b{layer}": np.concatenate((b, rb))[None]}
        constants |= {f"at{layer}": np.array([layer])}
        for state in ("h", "c"):
            node("Gather", [state, f"at{layer}"], [f"{state}{layer}"], axis=0)
        inputs = [f"x{layer}", f"w{layer}", f"r{layer}", f"b{layer}", "", f"h{layer}", f"c{layer}"]
        node("LSTM", inputs, ["", f"h{layer}_out", f"c{layer}_out"], hidden_size=hidden)
        node("Identity", [f"h{layer}_out"], [f"x{layer + 1}"])
    for state in ("h", "c"):
        node("Concat", [f"{state}{layer}_out" for layer in range(layers)], [f"{state}_out"], axis=0)
    node("Squeeze", [f"x{layers}", "first"], ["top"])
    for name, linear in (("phones", net.phones), ("speech", net.speech)):
        constants |= {f"{name}_w": linear.weight.detach().numpy().T.copy(), f"{name}_b": linear.bias.detach().numpy()}
        node("MatMul", ["top", f"{name}_w"], [f"{name}_product"])
        node("Add", [f"{name}_product", f"{name}_b"], [f"{name}_logits"])
    node("LogSoftmax", ["phones_logits"], ["log_probs"], axis=-1)
    node("Sigmoid", ["speech_logits"], ["speech"])

    sizes = {
        "features": [1, network.FEATURES], "log_probs": [1, len(PHONES)], "speech": [1, 1],
        **{name: [layers, 1, hidden] for name in ("h", "c", "h_out", "c_out")},
    }  # fmt: skip
    graph = helper.make_graph(
        nodes, "kitt_ears",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes[name]) for name in INPUTS],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes[name]) for name in OUTPUTS],
        [numpy_helper.from_array(np.ascontiguousarray(values), name) for name, values in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="kitt_learning")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def restore(path: Path) -> dict[str, Any]:
    """The weights of an exported network (not of a quantised one) as a checkpoint to begin with.

    Raises:
        KittError: the file is no such network.
    """
    try:
        values = constants_of(path)
        hidden, layers = values["r0"].shape[2], sum(name.startswith("r") for name in values)
        mean: dict[str, np.ndarray] = {name: values[name] for name in ("mean", "scale")}
        for layer in range(layers):
            biases = np.split(values[f"b{layer}"][0], 2)
            parts = (values[f"w{layer}"][0], values[f"r{layer}"][0], *biases)
            for name, part in zip(PARTS, parts, strict=True):
                mean[f"lstm.{name}_l{layer}"] = gates(part, hidden, TORCH)
        for name in ("phones", "speech"):
            mean |= {f"{name}.weight": values[f"{name}_w"].T, f"{name}.bias": values[f"{name}_b"]}
        net = network.Ears(network.Shape(hidden, layers))
        net.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in mean.items()})
    except (OSError, RuntimeError, KeyError, ValueError, IndexError, DecodeError) as error:
        what = f"{path} is no exported network: {type(error).__name__} {error}"
        raise KittError(what[:200], "give kitt_ears.onnx or a checkpoint.pt") from error
    return {"mean": net.state_dict(), "shape": asdict(net.shape)}


def constants_of(path: Path) -> dict[str, np.ndarray]:
    """The constants of an ONNX file by name; raises what onnx does for another file."""
    return {i.name: numpy_helper.to_array(i).copy() for i in onnx.load(path).graph.initializer}


def quantise(source: Path, path: Path) -> None:
    """The same with weights in int8 (ONNX Runtime's dynamic quantisation of LSTM and MatMul)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, path, weight_type=QuantType.QInt8, per_channel=True)


def ship(net: network.Ears, folder: Path) -> tuple[Path, Path]:
    """Write both kinds into a folder, as the robot looks for them; returns their paths."""
    full, small = folder / f"{SHIPPED}.onnx", folder / f"{SHIPPED}_int8.onnx"
    export(net, full)
    quantise(full, small)
    return full, small


def mean_of(first: Path, second: Path) -> network.Ears:
    """The network whose weights are the mean of two exported ones, of which one began with the other.

    It keeps what the earlier knew and the later learnt ("Model soups", Wortsman and others, ICML 2022): on voices kept
    to look at it was better than either.

    Raises:
        KittError: one is no exported network, or they have not the same shape.
    """
    one, two = restore(first), restore(second)
    if one["shape"] != two["shape"]:
        raise KittError(f"{first} and {second} have not the same shape", "give a network and what it began with")
    net = network.Ears(network.Shape(**one["shape"]))
    net.load_state_dict({name: (one["mean"][name] + two["mean"][name]) / 2 for name in one["mean"]})
    return net.eval()


@program
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: two networks, and the folder for their mean in both kinds."""
    parser = argparse.ArgumentParser(description="The mean of two networks, one of which began with the other.")
    parser.add_argument("networks", type=Path, nargs=2, metavar="ONNX")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {SHIPPED}.onnx and {SHIPPED}_int8.onnx")
    chosen = parser.parse_args(arguments)
    net = mean_of(*chosen.networks)
    chosen.out.mkdir(parents=True, exist_ok=True)
    ship(net, chosen.out)
    return 0


def gates(values: np.ndarray, hidden: int, order: Sequence[int] = _ORDER) -> np.ndarray:
    """Weights of torch's LSTM (4 * hidden, ...) in the order of ONNX's gates."""
    blocks = values.reshape(4, hidden, *values.shape[1:])
    return np.concatenate([blocks[gate] for gate in order])


if __name__ == "__main__":
    sys.exit(main())
