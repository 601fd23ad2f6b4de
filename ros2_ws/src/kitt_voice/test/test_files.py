"""Sound files, good and bad, and sound from the web."""

from __future__ import annotations

import http.server
import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kitt_inference.errors import KittError
from kitt_voice.sources.files import read_blocks

SOUND = (np.sin(np.arange(48000) * 0.1) * 10000 + np.random.default_rng(0).normal(0, 500, 48000)).astype(np.int16)


def write(path: Path, samples: np.ndarray = SOUND, rate: int = 16000, **options: str) -> Path:
    soundfile.write(path, samples, rate, **options)
    return path


def read(path: Path | str, block: int = 320) -> tuple[np.ndarray, list[str]]:
    said: list[str] = []
    blocks = list(read_blocks(path, block, on_warning=said.append))
    assert all(len(b) == block for b in blocks[:-1])
    assert all(b.dtype == np.int16 for b in blocks)
    return np.concatenate(blocks), said


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
@pytest.mark.parametrize("block", [320, 512, 100000])
def test_16_bit_mono_16_khz_comes_out_as_it_is(tmp_path, name, block):
    got, said = read(write(tmp_path / name), block)
    assert np.array_equal(got, SOUND)
    assert not said


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_other_depths(tmp_path, subtype):
    got, _ = read(write(tmp_path / "a.wav", SOUND / 32768, subtype=subtype))
    assert np.abs(got.astype(int) - SOUND).max() <= {"PCM_U8": 256, "ULAW": 600}.get(subtype, 1)


@pytest.mark.parametrize(("rate", "channels"), [(96000, 1), (48000, 2), (8000, 1), (44100, 6), (16000, 2)])
def test_rates_and_channels(tmp_path, rate, channels):
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    got, said = read(write(tmp_path / "a.wav", np.repeat(wave[:, None], channels, axis=1), rate))
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000) * 32768
    assert len(got) == 16000
    assert np.abs(got - expected)[300:-300].max() < 10
    assert not said


def test_channels_are_averaged(tmp_path):
    stereo = np.stack([SOUND, np.zeros_like(SOUND)], axis=1)
    got, _ = read(write(tmp_path / "a.wav", stereo))
    assert np.abs(got - SOUND / 2).max() <= 0.5


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_cut_off_files_give_what_is_there_and_a_warning(tmp_path, name):
    whole = write(tmp_path / name)
    cut = tmp_path / f"cut_{name}"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 2 // 3 + 1])
    got, said = read(cut)
    assert len(got) > 0.5 * len(SOUND)
    assert np.array_equal(got, SOUND[: len(got)])
    assert any("cut_" in line for line in said)


def test_a_length_left_open_is_no_fault(tmp_path):
    data = write(tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(data[:40] + b"\xff" * 4 + data[44:])
    got, said = read(tmp_path / "a.wav")
    assert np.array_equal(got, SOUND)
    assert not said


def test_what_is_no_number_is_silence(tmp_path):
    samples = np.full(1000, np.nan, dtype=np.float32)
    got, _ = read(write(tmp_path / "a.wav", samples, subtype="FLOAT"))
    assert not got.any()


def _empty(folder: Path) -> Path:
    (folder / "empty.wav").touch()
    return folder / "empty.wav"


def _text(folder: Path, name: str = "text.wav") -> Path:
    (folder / name).write_text("this is no sound at all " * 20)
    return folder / name


def _header_only(folder: Path) -> Path:
    data = write(folder / "a.wav").read_bytes()
    (folder / "header.wav").write_bytes(data[:44])
    return folder / "header.wav"


def _half_header(folder: Path) -> Path:
    data = write(folder / "a.wav").read_bytes()
    (folder / "half.wav").write_bytes(data[:20])
    return folder / "half.wav"


def _strange_rate(folder: Path) -> Path:
    return write(folder / "slow.wav", rate=100)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda folder: folder / "missing.wav", "does not exist"),
        (lambda folder: folder, "is a folder"),
        (_empty, "is empty"),
        (_text, "is no sound file"),
        (lambda folder: _text(folder, "text.raw"), "is no sound file"),
        (_header_only, "holds no sound"),
        (_half_header, "is no sound file"),
        (_strange_rate, "sampling rate"),
        (lambda folder: Path("/dev/null"), "is no file"),
    ],
)
def test_bad_files_are_named_with_a_remedy(tmp_path, make, word):
    path = make(tmp_path)
    with pytest.raises(KittError, match=word) as caught:
        list(read_blocks(path, on_warning=lambda line: None))
    assert str(path) in caught.value.message
    assert caught.value.remedy


def test_a_file_of_ten_hours_is_never_loaded_whole(tmp_path):
    path = tmp_path / "long.wav"
    head = write(path).read_bytes()[:40]
    size = 10 * 3600 * 16000 * 2  # bytes
    with path.open("wb") as file:  # silence that takes no room on the disk
        file.write(head + size.to_bytes(4, "little"))
        file.truncate(44 + size)
    tracemalloc.start()
    count = 0
    for block in read_blocks(path):
        count += len(block)
        if count > 60 * 16000:
            break
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 60 * 16000
    assert peak < 10e6


class _Handler(http.server.BaseHTTPRequestHandler):
    folder = Path()

    def do_GET(self) -> None:
        path = self.folder / self.path.lstrip("/").split("?")[0]
        if not path.is_file():
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(path.read_bytes())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path):
    handler = type("Handler", (_Handler,), {"folder": tmp_path})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_sound_from_the_web(tmp_path, server, name):
    write(tmp_path / name)
    got, said = read(f"{server}/{name}")
    assert np.array_equal(got, SOUND)
    assert not said


def test_an_endless_stream_can_be_left(tmp_path, server):
    data = write(tmp_path / "a.wav").read_bytes()
    (tmp_path / "endless.wav").write_bytes(data[:40] + b"\xff" * 4 + data[44:] * 10)
    blocks = read_blocks(f"{server}/endless.wav")
    assert np.array_equal(np.concatenate([next(blocks) for _ in range(10)]), SOUND[:3200])
    before = len(os.listdir("/proc/self/fd"))
    blocks.close()
    assert len(os.listdir("/proc/self/fd")) < before


@pytest.mark.parametrize("what", ["/missing.wav", "/text.wav?secret=1", ":1/a.wav"])
def test_bad_addresses_are_named_without_secrets(tmp_path, server, what):
    _text(tmp_path)
    url = server.rsplit(":", 1)[0] + what if what.startswith(":") else server + what
    with pytest.raises(KittError) as caught:
        list(read_blocks(url.replace("http://", "http://user:password@") if "secret" not in url else url))
    assert "127.0.0.1" in caught.value.message
    assert "password" not in str(caught.value) and "secret" not in str(caught.value)
    assert caught.value.remedy
