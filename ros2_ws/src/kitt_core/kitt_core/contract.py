"""The contract of the topics: the single source of type, owner, QoS, rate and greatest age.

Publishers and subscribers are made from this table; diagnostics, ``docs/topics.md`` and the contract tests are derived
from it (the idea is openpilot's ``services.py``: alive, on time and valid are properties of the contract).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from kitt_core.errors import KittError

GLOBAL_TOPICS = frozenset({"/clock", "/tf", "/tf_static", "/diagnostics"})
"""Topics that a namespace does not move: by convention they are the same for everybody."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One row.

    ``rate_hz`` is the (lowest, highest) healthy rate, None for topics on event; ``max_age_s`` the age in s of the
    stamp beyond which a message must not be acted upon, None where age does not matter; ``depth`` the history kept.
    """

    name: str
    type: str
    owner: str
    description: str
    rate_hz: tuple[float, float] | None = None
    max_age_s: float | None = None
    reliable: bool = True
    latched: bool = False
    depth: int = 5
    on_demand: bool = False
    """Published only while somebody subscribes."""


_ROWS = (
    # Images are reliable: with best effort a busy subscriber loses fragments, and with them whole frames. Ten frames
    # of history bridge two thirds of a second; who only wants the newest takes all and drops the rest.
    Topic("/camera/image_raw", "sensor_msgs/msg/Image", "camera", "The camera's frames, bgr8.",
          (10.0, 60.0), 0.2, depth=10),
    Topic("/camera/camera_info", "sensor_msgs/msg/CameraInfo", "camera", "Intrinsics, stamp equal to the frame's.",
          (10.0, 60.0), 0.2),
    Topic("/camera/image_raw/compressed", "sensor_msgs/msg/CompressedImage", "camera", "The same frames as JPEG.",
          (10.0, 60.0), 0.2, on_demand=True),
    Topic("/detections", "vision_msgs/msg/Detection2DArray", "detector",
          "Objects of one frame; the image's header; published also when empty; class names.", (5.0, 60.0), 0.3),
    Topic("/detections/labels", "vision_msgs/msg/LabelInfo", "detector", "The detector's classes.", latched=True,
          depth=1),
    Topic("/detections/image", "sensor_msgs/msg/Image", "detector", "The frame with boxes drawn.", (5.0, 60.0), 0.5,
          depth=2, on_demand=True),
    Topic("/detections/timing", "kitt_interfaces/msg/ProcessingTimes", "detector",
          "Where the time of each frame went, frames dropped.", (5.0, 60.0), 0.3),
    Topic("/detections/model", "kitt_interfaces/msg/ModelStatus", "detector", "Model and backend in use.", latched=True,
          depth=1),
    Topic("/tracks", "vision_msgs/msg/Detection2DArray", "detector",
          "Tracked objects with stable ids; a traffic light's colour as second hypothesis.", (5.0, 60.0), 0.3),
    Topic("/audio", "kitt_interfaces/msg/AudioChunk", "microphone", "int16 mono at 16 kHz, chunks of 20 ms.",
          (45.0, 55.0), 0.1, depth=50),
    Topic("/voice/command", "kitt_interfaces/msg/VoiceCommand", "recogniser", "A command that was heard or typed.",
          None, 1.0),
    Topic("/voice/transcript", "kitt_interfaces/msg/Transcript", "recogniser", "What is being heard."),
    Topic("/voice/activity", "kitt_interfaces/msg/VoiceActivity", "recogniser", "Whether somebody speaks.",
          (5.0, 55.0), 0.5),
    Topic("/text/input", "kitt_interfaces/msg/TextInput", "console", "A line typed by an operator.", None, 1.0),
    Topic("/text/completions", "kitt_interfaces/msg/Completions", "completer", "Ranked continuations."),
    Topic("/say", "kitt_interfaces/msg/Say", "controller", "What the car says aloud."),
    Topic("/speaker/audio", "kitt_interfaces/msg/AudioChunk", "speaker",
          "What leaves the loudspeaker, while it plays; the stamp says when its first sample does.", depth=50),
    Topic("/speaker/state", "kitt_interfaces/msg/SpeakerState", "speaker", "What the speaker plays.", (5.0, 50.0), 0.5),
    Topic("/cmd_vel_manual", "geometry_msgs/msg/TwistStamped", "console",
          "The stick's velocity, 10 Hz or more while it is held; silence is the deadman's release.", None, 0.3,
          depth=1),
    Topic("/cmd_vel_desired", "geometry_msgs/msg/TwistStamped", "controller", "The velocity the controller wishes.",
          (15.0, 25.0), 0.2, depth=1),
    Topic("/kitt/cause", "kitt_interfaces/msg/Trace", "controller",
          "What the wish of the same stamp rests on.", (15.0, 25.0), 0.2, depth=5),
    Topic("/cmd_vel", "geometry_msgs/msg/TwistStamped", "safety_gate",
          "The velocity for the car; always published, zero when in doubt.", (15.0, 25.0), 0.2, depth=1),
    Topic("/kitt/gate", "kitt_interfaces/msg/GateState", "safety_gate", "The gate's verdict and its reason.",
          (15.0, 25.0), 0.5),
    Topic("/kitt/trace", "kitt_interfaces/msg/Trace", "safety_gate", "What caused each /cmd_vel: stamps and ages.",
          (15.0, 25.0), 0.5),
    Topic("/kitt/state", "kitt_interfaces/msg/KittState", "controller", "State, driver, reason, faults.",
          (4.0, 25.0), 1.0),
    Topic("/emergency_stop", "std_msgs/msg/Bool", "anyone", "true latches the emergency stop; false does nothing.",
          depth=10),
    Topic("/lights", "std_msgs/msg/Bool", "controller", "Headlights on or off.", latched=True, depth=1),
    Topic("/bumper", "std_msgs/msg/Bool", "base", "true while the bumper touches something.", depth=10),
    Topic("/scan", "sensor_msgs/msg/LaserScan", "base", "2-D laser scan.", (5.0, 40.0), 0.3, depth=2),
    Topic("/odom", "nav_msgs/msg/Odometry", "base", "Pose in odom, twist in base_link.", (15.0, 200.0), 0.2),
    Topic("/imu", "sensor_msgs/msg/Imu", "base", "Orientation in odom, angular velocity, acceleration with gravity.",
          (20.0, 1000.0), 0.2, depth=10),
    Topic("/battery_state", "sensor_msgs/msg/BatteryState", "base", "Charge of the drive battery.", (0.1, 10.0), 30.0),
    Topic("/sim/ground_truth", "kitt_interfaces/msg/GroundTruth", "simulator", "What the simulator knows.",
          (5.0, 60.0), 1.0),
    Topic("/sim/collision", "kitt_interfaces/msg/Collision", "simulator", "The car touched something.", depth=50),
    Topic("/sim/event", "std_msgs/msg/String", "simulator",
          "What happens in the world («light_0 red»), and from anyone what shall happen.", depth=20),
    Topic("/clock", "rosgraph_msgs/msg/Clock", "simulator", "Simulated time.", (20.0, 1000.0), None, depth=1),
    Topic("/tf", "tf2_msgs/msg/TFMessage", "base", "Transforms (REP 105).", (10.0, 200.0), depth=100),
    Topic("/tf_static", "tf2_msgs/msg/TFMessage", "base", "Fixed transforms.", latched=True, depth=1),
    Topic("/diagnostics", "diagnostic_msgs/msg/DiagnosticArray", "every node", "Health, once a second.", (0.5, 50.0),
          depth=20),
)  # fmt: skip

TOPICS: dict[str, Topic] = {row.name: row for row in _ROWS}


def topic(name: str) -> Topic:
    """The row of a topic.

    Raises:
        KittError: the contract has no such topic; the nearest names are listed.
    """
    if name in TOPICS:
        return TOPICS[name]
    near = difflib.get_close_matches(name, TOPICS, n=3, cutoff=0.4)
    raise KittError(
        f"the topic contract has no {name}",
        f"did you mean {', '.join(near)}?" if near else f"it has {', '.join(sorted(TOPICS))}",
    )


def graph_name(name: str) -> str:
    """The name to give to ROS: relative, so that a node's namespace applies, except for topics shared by all."""
    return name if name in GLOBAL_TOPICS else name.removeprefix("/")


def markdown() -> str:
    """The text of ``docs/topics.md``."""
    head = (
        "# Topics\n\n"
        "Made from `kitt_core/contract.py` by `./kitt docs`; a test holds the two equal. A message older than the "
        "greatest age is not acted upon.\n\n"
        "| topic | type | from | rate, Hz | greatest age, ms | QoS | |\n|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_markdown_row(row) for row in TOPICS.values())


def _markdown_row(row: Topic) -> str:
    rate = "on event" if row.rate_hz is None else f"{row.rate_hz[0]:g} to {row.rate_hz[1]:g}"
    age = "" if row.max_age_s is None else f"{row.max_age_s * 1000:g}"
    qos = f"{'reliable' if row.reliable else 'best effort'}, depth {row.depth}{', latched' if row.latched else ''}"
    note = " Only while subscribed." if row.on_demand else ""
    type_name = row.type.replace("/msg/", "/")
    return f"| {row.name} | {type_name} | {row.owner} | {rate} | {age} | {qos} | {row.description}{note} |\n"
