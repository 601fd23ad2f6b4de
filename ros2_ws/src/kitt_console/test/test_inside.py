"""Looking inside from a page: who may, what comes, what it costs, and that nothing in it can be taken for script."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from kitt_console.inside import draw
from kitt_console.inside.figures import Figure, Section, Table, fragment, report
from kitt_console.inside.looks import Looks, style
from kitt_inference import zoo
from kitt_inference.errors import KittError

pytest.importorskip("onnx")
LINES = Path(__file__).resolve().parents[2] / "kitt_cli" / "kitt_cli" / "demo" / "lines"


@pytest.fixture
def street():
    try:
        zoo.resolve("auto")
    except KittError as error:
        pytest.skip(str(error))
    return (zoo.models_dir() / "frames" / "03.jpg").read_bytes()


def sound():
    soundfile = pytest.importorskip("soundfile")
    return soundfile.read(LINES / "stop.flac", dtype="int16")[0]


def test_the_picture_on_screen(console, watcher, street):
    assert "camera" in watcher.get("/inside/picture").json()["error"]
    console.car.picture = street, "auto"
    answer = watcher.get("/inside/picture")
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    for words in (
        "stop sign 0.",
        "The filters.",
        "feature maps",
        "What pooling did",
        "What normalisation did",
        "nearly",
    ):
        assert words in answer.text


@pytest.mark.parametrize("jpeg", [b"", b"no jpeg"])
def test_a_picture_that_is_none(console, watcher, jpeg):
    console.car.picture = jpeg, "auto"
    assert "cannot be decoded" in watcher.get("/inside/picture").json()["error"]


def test_the_last_words(console, watcher):
    assert "microphone" in watcher.get("/inside/sound").json()["error"]
    console.car.sound = sound()
    answer = watcher.get("/inside/sound").text
    for words in (
        "«stop» (stop, 0.",
        "Mel spectrogram",
        "forget gate",
        "Posterior of each command",
        "LSTM layer 3 of 3",
    ):
        assert words in answer


def test_a_text_and_what_is_none(watcher):
    answer = watcher.get("/inside/text", params={"text": "turn left at the", "language": "en"})
    assert answer.status_code == 200 and "The next word" in answer.text
    for text, status in (("", 422), ("🚗", 422), ("<script>x</script>", 200), ("a" * 501, 422)):
        answer = watcher.get("/inside/text", params={"text": text})
        assert answer.status_code == status and "<script>" not in answer.text
    assert watcher.get("/inside/text", params={"text": "go", "language": "de"}).status_code == 422
    assert watcher.get("/inside/text").status_code == 422
    refused = [watcher.get("/inside/text", params={"text": f"go {n}"}).status_code for n in range(10)]
    assert 429 in refused


def test_ten_pages_cost_as_much_as_one(console, watcher, monkeypatch):
    looks = []

    def slow(_self, samples):
        looks.append(len(samples))
        return [Section("heard", "", [])]

    monkeypatch.setattr(Looks, "sound", slow)
    console.car.sound = np.zeros(16000, np.int16)
    answers = []
    pages = [threading.Thread(target=lambda: answers.append(watcher.get("/inside/sound").text)) for _ in range(10)]
    for page in pages:
        page.start()
    for page in pages:
        page.join()
    assert len(answers) == 10 and len(set(answers)) == 1
    assert len(looks) == 1


def test_networks_are_given_back_when_nobody_looks():
    now = [0.0]
    looks = Looks(lambda: now[0])
    assert not looks._open, "nothing is opened before somebody looks"
    looks.text("go", "en")
    now[0] = 59.0
    looks.tidy()
    assert set(looks._open) == {"words"}
    now[0] = 61.0
    looks.tidy()
    assert not looks._open


def test_words_stay_words():
    evil = "<b onclick=x>&\"'"
    parts = [Figure("a", evil, evil, evil, draw.bars([(evil, 0.5)], evil), "svg"), Table(evil, evil, [evil], [[evil]])]
    html = fragment([Section(evil, evil, parts)])
    assert "<b onclick" not in html and "&lt;b onclick=x&gt;&amp;" in html
    figure = Figure("a", evil, evil, evil, draw.png(np.zeros((2, 2, 3), np.uint8)), "png")
    assert 'alt="&lt;b onclick=x&gt;&amp;&quot;&#x27;"' in figure.html()


def test_a_report_fetches_nothing():
    html = report("KITT", Looks().text("go", "en"), style())
    assert not re.findall(r'(?:src|href)="(?!data:)', html) and "@import" not in html and "url(" not in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros(1), np.full(3, np.nan), np.array([1e30, -1e30])])
def test_charts_of_odd_values_are_well_formed(values):
    svg = draw.chart([("a<", values), ("b", values)], "x&y", "time", marks=[(0.0, "<m>")], high=0.0)
    assert ElementTree.fromstring(svg).tag.endswith("svg") and b"nan" not in svg


def test_heat_maps_show_the_greatest_and_the_sign():
    warm = draw.heat(np.array([[0.0, 1.0], [0.5, np.nan]]))
    assert warm[0, 1].sum() > warm[0, 0].sum()
    red, blue = draw.signed(np.array([[1.0, -1.0]]))[0]
    assert red[2] > red[0] and blue[0] > blue[2]
    assert draw.signed(np.zeros((2, 2))).max() < 40
    tiles = [np.full((3, 3, 3), 255, np.uint8)] * 5
    assert draw.sheet(tiles, 4, 10).shape == (24, 52, 3)
    assert cv2.imdecode(np.frombuffer(draw.png(warm), np.uint8), 1).shape == (2, 2, 3)
