"""The robot's files say what torch's network says; checkpoints that are none are named."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text.phones import PHONES
from kitt_voice.acoustic import AcousticModel
from tone_corpus import NEEDS

pytest.importorskip("torch", reason=NEEDS)
import torch

from kitt_learning.speech import export, network

STEPS = 60


def make(shape: network.Shape, seed: int = 0) -> network.Ears:
    """A network whose weights are large enough that its state matters."""
    torch.manual_seed(seed)
    net = network.Ears(shape).eval()
    with torch.no_grad():
        for weights in net.parameters():
            weights.add_(torch.randn_like(weights) * 0.1)
        net.mean.add_(torch.randn(network.FEATURES))
        net.scale.mul_(1 + torch.rand(network.FEATURES))
    return net


def heard(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(-7, 3, (STEPS, network.FEATURES)).astype(np.float32)


def probabilities(net: network.Ears, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with torch.no_grad():
        posteriors, speech, _ = net(torch.from_numpy(features)[None])
    return posteriors[0].numpy(), speech[0].sigmoid().numpy()


@pytest.mark.parametrize("shape", [network.Shape(24, 1), network.Shape(16, 2), network.Shape()])
def test_the_step_is_torchs_network(tmp_path: Path, shape: network.Shape) -> None:
    net = make(shape)
    export.export(net, tmp_path / "ears.onnx")
    model = AcousticModel.load(tmp_path / "ears.onnx")
    features = heard()
    posteriors, speech = probabilities(net, features)
    got = model.run(features)
    assert np.abs(got[0] - posteriors).max() < 1e-4
    assert np.abs(got[1] - speech).max() < 1e-4
    # The state is carried: the same step means something else later on.
    assert np.abs(model.step(features[0])[0] - posteriors[0]).max() > 0.01


def test_torchs_state_goes_on_where_it_ended() -> None:
    net, features = make(network.Shape(16, 2)), torch.from_numpy(heard())[None]
    with torch.no_grad():
        whole, _, end = net(features)
        first, _, state = net(features[:, :20])
        rest, _, later = net(features[:, 20:], state)
    assert torch.allclose(torch.cat([first, rest], 1), whole, atol=1e-5)
    assert [tuple(part.shape) for part in end] == [(2, 1, 16)] * 2
    assert torch.allclose(end[0], later[0], atol=1e-5)


def test_int8_stays_near_and_is_smaller(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = network.Ears().eval()
    full, small = tmp_path / "ears.onnx", tmp_path / "ears_int8.onnx"
    export.export(net, full)
    export.quantise(full, small)
    assert small.stat().st_size < 0.4 * full.stat().st_size
    features = heard()
    posteriors, speech = probabilities(net, features)
    got = AcousticModel.load(small).run(features)
    assert np.abs(np.exp(got[0]) - np.exp(posteriors)).max() < 0.01
    assert np.abs(got[1] - speech).max() < 0.05
    assert np.corrcoef(got[0].ravel(), posteriors.ravel())[0, 1] > 0.98


def write(path: Path, net: network.Ears, **other: Any) -> Path:
    content = {"net": make(net.shape, seed=5).state_dict(), "mean": net.state_dict(), "step": 3, **other}
    network.save(path, content, net.shape)
    return path


def test_the_mean_weights_are_what_is_shipped(tmp_path: Path) -> None:
    net = make(network.Shape(16, 2))
    loaded = export.load(write(tmp_path / "checkpoint.pt", net))
    assert loaded.shape == net.shape and not loaded.training
    assert np.array_equal(probabilities(loaded, heard())[0], probabilities(net, heard())[0])
    assert network.read(tmp_path / "checkpoint.pt")["step"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_an_interrupted_write_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = make(network.Shape(8, 2))
    path = write(tmp_path / "checkpoint.pt", net)

    def half(content: object, part: Path) -> None:
        part.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        write(path, make(network.Shape(8, 2), seed=9))
    assert np.array_equal(probabilities(export.load(path), heard())[0], probabilities(net, heard())[0])


def test_checkpoints_that_are_none_are_named(tmp_path: Path) -> None:
    net = make(network.Shape(8, 2))
    good = write(tmp_path / "good.pt", net).read_bytes()
    mean, shape = net.state_dict(), asdict(net.shape)
    foreign: dict[str, Any] = {
        "tensor": torch.zeros(3),
        "list": [1, 2],
        "weights": mean,
        "no_mean": {"phones": PHONES, "shape": shape},
        "no_shape": {"phones": PHONES, "mean": mean},
        "other_sizes": {"phones": PHONES, "shape": {"hidden": 9, "layers": 1}, "mean": mean},
        "odd_shape": {"phones": PHONES, "shape": {"width": 9}, "mean": mean},
        "no_sizes": {"phones": PHONES, "shape": {"hidden": "9"}, "mean": mean},
        "code": {"phones": PHONES, "shape": shape, "mean": Path("x")},
    }
    for name, content in foreign.items():
        torch.save(content, tmp_path / f"{name}.pt")
    for name, data in {"empty": b"", "text": b"no checkpoint", "cut": good[: len(good) // 2], "end": good[:-1]}.items():
        (tmp_path / f"{name}.pt").write_bytes(data)
        foreign[name] = data
    for name in [*foreign, "missing"]:
        with pytest.raises(KittError, match=rf"{name}\.pt is no checkpoint: .+give the checkpoint") as caught:
            export.load(tmp_path / f"{name}.pt")
        assert "\n" not in str(caught.value)


def test_other_phones_are_said_to_be_the_matter(tmp_path: Path) -> None:
    net = make(network.Shape(8, 2))
    torch.save({"phones": PHONES[:-1], "shape": asdict(net.shape), "mean": net.state_dict()}, tmp_path / "old.pt")
    with pytest.raises(KittError, match=r"old\.pt tells other phones apart"):
        export.load(tmp_path / "old.pt")


def test_training_may_begin_with_an_exported_network(tmp_path: Path) -> None:
    net = make(network.Shape(16, 2))
    export.export(net, tmp_path / "ears.onnx")
    content = export.restore(tmp_path / "ears.onnx")
    again = network.Ears(network.Shape(**content["shape"])).eval()
    again.load_state_dict(content["mean"])
    assert np.array_equal(probabilities(net, heard())[0], probabilities(again, heard())[0])
    (tmp_path / "none.onnx").write_bytes(b"nothing")
    with pytest.raises(KittError, match=r"none\.onnx is no exported network"):
        export.restore(tmp_path / "none.onnx")


def test_the_mean_of_two_networks_lies_between_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = make(network.Shape(16, 2), 1), make(network.Shape(16, 2), 2)
    for name, net in (("a", first), ("b", second)):
        export.export(net, tmp_path / f"{name}.onnx")
    both = [str(tmp_path / "a.onnx"), str(tmp_path / "b.onnx")]
    assert export.main([*both, "--out", str(tmp_path / "mean")]) == 0
    mean = export.restore(tmp_path / "mean/kitt_ears.onnx")["mean"]
    for name, value in first.state_dict().items():
        torch.testing.assert_close(mean[name], (value + second.state_dict()[name]) / 2)
    assert (tmp_path / "mean/kitt_ears_int8.onnx").is_file()
    export.export(make(network.Shape(24, 1)), tmp_path / "b.onnx")
    assert export.main([*both, "--out", str(tmp_path / "none")]) == 1
    assert "not the same shape" in capsys.readouterr().err
