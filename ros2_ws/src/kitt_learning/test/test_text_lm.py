"""The language model: it learns, goes on where it stopped, and its ONNX step agrees with torch."""

import random
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

import onnxruntime  # noqa: E402

from kitt_inference.errors import KittError  # noqa: E402
from kitt_learning.text import lm_data, lm_export, lm_train, one_or_each  # noqa: E402
from kitt_learning.text.lm_network import Shape, WordsNetwork  # noqa: E402
from kitt_text.language_model import LanguageModel  # noqa: E402


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language whose next word is often sure: «the cat sees the London dog»."""
    folder = tmp_path_factory.mktemp("text")
    rng = random.Random(3)
    names = ["cat", "dog", "bird", "horse", "mouse", "fish", "cow", "sheep"]
    rows = [f"The {rng.choice(names)} sees the London {rng.choice(names)} today." for _ in range(4000)]
    for split, part in (("train", rows[:3600]), ("dev", rows[3600:])):
        (folder / f"en_{split}.txt").write_text("\n\n".join(part), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_it_learns_and_resumes(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lm_data, "COMMANDS", 200)
    settings = lm_train.LmSettings(("en",), tmp_path, 0.15, Shape(400, 24, 48), text)
    reports: list[dict] = []
    trainer = lm_train.LmTrainer(settings)
    before = trainer.look()["dev_nats"]
    trainer.run(reports.append)
    assert reports[-1]["dev_nats"] < 0.6 * before
    assert "london\tLondon" in (tmp_path / "casing.txt").read_text().splitlines()
    again = lm_train.LmTrainer(settings, resume=True)
    assert again.step == trainer.step and abs(again.look()["dev_nats"] - reports[-1]["dev_nats"]) < 1e-3
    (tmp_path / "checkpoint.pt").write_bytes(b"rubbish")
    with pytest.raises(KittError, match="no checkpoint"):
        lm_train.LmTrainer(settings, resume=True)


@pytest.mark.parametrize(("int8", "tolerance"), [(False, 1e-4), (True, 0.15)])
def test_the_step_agrees_with_torch(tmp_path: Path, int8: bool, tolerance: float) -> None:
    torch.manual_seed(1)
    net = WordsNetwork(Shape(120, 16, 32)).eval()
    file = tmp_path / "step.onnx"
    lm_export.export(net, file, int8)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    rows = torch.randint(120, (3, 7))
    with torch.no_grad():
        queries, _ = net(rows)
        wanted = net.logits(queries).log_softmax(-1).numpy()
    h = c = np.zeros((1, 3, 32), np.float32)
    for at in range(7):
        got, h, c = session.run(None, {"token": rows[:, at].numpy(), "h": h, "c": c})
        assert np.abs(got - wanted[:, at]).max() < tolerance


def test_the_card_fits_what_the_robot_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kitt_lm_en"
    folder.mkdir()
    lm_export.export(WordsNetwork(Shape(276, 8, 16)), folder / "kitt_lm_en_int8.onnx")
    lm_data.train_pieces(["the cat sees the dog and the bird sees a fish"] * 40, 300, folder / "pieces.model")
    (folder / "casing.txt").write_text("", "utf-8")
    lm_export.write_card(folder, "kitt_lm_en")
    monkeypatch.setenv("KITT_MODELS", str(tmp_path))
    assert LanguageModel.open("en").tokens("the cat") != []
    (folder / "kitt_lm_en_int8.onnx").write_bytes(b"damaged")
    with pytest.raises(KittError, match="damaged"):
        LanguageModel.open("en")


def test_the_sampled_loss_leads_to_the_distribution_of_the_data() -> None:
    torch.manual_seed(2)
    net = WordsNetwork(Shape(40, 4, 8))
    true = torch.softmax(torch.linspace(0, 3, 40), 0)
    noise = true**0.75 / (true**0.75).sum()
    optimiser = torch.optim.Adam([net.bias], lr=0.05)
    queries = torch.zeros(512, 4)
    for _ in range(400):
        loss = net.sampled_loss(queries, torch.multinomial(true, 512, replacement=True), noise, 12)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    learnt = torch.softmax(net.bias.detach(), 0)
    assert float((learnt - true).abs().sum()) < 0.2


def test_capitals_are_those_within_sentences() -> None:
    rows = [
        "The Paris train",
        "A Paris hat",
        "In Paris The",
        "Near Paris I",
        "And I go",
        "Then I go",
        "So I go",
        "The x",
    ]
    assert lm_data.capitals(rows) == {"paris": "Paris", "i": "I"}


def test_too_little_text_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lm_data, "COMMANDS", 300)
    for split in ("train", "dev"):
        (tmp_path / f"en_{split}.txt").write_text("A cat sees a dog.\n", encoding="utf-8")
    with pytest.raises(KittError, match="too little"):
        lm_train.LmTrainer(lm_train.LmSettings(("en",), tmp_path / "out", 0.01, Shape(350, 8, 16), tmp_path))


def test_words_are_drawn_as_whole_documents() -> None:
    rows = [line for number in range(20) for line in (f"a {number} b", f"then {number}", "")]
    some = lm_data.drawn(rows, 12, 1)
    assert some == lm_data.drawn(rows, 12, 1) != lm_data.drawn(rows, 12, 2)
    documents = [some[at : at + 3] for at in range(0, len(some), 3)]
    assert len(documents) == 3, "five words each: twelve are reached with the third"
    assert all(first.split()[1] == second.split()[1] and end == "" for first, second, end in documents)
    assert sorted(lm_data.drawn(rows, 1000, 1)) == sorted(rows)


def test_one_or_each_trains_by_steps_and_asks_for_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lm_data, "COMMANDS", 300)
    rng = random.Random(5)
    for language, words in {
        "en": "the cat sees a dog",
        "fr": "le chat voit un chien",
        "es": "el gato ve un perro",
    }.items():
        for split, count in (("train", 2400), ("dev", 40), ("test", 12)):
            lines = [" ".join(rng.choices(words.split(), k=5)) + "." for _ in range(count)]
            (tmp_path / f"{language}_{split}.txt").write_text("\n\n".join(lines), "utf-8")
    told: list[dict] = []
    shape = Shape(360, 8, 16)
    found = one_or_each.compare(tmp_path / "out", 6, 12_000, told.append, shape, tmp_path)
    steps = {line["run"]: line["step"] for line in told if "dev_nats" in line}
    assert steps == {"en": 6, "fr": 6, "es": 6, "one": 18}
    for figures in found.values():
        assert figures["each"]["words"] == figures["one"]["words"] == 60
        assert figures["each"]["perplexity_words"] == figures["one"]["perplexity_words"]
        assert figures["each"]["perplexity"] > 1.0 and figures["each"] != figures["one"]
    again = one_or_each.compare(tmp_path / "out", 6, 12_000, told.append, shape, tmp_path)
    assert again["fr"]["one"]["perplexity"] == found["fr"]["one"]["perplexity"], "what is trained is not trained again"
    with pytest.raises(KittError, match="teach nothing"):
        one_or_each.compare(tmp_path / "none", 0, 12_000, told.append, shape, tmp_path)
