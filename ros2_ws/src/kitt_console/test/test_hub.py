"""Encoding once, newest wins, pictures with their boxes."""

from __future__ import annotations

import asyncio
import json
import math
import struct
from types import SimpleNamespace as Thing

import cv2
import numpy as np
import pytest

from kitt_console import links, views
from kitt_console.access import Tokens
from kitt_console.frames import FrameSync, encode, jpeg_size, packet, shrink
from kitt_console.hub import Hub, to_json
from kitt_control.world import Camera, Track, TrackFrame


def test_a_slow_client_gets_the_newest_and_keeps_nobody_waiting():
    async def scene():
        hub = Hub()
        hub.bind(asyncio.get_running_loop())
        slow, quick = hub.join(), hub.join()
        for number in range(200):
            hub.state("pose", {"x": number})
            hub.event("said", {"n": number})
            hub.picture(bytes([number]))
            await asyncio.sleep(0)
            parcels = await quick.take()
            assert json.loads(parcels[0])[0]["x"] == number
            if len(parcels) > 1:
                assert parcels[1] == bytes([number])
                quick.shown()
        text, picture = await slow.take()
        items = json.loads(text)
        assert [item["x"] for item in items if item["kind"] == "pose"] == [199]
        assert [item["n"] for item in items if item["kind"] == "said"] == list(range(150, 200))
        assert picture == bytes([199]) and slow.overtaken == 199

    asyncio.run(scene())


def test_all_clients_get_the_same_object():
    async def scene():
        hub = Hub()
        hub.bind(asyncio.get_running_loop())
        outboxes = [hub.join() for _ in range(10)]
        jpeg = bytes(1000)
        hub.picture(jpeg)
        await asyncio.sleep(0)
        for outbox in outboxes:
            assert (await outbox.take())[0] is jpeg

    asyncio.run(scene())


def test_what_has_not_changed_is_not_sent_again():
    async def scene():
        hub = Hub()
        hub.bind(asyncio.get_running_loop())
        outbox = hub.join()
        for _ in range(2):
            hub.state("a", {"x": 1})
            await asyncio.sleep(0)
        await outbox.take()
        hub.state("a", {"x": 1})
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(outbox.take(), 0.02)

    asyncio.run(scene())


def test_a_hub_whose_loop_has_ended_is_quiet():
    hub = Hub()

    async def scene():
        hub.bind(asyncio.get_running_loop())
        hub.join()

    asyncio.run(scene())
    hub.state("a", {"x": 1})
    hub.picture(b"x")


def test_json_knows_no_nan():
    assert to_json({"a": math.nan, "b": [math.inf, 0.123456], "c": "é"}) == '{"a":null,"b":[null,0.1235],"c":"é"}'


def test_pictures_go_with_their_boxes_at_the_rate():
    sync = FrameSync(10.0)
    sync.boxes(-1, [], 0.0)
    sent = []
    for number in range(30):  # 15 Hz for two seconds, boxes 60 ms after their picture
        now = number / 15
        assert sync.picture(number, b"j", now) is None
        sent.append(sync.boxes(number, [{"id": str(number)}], now + 0.06))
    sent = [s for s in sent if s]
    assert 19 <= len(sent) <= 22
    assert all(boxes[0]["id"] == str(stamp) for stamp, boxes, _ in sent)


def test_a_picture_that_comes_after_its_boxes_still_finds_them():
    sync = FrameSync(10.0)
    assert sync.boxes(5, [{"id": "a"}], 1.0) is None
    assert sync.picture(5, b"j", 1.01) == (5, [{"id": "a"}], b"j")


def test_without_a_detector_pictures_go_bare():
    sync = FrameSync(10.0)
    assert sync.picture(1, b"j", 5.0) == (1, None, b"j")
    assert sync.picture(2, b"j", 5.05) is None
    for number in range(1000):
        sync.boxes(10_000 + number, [], 6.0)
        sync.picture(number, b"j", 6.0)
    assert len(sync._pictures) <= 8 and len(sync._boxes) <= 8


def test_a_packet_reads_back():
    data = packet(1_500_000_000, 0.07, [640, 480], None, b"jpeg")
    length = struct.unpack_from("<I", data)[0]
    assert json.loads(data[4 : 4 + length]) == {"stamp": 1.5, "age": 0.07, "size": [640, 480], "boxes": None}
    assert data[4 + length :] == b"jpeg"


