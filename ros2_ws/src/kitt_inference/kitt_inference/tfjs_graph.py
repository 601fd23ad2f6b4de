"""Reading a TensorFlow.js graph model: weights, attributes, operations on constants."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def read_weights(manifest: list[Any], weights: bytes) -> dict[str, Array]:
    """The constants by name; 16-bit ones are widened. Raises ValueError when the sizes do not match."""
    constants: dict[str, Array] = {}
    place = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        dtype = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        flat = np.frombuffer(weights, dtype, count, place)
        place += flat.nbytes
        constants[entry["name"]] = flat.astype(entry["dtype"]).reshape(entry["shape"])
    if place != len(weights):
        raise ValueError(f"{len(weights)} bytes of weights where the manifest names {place}")
    return constants


def sparse_to_dense(indices: Array, shape: Array, values: Array, default: Array) -> Array:
    """TensorFlow's SparseToDense."""
    dense = np.full(tuple(shape), default)
    if indices.size:
        dense[tuple(indices.reshape(-1, len(shape)).T)] = values
    return dense


FOLDS: dict[str, Callable[..., Array]] = {
    "Identity": lambda value: value,
    "Add": np.add,
    "AddV2": np.add,
    "SparseToDense": sparse_to_dense,
}


def base_name(name: str) -> str:
    """The node that gives a tensor."""
    return name.lstrip("^").split(":")[0]


def ints(attr: Mapping[str, Any], key: str) -> list[int]:
    """An attribute that is a list of whole numbers."""
    return [int(value) for value in attr[key]["list"]["i"]]


def require_valid(attr: Mapping[str, Any]) -> None:
    """Raise ValueError for another padding than VALID or another layout than NHWC."""
    padding, layout = (base64.b64decode(attr[key]["s"]).decode() for key in ("padding", "data_format"))
    if (padding, layout) != ("VALID", "NHWC"):
        raise ValueError(f"windows with padding {padding} in {layout} are not supported")


def tensor_shapes(specs: Mapping[str, Any]) -> list[tuple[str, list[int]]]:
    """Names and shapes, in the order of the names."""
    shapes = {key.removesuffix(":0"): [int(d["size"]) for d in v["tensorShape"]["dim"]] for key, v in specs.items()}
    return sorted(shapes.items())
