"""kitt detect: good pictures are worked on, bad ones told in a line each."""

from __future__ import annotations

import json

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from kitt_cli import main


@pytest.fixture
def model(tmp_path):
    """A detector that finds a bee in the middle of every picture."""
    values = np.zeros((1, 7, 10), np.float32)
    values[0, :, 3] = [32, 32, 32, 16, 0, 0.9, 0]
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["value", "nothing"], ["out"]),
    ]
    tensors = [numpy_helper.from_array(np.array(0, np.float32), "zero"), numpy_helper.from_array(values, "value")]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 64, 64])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 7, 10])
    graph = helper.make_graph(nodes, "known", [image], [out], tensors)
    opsets = [helper.make_opsetid("", 13)]
    path = tmp_path / "net" / "bees.onnx"
    path.parent.mkdir()
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    path.with_suffix(".md").write_text(
        "---\nname: bees\nlabels: [ant, bee, cat]\ninput: {size: [64, 64], resize: stretch}\n"
        "head: {type: yolov8}\nthresholds: {score: 0.3}\n---\n"
    )
    return path


@pytest.fixture
def kitt(monkeypatch, capfd, model):
    """Runs `kitt detect` with that model; gives exit status, standard output, lines of standard error."""

    def run(*arguments):
        words = ["kitt", "detect", *map(str, arguments)]
        monkeypatch.setattr("sys.argv", words if "--model" in words else [*words, "--model", str(model)])
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfd.readouterr()
        return stop.value.code or 0, captured.out, captured.err.splitlines()

    return run


def photo(path, width=192, height=128):
    rng = np.random.default_rng(1)
    assert cv2.imwrite(str(path), cv2.resize(rng.integers(0, 255, (8, 8, 3), np.uint8), (width, height)))
    return path


def test_json_is_one_object(kitt, tmp_path):
    path = photo(tmp_path / "a.jpg")
    status, out, errors = kitt(path, "--json")
    assert (status, errors) == (0, [])
    report = json.loads(out)
    assert (report["model"], report["backend"]) == ("bees", "onnxruntime")
    (result,) = report["results"]
    assert (result["path"], result["width"], result["height"]) == (str(path), 192, 128)
    (found,) = result["detections"]
    assert (found["label"], found["class_id"], found["score"]) == ("bee", 1, 0.9)
    assert found["box"] == pytest.approx([48, 48, 144, 80])
    assert result["timings_ms"]["inference"] > 0


def test_table(kitt, tmp_path):
    status, out, _ = kitt(photo(tmp_path / "a.jpg"))
    assert status == 0
    assert "bee" in out
    assert "0.90" in out
    status, out, _ = kitt(photo(tmp_path / "a.jpg"), "--score", "0.95")
    assert "nothing" in out


