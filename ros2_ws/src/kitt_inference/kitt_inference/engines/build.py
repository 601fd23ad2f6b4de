"""From an ONNX file to a TensorRT plan. Parsing and building need no GPU with TensorRT for RTX."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kitt_inference.engines.cache import replaced
from kitt_inference.engines.key import DEFAULT_OPTIONS, BuildOptions
from kitt_inference.engines.library import Library, make_log
from kitt_inference.errors import BackendError

Tell = Callable[[str, float], None]
"""Called with what is being done and how far it is (0 to 1)."""
Shapes = Mapping[str, tuple[int, ...]]


def tell_nobody(_what: str, _part: float) -> None:
    """Report to nobody."""


def build_plan(
    library: Library,
    path: Path,
    options: BuildOptions = DEFAULT_OPTIONS,
    shapes: Shapes | None = None,
    tell: Tell = tell_nobody,
    timing_file: Path | None = None,
) -> bytes:
    """Parse and build. The network is strongly typed: precisions are those of the ONNX file.

    Args:
        shapes: of inputs whose dimensions the file leaves open; those not named become 1.
        timing_file: kernel timings from earlier builds, read and written.

    Raises:
        BackendError: nodes that TensorRT does not support, by name, or why the build failed.
    """
    trt, log = library.module, make_log(library)
    builder: Any = trt.Builder(log)
    network, _parser = _parse(library, builder, log, path)
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, options.workspace_mib << 20)
    with contextlib.suppress(AttributeError):  # TensorRT for RTX chooses when the engine is loaded
        config.builder_optimization_level = options.optimization_level
    _fix_shapes(builder, config, network, shapes or {})
    if hasattr(trt, "IProgressMonitor"):
        monitor = _monitor(trt, tell)
        config.progress_monitor = monitor
    timings = _load_timings(config, timing_file)
    tell("building", 0.0)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        reason = log.errors[-1][:300] if log.errors else "no reason given"
        raise BackendError(f"TensorRT {library.version} cannot build {path.name} ({reason})", "take another precision")
    _save_timings(config, timings, timing_file)
    tell("building", 1.0)
    return bytes(plan)


def open_inputs(library: Library, path: Path) -> dict[str, tuple[int, ...]]:
    """The inputs of a file whose dimensions are open, with 1 in their place. Raises BackendError as `build_plan`."""
    log = make_log(library)
    builder: Any = library.module.Builder(log)
    network, _parser = _parse(library, builder, log, path)
    tensors = [network.get_input(index) for index in range(network.num_inputs)]
    return {t.name: tuple(max(1, side) for side in t.shape) for t in tensors if -1 in tuple(t.shape)}


def _parse(library: Library, builder: Any, log: Any, path: Path) -> tuple[Any, Any]:
    """Network and parser; the parser holds the network's weights and must outlive it."""
    trt = library.module
    # TensorRT 10 needs the flag, 11 knows nothing else.
    typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    network = builder.create_network(0 if typed is None else 1 << int(typed))
    parser = trt.OnnxParser(network, log)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BackendError(f"{path} cannot be read ({error.strerror})") from error
    if parser.parse(data):
        return network, parser
    faults = [parser.get_error(index) for index in range(parser.num_errors)]
    operators = sorted({fault.node_operator() for fault in faults if fault.node_operator()})
    if not operators:
        reason = faults[0].desc()[:200] if faults else "no reason given"
        raise BackendError(f"{path.name} is no ONNX model that TensorRT {library.version} can read ({reason})")
    named = ", ".join(
        f"{f.node_operator()} «{f.node_name() or f'node {f.node()}'}»" for f in faults[:5] if f.node_operator()
    )
    raise BackendError(
        f"TensorRT {library.version} does not support nodes of {path.name}: {named}"
        + (f" and {len(faults) - 5} more" if len(faults) > 5 else ""),
        "export the model without " + ", ".join(operators),
    )


def _fix_shapes(builder: Any, config: Any, network: Any, shapes: Shapes) -> None:
    profile, is_open = builder.create_optimization_profile(), False
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        if -1 not in tuple(tensor.shape):
            continue
        wanted = tuple(shapes.get(tensor.name, [max(1, side) for side in tensor.shape]))
        if len(wanted) != len(tuple(tensor.shape)):
            raise BackendError(f"the input «{tensor.name}» has {len(tuple(tensor.shape))} dimensions, not {wanted}")
        profile.set_shape(tensor.name, wanted, wanted, wanted)
        is_open = True
    if is_open:
        config.add_optimization_profile(profile)


def _monitor(trt: Any, tell: Tell) -> Any:
    class Monitor(trt.IProgressMonitor):
        """Follows the outermost phase; those within come and go too quickly to be read."""

        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self.outermost, self.steps = "", 1

        def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
            if parent is None:
                self.outermost, self.steps = phase, max(1, steps)

        def step_complete(self, phase: str, step: int) -> bool:
            if phase == self.outermost:
                tell("building", min(1.0, (step + 1) / self.steps))
            return True

        def phase_finish(self, phase: str) -> None:
            pass

    return Monitor()


def _load_timings(config: Any, file: Path | None) -> Any:
    """TensorRT checks by itself whether they are of its version and GPU."""
    if file is None or not hasattr(config, "create_timing_cache"):
        return None
    data = file.read_bytes() if file.is_file() else b""
    timings = config.create_timing_cache(data)
    if timings is None and data:
        timings = config.create_timing_cache(b"")
    if timings is not None:
        config.set_timing_cache(timings, False)
    return timings


def _save_timings(config: Any, timings: Any, file: Path | None) -> None:
    """A build without them is only slower, so that no fault here ends it."""
    if timings is None or file is None:
        return
    with contextlib.suppress(OSError, RuntimeError, TypeError):
        data = bytes(config.get_timing_cache().serialize())
        with replaced(file) as draft:
            draft.write_bytes(data)
