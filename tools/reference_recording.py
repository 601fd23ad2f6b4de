"""Make tests/reference/street.mcap anew: two and a half seconds of the simulated street, and two commands.

Run it with the environment of `./kitt`, the built workspace and the packages of ros2_ws/src on PYTHONPATH; `./kitt
setup` fetches the meshes. Then: ./kitt replay tests/reference/street.mcap --compare tests/reference/street.json
--update-refs
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from kitt_interfaces.msg import AudioChunk
from rclpy.serialization import serialize_message
from std_msgs.msg import Header

from kitt_cli.definitions import definition
from kitt_cli.demo.script import FOLDER
from kitt_cli.mcap_file import McapFile
from kitt_cli.speech.sound import read_all
from kitt_core.convert import compressed_to_msg, to_stamp
from kitt_core.geometry import Twist2D
from kitt_sim.simulator import Simulator

OUT = Path(__file__).resolve().parents[1] / "tests" / "reference" / "street.mcap"
BEGIN_S, FRAMES, PERIOD_S, SPEED_M_S = 9.0, 13, 0.2, 1.5
QUALITY = 70
CHUNK = 320  # samples, 20 ms
EPOCH_NS = 1_700_000_000_000_000_000
LINES = ("start_driving", "stop")
TOPICS = {
    "/camera/image_raw/compressed": "sensor_msgs/msg/CompressedImage",
    "/audio": "kitt_interfaces/msg/AudioChunk",
}


def pictures() -> list[tuple[int, str, Any]]:
    """Nanosecond, topic and message of each frame: the car drives on, past parked cars, towards the stop sign."""
    simulator = Simulator("street", seed=0)
    found = []
    for number in range(FRAMES):
        while simulator.time < BEGIN_S + number * PERIOD_S:
            simulator.command(Twist2D(SPEED_M_S, 0.0))
            simulator.step(0.01)
        jpeg = cv2.imencode(".jpg", simulator.render(), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
        at = EPOCH_NS + round(number * PERIOD_S * 1e9)
        header = Header(stamp=to_stamp(at), frame_id="camera")
        found.append((at, "/camera/image_raw/compressed", compressed_to_msg(jpeg, header)))
    return found


def sound() -> list[tuple[int, str, Any]]:
    """The same of each chunk of sound."""
    samples = np.concatenate([read_all(FOLDER / f"{line}.flac", raise_line) for line in LINES])
    found = []
    for number in range(len(samples) // CHUNK):
        at = EPOCH_NS + number * 20_000_000
        message = AudioChunk(sample_rate=16000, sequence=number)
        message.header = Header(stamp=to_stamp(at), frame_id="microphone")
        message.samples = samples[number * CHUNK : (number + 1) * CHUNK].tolist()
        found.append((at, "/audio", message))
    return found


def raise_line(line: str) -> None:
    """A recording that is not whole is no reference."""
    raise SystemExit(line)


def main() -> None:
    """Write the recording."""
    messages = sorted([*pictures(), *sound()], key=lambda entry: entry[0])
    OUT.unlink(missing_ok=True)
    file = McapFile(OUT)
    for name, kind in TOPICS.items():
        file.add_topic(name, kind, definition(kind))
    for at, name, message in messages:
        file.write(name, bytes(serialize_message(message)), at, at)
    file.close()


if __name__ == "__main__":
    main()