def test_bad_files_a_line_each_and_the_good_ones_done(kitt, tmp_path):
    good = photo(tmp_path / "good.png")
    whole = photo(tmp_path / "whole.jpg", 640, 480).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    cut_png = good.read_bytes()
    (tmp_path / "cut.png").write_bytes(cut_png[: len(cut_png) // 2])
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "void.jpg").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    names = ["notes.txt", "text.jpg", "text.mp4", "cut.jpg", "cut.png", "void.jpg", "empty", "missing.jpg"]
    status, out, errors = kitt(*(tmp_path / name for name in names), good, "--json")
    assert status == 2
    report = json.loads(out)
    assert [result["path"] for result in report["results"]] == [str(good)]
    assert len(report["problems"]) == len(names)
    assert len(errors) == len(names)
    for line, name in zip(errors, names, strict=True):
        assert line.startswith("error: ")
        assert name in line
    assert "cut short" in errors[3]
    assert "cut short" in errors[4]
    assert "no pictures in the folder" in errors[6]


def test_odd_pictures_are_good_pictures(kitt, tmp_path):
    colour = cv2.imread(str(photo(tmp_path / "colour.png")))
    grey = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)
    pictures = {
        "grey.jpg": grey,
        "deep.png": colour.astype(np.uint16) * 257,
        "deep_grey.tiff": grey.astype(np.uint16) * 257,
        "alpha.png": np.dstack([colour, grey]),
        "dot.png": colour[:1, :1],
        "wide.jpg": np.tile(colour, (2, 62, 1))[:200, :12000],
        "strip.png": np.tile(colour[:1], (1, 63, 1))[:, :12000],
    }
    for name, picture in pictures.items():
        assert cv2.imwrite(str(tmp_path / name), picture)
    # Upright only after a quarter turn: EXIF orientation 6, one entry of a big-endian TIFF header.
    encoded = cv2.imencode(".jpg", cv2.rotate(colour, cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "turned.jpg").write_bytes(encoded[:2] + segment + encoded[2:])
    names = [*pictures, "turned.jpg"]
    status, out, errors = kitt(*(tmp_path / name for name in names), "--out", tmp_path / "out", "--json")
    assert (status, errors) == (0, [])
    results = dict(zip(names, json.loads(out)["results"], strict=True))
    sizes = {name: (result["width"], result["height"]) for name, result in results.items()}
    assert sizes == {name: picture.shape[1::-1] for name, picture in pictures.items()} | {"turned.jpg": (192, 128)}
    for name in ("grey.jpg", "deep.png", "deep_grey.tiff", "alpha.png", "turned.jpg"):
        (found,) = results[name]["detections"]
        assert found["box"] == pytest.approx([48, 48, 144, 80])
    for result in results.values():
        assert cv2.imread(result["annotated"]).shape[1::-1] == (result["width"], result["height"])


def test_a_bad_path_alone(kitt, tmp_path):
    status, out, errors = kitt(tmp_path / "gone")
    assert (status, out) == (2, "")
    assert errors == [f"error: no file or folder at {tmp_path / 'gone'}"]


def test_a_folder_and_annotated_copies(kitt, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        photo(tmp_path / name / "same.jpg")
    (tmp_path / "one" / "notes.txt").write_text("not a picture, and no fault in a folder")
    status, out, errors = kitt(tmp_path / "one", tmp_path / "two", "--out", tmp_path / "out", "--json")
    assert (status, errors) == (0, [])
    copies = [result["annotated"] for result in json.loads(out)["results"]]
    assert len(set(copies)) == 2
    original, drawn = cv2.imread(str(tmp_path / "one/same.jpg")), cv2.imread(copies[0])
    assert drawn.shape == original.shape
    changed = np.abs(drawn.astype(int) - original).max(2) > 60
    assert changed[48, 60:140].mean() > 0.9  # the box's upper side
    assert changed[100:].mean() < 0.05


def test_a_copy_never_overwrites_its_original(kitt, tmp_path):
    path = photo(tmp_path / "a.jpg")
    before = path.read_bytes()
    assert kitt(path, "--out", tmp_path)[0] == 0
    assert path.read_bytes() == before
    assert (tmp_path / "a_2.jpg").is_file()


def test_a_video_frame_by_frame(kitt, tmp_path):
    path = tmp_path / "drive.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 64))
    for shade in (0, 100, 200):
        writer.write(np.full((64, 96, 3), shade, np.uint8))
    writer.release()
    status, out, errors = kitt(path, "--out", tmp_path / "out", "--json")
    assert (status, errors) == (0, [])
    results = json.loads(out)["results"]
    assert [(result["frame"], result["time_s"]) for result in results] == [(0, 0.0), (1, 0.1), (2, 0.2)]
    capture = cv2.VideoCapture(results[0]["annotated"])
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "huge"], "no model «huge»"),
        (["--backend", "abacus"], "no backend «abacus»"),
        (["--model", "{tmp}/gone.onnx"], "no file at"),
    ],
)
def test_a_bad_choice_is_one_line(kitt, tmp_path, options, words):
    path = photo(tmp_path / "a.jpg")
    status, out, errors = kitt(path, *(option.format(tmp=tmp_path) for option in options), "--json")
    assert (status, out, len(errors)) == (2, "", 1)
    assert words in errors[0]
