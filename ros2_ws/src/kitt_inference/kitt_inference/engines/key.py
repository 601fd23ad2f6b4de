"""What an engine depends on: when any part differs, it is another engine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

PRECISIONS = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class BuildOptions:
    """How TensorRT builds: most scratch memory of the GPU in MiB, and effort from 0 to 5."""

    workspace_mib: int = 1024
    optimization_level: int = 3


DEFAULT_OPTIONS = BuildOptions()


@dataclass(frozen=True)
class EngineKey:
    """The identity of an engine.

    Attributes:
        onnx_sha256: of the file that is built, in its precision.
        library, version: TensorRT's module and version.
        gpu, capability: its name and compute capability, as «Orin» and «8.7».
        shapes: of the inputs whose dimensions the file leaves open, by name.
    """

    onnx_sha256: str
    library: str
    version: str
    gpu: str
    capability: str
    precision: str
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    options: BuildOptions = DEFAULT_OPTIONS

    def as_json(self) -> dict[str, Any]:
        """Plain values, the same for the same key."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), sort_keys=True))
        return plain

    @property
    def digest(self) -> str:
        """32 hexadecimal digits, the engine's name in the cache."""
        text = json.dumps(self.as_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]
