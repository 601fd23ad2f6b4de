"""A process that publishes stored pictures on /camera/image_raw at a steady rate, as a camera would."""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np


def main() -> None:
    """Arguments: the .npy file of pictures, rate, how many to send (0: until ended). It waits for a subscriber."""
    parser = argparse.ArgumentParser()
    parser.add_argument("frames")
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--count", type=int, default=0)
    arguments = parser.parse_args()

    from kitt_core.middleware import prepare_environment

    prepare_environment()
    import rclpy
    from rclpy.duration import Duration
    from rclpy.signals import SignalHandlerOptions
    from std_msgs.msg import Header

    from kitt_core.contract import graph_name, topic
    from kitt_core.convert import image_to_msg, to_stamp
    from kitt_core.ports import message_type, qos_of

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)  # ended by SIGTERM's default, at once and in silence
    node: Any = rclpy.create_node("bench_camera")
    row = topic("/camera/image_raw")
    publisher = node.create_publisher(message_type(row.type), graph_name(row.name), qos_of(row))
    frames = np.load(arguments.frames, mmap_mode="r")
    while publisher.get_subscription_count() == 0:
        time.sleep(0.02)
    time.sleep(0.5)  # the subscriber's side of the connection stands a little later
    due, sent = time.monotonic(), 0
    while arguments.count == 0 or sent < arguments.count:
        header = Header(stamp=to_stamp(time.time_ns()), frame_id=f"{sent}")
        publisher.publish(image_to_msg(np.asarray(frames[sent % len(frames)]), header))
        sent += 1
        due = max(due + 1 / arguments.rate, time.monotonic() - 1 / arguments.rate)
        time.sleep(max(0.0, due - time.monotonic()))
    # Reliable messages that are still under way would die with the process.
    publisher.wait_for_all_acked(Duration(seconds=2))
    node.destroy_node()
    rclpy.shutdown()


if __name__ == "__main__":
    main()
