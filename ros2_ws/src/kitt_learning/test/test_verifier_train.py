"""Training of the verifier on tones: what it is given, what it learns, and that the robot's file is torch's network."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_learning.speech.corpus import NATURAL, noises
from tone_corpus import NEEDS, write_corpus, write_noise

pytest.importorskip("torch", reason=NEEDS)
pytest.importorskip("torchaudio", reason=NEEDS, exc_type=ImportError)
pytest.importorskip("soxr", reason=NEEDS)
import torch

from kitt_learning.speech import export, network, pool, verifier
from kitt_learning.speech.verifier_data import Material, Utterances
from kitt_voice.verifier import CLASSES, INDEX, LONGEST, Verifier

WORDS = ("stop", "go", "left", "turn right", "what do you see")
OTHERS = ("tree house", "happy dog", "seven birds flew over the hill")
SMALL = network.Shape(16, 1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("corpus")
    net = network.Ears(SMALL)
    export.export(net.eval(), folder / "ears.onnx")
    return {
        "corpus": write_corpus(folder / "people", (*WORDS, *OTHERS) * 3),
        "noise": write_noise(folder / "noise"),
        "ears": folder / "ears.onnx",
    }


def trainer(folders: dict[str, Path], out: Path) -> verifier.VerifierTrainer:
    return verifier.VerifierTrainer(folders["ears"], [folders["corpus"]], [folders["noise"]], out)


def test_clips_are_sorted_by_who_speaks_and_what(folders: dict[str, Path]) -> None:
    clips = Material.of([folders["corpus"], folders["corpus"]]).clips
    texts = {name: {clip.row.text for clip, _ in rows} for name, rows in clips.items()}
    assert set().union(*texts.values()) == {*WORDS, *OTHERS}
    commands = {clip.row.text: kind for rows in clips.values() for clip, kind in rows if kind}
    assert commands == {
        "stop": INDEX["stop"], "go": INDEX["go"], "left": INDEX["left"], "turn right": INDEX["right"],
        "what do you see": INDEX["what_do_you_see"],
    }  # fmt: skip
    once = Material.of([folders["corpus"]]).clips
    assert {name: len(rows) for name, rows in clips.items()} == {name: len(rows) for name, rows in once.items()}


def test_utterances_end_shortly_before_the_stream_and_begin_where_it_says(folders: dict[str, Path]) -> None:
    made = Utterances(Material.of([folders["corpus"]]), *noises([folders["noise"]]), 3, 0.0)
    seen: Counter[int] = Counter()
    for _ in range(60):
        stream = made.stream()
        kind, begin = stream.phones.tolist()
        assert 0 <= kind < len(CLASSES) and 0 <= begin < LONGEST
        assert stream.features.shape == (LONGEST, 80)
        spoken = np.flatnonzero(stream.speech)
        if len(spoken):
            assert spoken[0] >= begin - 1
            assert LONGEST - 30 <= spoken[-1] + 1 <= LONGEST
        seen[kind] += 1
    assert seen[0] and len(seen) > 3


def test_the_most_natural_voices_are_drawn_more_often(folders: dict[str, Path], tmp_path: Path) -> None:
    plain = write_corpus(tmp_path / "plain", ["stop"], engine="espeak")
    natural = write_corpus(tmp_path / "natural", ["go"], engine="kokoro")
    made = Utterances(Material.of([plain, natural, folders["corpus"]]), *noises([folders["noise"]]), 3, 0.0)
    one, other = np.diff(made._weights["made"], prepend=0.0)
    assert other / one == pytest.approx(NATURAL["kokoro"])


def test_a_corpus_without_commands_or_without_others_is_refused(tmp_path: Path) -> None:
    for words in (WORDS, OTHERS):
        with pytest.raises(KittError, match="lacks commands or other speech"):
            Material.of([write_corpus(tmp_path / words[0], words)])


def test_it_learns_and_the_robots_file_is_torchs_network(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "LEAST_POOL", 64)
    monkeypatch.setattr(verifier, "REPORT_S", 1.0)
    reports: list[dict[str, float]] = []
    made = trainer(folders, tmp_path)
    made.run(0.004, reports.append)
    assert reports[-1]["loss"] < reports[0]["loss"] and made.step > 10
    sound = torch.randn(1, 70, 80 + SMALL.hidden)
    with torch.no_grad():
        wanted = made.mean.eval()(sound, torch.zeros(1, dtype=torch.long)).log_softmax(-1)[0].numpy()
    robots = Verifier.load(tmp_path / verifier.NAME, SMALL.hidden)
    assert robots.log_posteriors(list(sound[0].numpy())) == pytest.approx(wanted, abs=1e-4)
    for name in ("checkpoint.pt", verifier.NAME):
        again = trainer(folders, tmp_path / "again")
        again.start([tmp_path / name])
        for old, new in zip(made.mean.state_dict().values(), again.net.state_dict().values(), strict=True):
            assert torch.equal(old, new)


def test_it_begins_with_the_mean_of_several(folders: dict[str, Path], tmp_path: Path) -> None:
    for name in ("one", "two"):
        one = trainer(folders, tmp_path / name)
        with torch.no_grad():
            one.mean.out.bias.fill_({"one": 1.0, "two": 4.0}[name])
        one.save()
    arguments = ["--ears", str(folders["ears"]), "--corpus", str(folders["corpus"]), "--hours", "0"]
    starts = [f"--start={tmp_path / name / 'checkpoint.pt'}" for name in ("one", "two")]
    assert verifier.main([*arguments, *starts, "--out", str(tmp_path / "mean")]) == 0
    content = torch.load(tmp_path / "mean/checkpoint.pt", weights_only=True)["mean"]
    assert content["out.bias"].unique().tolist() == [2.5]
    assert Verifier.load(tmp_path / "mean" / verifier.NAME, SMALL.hidden)


def test_what_lies_before_the_begin_is_not_heard(folders: dict[str, Path], tmp_path: Path) -> None:
    net = trainer(folders, tmp_path).net.eval()
    sound = torch.randn(2, LONGEST, 80 + SMALL.hidden)
    sound[1, 40:] = sound[0, 40:]
    with torch.no_grad():
        first, second = net(sound, torch.tensor([40, 40]))
        assert first.tolist() == pytest.approx(second.tolist(), abs=1e-4)
        assert not torch.allclose(first, net(sound, torch.tensor([0, 0]))[0])


def test_faulty_files_are_named(folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--corpus", str(folders["corpus"]), "--out", str(tmp_path / "out"), "--ears"]
    assert verifier.main([*arguments, str(tmp_path / "none.onnx")]) == 1
    assert "none.onnx is no exported network" in capsys.readouterr().err
    for name in ("start.pt", "start.onnx"):
        (tmp_path / name).write_bytes(b"nothing")
        assert verifier.main([*arguments, str(folders["ears"]), "--start", str(tmp_path / name)]) == 1
        assert f"{name} holds no weights of a verifier" in capsys.readouterr().err
    assert verifier.main([*arguments, str(folders["ears"]), "--start", str(folders["ears"])]) == 1
    assert "ears.onnx holds no weights of a verifier" in capsys.readouterr().err
