"""The MCAP file without ROS: readable, also after SIGKILL and on a full disk."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from kitt_cli.definitions import definition
from kitt_cli.mcap_file import DiskLimitError, LimitError, McapFile
from kitt_inference.errors import KittError

mcap_reader = pytest.importorskip("mcap.reader", reason="mcap is not installed")

WRITER = """
import os, resource, signal, sys
from pathlib import Path
from kitt_cli.mcap_file import DiskLimitError, LimitError, McapFile
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


def fill(file, count=100, size=10_000):
    file.add_topic("/t", "std_msgs/msg/String", "string data")
    for i in range(count):
        file.write("/t", i.to_bytes(4, "little") + bytes(size), i, i)


def test_a_limit_ends_it_whole(tmp_path):
    path = tmp_path / "a.mcap"
    file = McapFile(path, limit=300_000)
    with pytest.raises(LimitError, match="ended at its limit"):
        fill(file)
    assert path.stat().st_size < 310_000
    with path.open("rb") as stream:
        count = mcap_reader.make_reader(stream).get_summary().statistics.message_count
    assert messages(path, whole=True) == list(range(count)) and count == 29
    file.write("/t", b"after", 0, 0)
    file.close()
    assert path.stat().st_size < 310_000


def test_the_disk_is_left_as_free_as_it_shall_stay(tmp_path, monkeypatch):
    free = [50_000_000]
    monkeypatch.setattr("kitt_cli.mcap_file.shutil.disk_usage", lambda _: SimpleNamespace(free=free[0]))
    path = tmp_path / "a.mcap"
    with pytest.raises(KittError, match="only 50 MB of the disk"):
        McapFile(path)
    assert not path.exists()
    file = McapFile(path, keep_free=40_000_000)
    fill(file, 150)
    free[0] = 39_900_000
    with pytest.raises(DiskLimitError, match="40 MB of the disk are kept free"):
        fill(file)
    found = messages(path, whole=True)
    assert found == [*range(150), *range(len(found) - 150)]


def test_a_full_file_system_leaves_a_readable_file(tmp_path):
    """A real one, of 300 kB in memory, where one may mount it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "kitt", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no right to mount a small file system")
    try:
        path = disk / "a.mcap"
        file = McapFile(path, keep_free=0)
        with pytest.raises(KittError, match="No space left on device"):
            fill(file)
        found = messages(path, whole=False)
        assert found == list(range(len(found))) and len(found) >= 20
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.ros
def test_every_message_of_ours_has_a_schema_that_readers_take():
    """All of kitt_interfaces and of the contract: rosbags makes types of the very definitions that are recorded."""
    typesys = pytest.importorskip("rosbags.typesys")
    from kitt_interfaces import msg

    from kitt_core.contract import TOPICS

    ours = {f"kitt_interfaces/msg/{name}" for name in dir(msg) if name[:1].isupper()}
    assert len(ours) >= 20
    for name in sorted(ours | {row.type for row in TOPICS.values()}):
        first, *others = definition(name).split("=" * 80 + "\n")
        types = typesys.get_types_from_msg(first, name)
        for other in others:
            head, text = other.split("\n", 1)
            types |= typesys.get_types_from_msg(text, head.removeprefix("MSG: ").replace("/", "/msg/"))
        assert name in types
        for fields in types.values():
            for _field, (kind, inner) in fields[1]:
                kind, inner = inner[0] if kind.value in (3, 4) else (kind, inner)  # noqa: PLW2901 - an array's element
                assert kind.value != 2 or inner in types, f"{name} needs {inner}"
