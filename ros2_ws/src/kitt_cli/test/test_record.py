"""The MCAP file without ROS: readable, also after SIGKILL and on a full disk."""

import subprocess
import sys

import pytest

from kitt_cli.definitions import definition
from kitt_cli.mcap_file import McapFile
from kitt_inference.errors import KittError

mcap_reader = pytest.importorskip("mcap.reader", reason="mcap is not installed")

WRITER = """
import os, resource, signal, sys
from pathlib import Path
from kitt_cli.mcap_file import McapFile
from kitt_inference.errors import KittError
how, path = sys.argv[1], Path(sys.argv[2])
if how == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
file = McapFile(path)
file.add_topic("/t", "std_msgs/msg/String", "string data")
try:
    for i in range(100):
        file.write("/t", i.to_bytes(4, "little") + bytes(10_000), i, i)
except KittError as error:
    print(error)
    sys.exit(2)
os.kill(os.getpid(), signal.SIGKILL)
"""


def messages(path, whole):
    """Sequence numbers in the file, read as a stream: that needs no summary."""
    from mcap.exceptions import EndOfFile
    from mcap.records import Message
    from mcap.stream_reader import StreamReader

    found = []
    with path.open("rb") as stream:
        try:
            for record in StreamReader(stream).records:
                if isinstance(record, Message):
                    found.append(int.from_bytes(record.data[:4], "little"))
        except EndOfFile:
            assert not whole
    return found


def test_reads_back_with_index(tmp_path):
    path = tmp_path / "a.mcap"
    file = McapFile(path)
    file.add_topic("/t", "std_msgs/msg/String", "string data")
    file.add_topic("/u", "std_msgs/msg/String", "string data")
    for i in range(50):
        file.write("/t" if i % 2 else "/u", bytes([i]) * 5000, 1000 + i, 500 + i)
    file.close()
    file.close()
    with path.open("rb") as stream:
        reader = mcap_reader.make_reader(stream)
        summary = reader.get_summary()
        read = list(reader.iter_messages())
    assert summary.statistics.message_count == 50
    assert len(summary.schemas) == 1
    assert [(m.log_time, m.publish_time, m.data[0]) for _, _, m in read] == [(1000 + i, 500 + i, i) for i in range(50)]
    assert {channel.topic for _, channel, _ in read} == {"/t", "/u"}


@pytest.mark.parametrize(("how", "least"), [("killed", 95), ("full", 15)])
def test_what_came_before_the_end_is_readable(tmp_path, how, least):
    path = tmp_path / "a.mcap"
    done = subprocess.run([sys.executable, "-c", WRITER, how, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == (2 if how == "full" else -9), done.stderr
    if how == "full":
        assert "ended: File too large. " in done.stdout
        assert done.stdout.count("\n") == 1
    found = messages(path, whole=False)
    assert found == list(range(len(found)))
    assert len(found) >= least


def test_refuses_existing_and_unwritable(tmp_path):
    (tmp_path / "a.mcap").touch()
    with pytest.raises(KittError, match="exists already"):
        McapFile(tmp_path / "a.mcap")
    with pytest.raises(KittError, match="cannot be written"):
        McapFile(tmp_path / "a.mcap" / "b.mcap")


def test_definitions_gather_all_types(tmp_path, monkeypatch):
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    for name, text in {
        "a/msg/Outer": "b/Inner[<=3] items # comment\nint32 X=3\nLocal here\nstring<=5 s\nuint8[4] u\n",
        "b/msg/Inner": "float64 x 1.0",
        "a/msg/Local": "b/Inner one",
    }.items():
        path = tmp_path / "share" / f"{name}.msg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (tmp_path / "share/ament_index/resource_index/packages").mkdir(parents=True, exist_ok=True)
        (tmp_path / "share/ament_index/resource_index/packages" / name.split("/")[0]).touch()
    text = definition("a/msg/Outer")
    assert [line for line in text.splitlines() if line.startswith("MSG: ")] == ["MSG: b/Inner", "MSG: a/Local"]
    assert text.startswith("b/Inner[<=3] items")
    with pytest.raises(KittError, match=r"None\.msg"):
        definition("a/msg/None")