@pytest.mark.parametrize("width", [320, 960, 1280, 1920, 3840])
def test_wide_pictures_are_made_narrower(width):
    image = np.full((width * 3 // 4, width, 3), 90, np.uint8)
    jpeg = cv2.imencode(".jpg", image)[1].tobytes()
    assert jpeg_size(jpeg) == (width, width * 3 // 4)
    small = shrink(jpeg, 960, 70)
    assert (small is jpeg) == (width <= 960)
    assert jpeg_size(small) == (min(width, 960), min(width, 960) * 3 // 4)
    assert jpeg_size(encode(image, 960, 70)) == jpeg_size(small)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0", b"no jpeg at all", b"\xff\xd8" + b"\xff" * 60])
def test_what_is_no_jpeg_goes_through_untouched(data):
    assert shrink(data, 960, 70) == data


def test_boxes_have_distances_where_they_can():
    camera = Camera(640, 480, 500.0, 500.0, 320.0, 240.0)
    frame = TrackFrame(1.0, (Track("7", "person", 0.9, 320, 300, 50, 85), Track("8", "kite", 0.5, 100, 50, 20, 20)))
    person, kite = views.boxes(frame, camera, 1.1, 1.3)
    assert person["box"] == [295, 257.5, 50, 85] and 4.0 < person["distance"] < 6.0
    assert kite["distance"] is None
    assert views.boxes(frame, None, 1.1, 1.3)[0]["distance"] is None


def test_a_scan_is_thinned_by_the_nearest():
    ranges = [5.0] * 720
    ranges[3] = 0.7
    ranges[100:104] = [math.inf, math.nan, 0.01, 99.0]
    view = views.scan(Thing(ranges=ranges, range_min=0.1, range_max=20.0, angle_min=-1.0, angle_increment=0.001))
    assert len(view["ranges"]) == 180 and view["ranges"][0] == 0.7 and view["ranges"][25] is None
    assert view["step"] == pytest.approx(0.004)
    assert views.scan(Thing(ranges=[], range_min=0, range_max=1, angle_min=0, angle_increment=0))["ranges"] == []


def test_the_last_stop_and_its_reason():
    last = views.LastStop()

    def state(speed, reason=""):
        return last.state(Thing(speed=speed, reason=reason, state="driving"), 7.0)

    assert state(0.0) is None and state(1.0) is None
    last.gate(Thing(verdict="limited", message="slower than asked", reason="speed"))
    assert state(0.0, "stop sign") == {"reason": "stop sign", "at": 7.0}
    assert state(0.0) is None
    state(-1.0)
    last.gate(Thing(verdict="refused", message="", reason="obstacle_ahead"))
    last.gate(Thing(verdict="refused", message="not for long enough", reason="recovering"))
    assert state(0.01)["reason"] == "obstacle_ahead"


def status(name, level=b"\x00", message="", **values):
    return Thing(name=name, level=level, message=message, values=[Thing(key=k, value=v) for k, v in values.items()])


def test_diagnoses_are_gathered_by_topic():
    diagnosis = views.Diagnosis()
    diagnosis.add(Thing(status=[
        status("camera", message="streaming"), status("camera: publishes /camera/image_raw", rate_hz="15.02", age_s=""),
    ]), 0.0)  # fmt: skip
    for node, age in (("detector", "0.010"), ("console", "0.030"), ("other", "nan")):
        diagnosis.add(Thing(status=[status(f"{node}: hears /camera/image_raw", b"\x01", age_s=age)]), 0.0)
    view = diagnosis.view(1.0)
    assert view["nodes"] == [{"node": "camera", "level": "ok", "message": "streaming"}]
    assert (view["topics"][0]["rate"], view["topics"][0]["age"]) == (15.02, 0.03)
    gone = diagnosis.view(9.0)
    assert gone["nodes"][0]["level"] == gone["topics"][0]["level"] == "stale" and gone["topics"][0]["rate"] is None


def test_links_hold_tokens_only_where_others_can_reach_them():
    tokens = Tokens("d" * 32, "w" * 32)
    assert links.links("127.0.0.1", 8080, None) == {"drive": "http://localhost:8080/"}
    both = links.links("10.1.2.3", 99, tokens)
    assert both["drive"] == "http://10.1.2.3:99/?token=" + "d" * 32 and both["watch"].endswith("w" * 32)
    assert links.links("::1", 99, tokens)["drive"].startswith("http://[::1]:99/")
    assert not any(links.is_open(host) for host in ("127.0.0.1", "localhost", "::1"))
    assert all(links.is_open(host) for host in ("0.0.0.0", "10.1.2.3", "::"))
    assert len(links.qr_code(both["drive"]).splitlines()) > 10
