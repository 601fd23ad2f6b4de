"""Static quantisation to int8 that leaves in float what does not bear it.

Ranges are the least and greatest values seen on calibration frames, for the CPU their averages over the frames (Jacob
et al., arXiv:1712.05877). Convolutions are tried in pairs, each pair quantised alone; then as many are quantised
together, the most tolerant first, as the caller finds good (mixed precision by sensitivity, as in Dong et al., HAWQ,
arXiv:1905.03696, measured instead of estimated).
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_GROUP = 2
_TRIED_ON = 3


def quantise(
    model: Any, feeds: Sequence[Mapping[str, Array]], is_good: Callable[[bytes], bool], *, for_tensorrt: bool
) -> tuple[bytes, int, int]:
    """Quantise convolutions to QDQ.

    Args:
        model: an onnx.ModelProto of opset 13 or newer whose convolutions have names.
        feeds: the calibration frames as inputs.
        is_good: whether a quantised model still does its work.
        for_tensorrt: all signed and symmetric, the convolutions' outputs left in float; else unsigned activations, for
            which ONNX Runtime has kernels on CPUs.

    Returns:
        The model, how many convolutions stayed in float (all: it is empty), and how many there are.
    """
    change = change_from(model, feeds)
    with _quiet():
        ranges = _ranges(model, feeds, for_tensorrt)
        names = [node.name for node in model.graph.node if node.op_type == "Conv"]
        groups = [names[start : start + _GROUP] for start in range(0, len(names), _GROUP)]

        def quantised(chosen: Sequence[Sequence[str]]) -> bytes:
            inside = {name for group in chosen for name in group}
            others = [name for name in names if name not in inside]
            data: bytes = _quantised(model, ranges, others, for_tensorrt).SerializeToString()
            return data

        groups.sort(key=lambda group: change(quantised([group])))
        low, high, best = 0, len(groups), b""
        while low < high:
            middle = (low + high + 1) // 2
            data = quantised(groups[:middle])
            if is_good(data):
                low, best = middle, data
            else:
                high = middle - 1
    return best, sum(len(group) for group in groups[low:]), len(names)


def change_from(model: Any, feeds: Sequence[Mapping[str, Array]]) -> Callable[[bytes], float]:
    """A function of a changed model: the greatest relative change of an output (root mean square) on some feeds."""
    tried = feeds[:: max(1, len(feeds) // _TRIED_ON)][:_TRIED_ON]
    with _quiet():
        reference = _outputs(model, tried)
    return lambda changed: _change(reference, _outputs(changed, tried))


def _ranges(model: Any, feeds: Sequence[Mapping[str, Array]], for_tensorrt: bool) -> Any:
    from onnxruntime.quantization.calibrate import CalibrationMethod, create_calibrator

    with tempfile.TemporaryDirectory() as work:
        plain = Path(work) / "plain.onnx"
        plain.write_bytes(model.SerializeToString())
        calibrator = create_calibrator(
            plain,
            ["Conv"],
            augmented_model_path=str(Path(work) / "augmented.onnx"),
            calibrate_method=CalibrationMethod.MinMax,
            # An average leaves out what a single frame goes to; measured for the CPU only (docs/engines.md).
            extra_options={"symmetric": for_tensorrt, "moving_average": not for_tensorrt},
        )
        calibrator.collect_data(_Reader(feeds))
        return calibrator.compute_data()


def _quantised(model: Any, ranges: Any, exclude: Sequence[str], for_tensorrt: bool) -> Any:
    import onnx
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

    options: dict[str, Any] = {"WeightSymmetric": True, "ActivationSymmetric": for_tensorrt}
    if for_tensorrt:
        # Its own int32 biases TensorRT computes by itself and refuses in the file; quantising outputs costs accuracy.
        options |= {"QuantizeBias": False, "OpTypesToExcludeOutputQuantization": ["Conv"]}
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    quantiser = QDQQuantizer(
        copy,
        True,  # per channel
        False,  # full range
        QuantType.QInt8,
        QuantType.QInt8 if for_tensorrt else QuantType.QUInt8,
        ranges,
        [],
        list(exclude),
        ["Conv"],
        options,
    )
    quantiser.quantize_model()
    return quantiser.model.model


def _outputs(model: Any, feeds: Sequence[Mapping[str, Array]]) -> list[list[Array]]:
    """What a model, in memory or as its file's bytes, makes of feeds."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    data = model if isinstance(model, bytes) else model.SerializeToString()
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return [session.run(None, dict(feed)) for feed in feeds]


def _change(reference: Sequence[Sequence[Array]], changed: Sequence[Sequence[Array]]) -> float:
    """The greatest relative change of an output, over the frames."""
    worst = 0.0
    for wanted, found in zip(reference, changed, strict=True):
        for a, b in zip(wanted, found, strict=True):
            worst = max(worst, float(np.sqrt(np.mean((a - b) ** 2) / max(float(np.mean(a**2)), 1e-12))))
    return worst


class _Reader:
    """`CalibrationDataReader` over feeds."""

    def __init__(self, feeds: Sequence[Mapping[str, Array]]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Mapping[str, Array] | None:
        """The next feed, None at the end."""
        return next(self._feeds, None)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of onnxruntime about initialisers and about preprocessing that changes nothing here."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        onnxruntime.set_default_logger_severity(2)
