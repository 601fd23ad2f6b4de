"""Gazebo 11 itself, in lockstep: the drive, the people, the sensors, and that nothing is left behind."""

import itertools
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gazebo import set_up
from kitt_core.geometry import Pose2D, Twist2D, yaw_from_quaternion
from kitt_sim import assets
from kitt_sim.gazebo.session import Session
from kitt_sim.worlds import world_by_name

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def gazebo():
    set_up()


@pytest.fixture(scope="module")
def track():
    session = Session(world_by_name("calibration"), lockstep=True)
    yield session
    session.close()


def drive(session, linear, angular, seconds):
    moments = []
    for _ in range(round(seconds / 0.02)):
        session.command(Twist2D(linear, angular))
        session.step(0.02)
        moments.append(session.moment)
    return moments


@pytest.mark.parametrize(
    ("linear", "angular"), [(0.5, 0.0), (1.8, 0.0), (-0.8, 0.0), (1.0, 0.3), (1.0, -0.3), (1.8, 0.4), (-0.8, 0.2)]
)
def test_the_car_does_what_it_is_told_within_five_percent(track, linear, angular):
    drive(track, 0.0, 0.0, 1.0)
    drive(track, linear, angular, 2.5)
    moments = drive(track, linear, angular, 1.5)
    first, last = moments[0], moments[-1]
    seconds = last.time - first.time
    poses = [m.state.pose for m in moments]
    path = sum(math.hypot(b.x - a.x, b.y - a.y) for a, b in itertools.pairwise(poses))
    turned = np.unwrap([p.yaw for p in poses])
    assert path / seconds == pytest.approx(abs(linear), rel=0.05)
    assert (turned[-1] - turned[0]) / seconds == pytest.approx(angular, rel=0.05, abs=0.003)


def test_it_brakes_when_commands_fall_silent_and_then_stands(track):
    drive(track, 1.5, 0.0, 2.0)
    track.step(0.25 + 1.5 / 4.0 + 0.3)
    before = track.moment.state.pose
    track.step(2.0)
    after = track.moment.state.pose
    assert math.hypot(after.x - before.x, after.y - before.y) < 0.01


def test_the_imu_feels_gravity_turns_and_braking(track):
    felt = []
    track.on_imu = felt.append

    def mean(linear, angular, seconds):
        felt.clear()
        moments = drive(track, linear, angular, seconds)
        time.sleep(0.1)  # readings come over a connection of their own
        return np.mean([(*r.angular_velocity, *r.linear_acceleration) for r in felt], axis=0), moments

    spec = track.car.imu
    drive(track, 0.0, 0.0, 1.5)
    still, moments = mean(0.0, 0.0, 2.0)
    assert len(felt) == pytest.approx(100, abs=10)
    assert still[:3] == pytest.approx([0.0] * 3, abs=5 * spec.gyro_bias)
    assert still[3:] == pytest.approx([0.0, 0.0, 9.81], abs=5 * spec.accel_bias)
    starting, _ = mean(1.5, 0.0, 0.9)
    assert starting[3] == pytest.approx(1.5, rel=0.3)
    drive(track, 1.5, 0.5, 1.5)
    turning, moments = mean(1.5, 0.5, 1.0)
    assert turning[2] == pytest.approx(moments[-1].state.yaw_rate, abs=0.03)
    assert turning[4] == pytest.approx(1.5 * 0.5, abs=0.2)
    assert yaw_from_quaternion(*felt[-1].orientation) == pytest.approx(
        track.simulator.in_odom(moments[-1].state.pose).yaw, abs=0.03
    )
    braking, _ = mean(0.0, 0.0, 0.3)
    assert braking[3] < -2.0


def test_people_walk_where_the_description_says_and_the_sensors_see_them():
    session = Session(world_by_name("street"), lockstep=True, start=Pose2D(37.0, -1.75, 0.0))
    pictures, scans = [], []
    session.on_image = lambda at, picture: pictures.append((at, picture))
    session.on_scan = scans.append
    try:
        session.step(2.5)  # the pedestrian sets off at once: the car is within eleven metres
        wanted, found = session.simulator.walkers[0], session.moment.walkers[0]
        assert wanted.walked > 2.0
        assert math.hypot(wanted.pose.x - found.pose.x, wanted.pose.y - found.pose.y) < 0.1
        assert pictures[-1][1].shape == (480, 640, 3)
        assert pictures[-1][1].std() > 20
        assert len(pictures) >= 20
        scan = scans[-1]
        truth = session.at(scan.time)
        expected = truth.scan().ranges
        near = np.isfinite(expected) & (expected < 15.0)
        agree = np.abs(scan.ranges[near] - expected[near]) < 0.1
        assert agree.mean() > 0.93, f"{agree.mean():.2f} of {near.sum()} rays agree"
        person = truth.walkers[0].pose
        ahead, left = truth.state.pose.to_local(person.x, person.y)
        ray = round((math.atan2(left, ahead - truth.scanner.x) - scan.angle_min) / scan.angle_increment)
        distance = math.hypot(ahead - truth.scanner.x, left) - session.world.people[0].radius
        assert scan.ranges[ray] == pytest.approx(distance, abs=0.1)
    finally:
        session.close()


def test_the_picture_is_the_built_in_simulators():
    if assets.missing():
        pytest.skip("the meshes are not in the cache: python -m kitt_sim.assets")
    session, pictures = Session(world_by_name("crossing"), lockstep=True), []
    session.on_image = lambda at, picture: pictures.append((at, picture))
    try:
        session.step(1.0)
        at, picture = pictures[-1]
        drawn = session.at(at).render()
        assert np.abs(picture.astype(int) - drawn.astype(int)).mean() < 16
    finally:
        session.close()


def test_a_traffic_light_changes_in_the_picture():
    session, pictures = Session(world_by_name("crossing"), lockstep=True, start=Pose2D(7.0, -1.75, 0.0)), []
    session.on_image = lambda at, picture: pictures.append((at, picture))

    def redness():
        at, picture = pictures[-1]
        x0, y0, x1, y1 = (round(v) for v in next(t for t in session.at(at).ground_truth() if t.id == "light_0").box)
        face = picture[y0:y1, x0:x1].astype(int)
        return int((face[:, :, 2] - face[:, :, 1]).sum())

    try:
        session.step(1.0)
        green = redness()
        drive(session, 1.5, 0.0, 5.0)  # it changes as the car comes near
        assert session.simulator.colours[0] == "red"
        assert green < 0 < redness()
    finally:
        session.close()


def test_nothing_is_left_when_its_owner_is_killed(tmp_path):
    program = (
        "import sys, time\n"
        "from kitt_sim.gazebo.session import Session\n"
        "from kitt_sim.worlds import world_by_name\n"
        "session = Session(world_by_name('calibration'), lockstep=True)\n"
        "print(session.server.port, flush=True)\n"
        "time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    port = owner.stdout.readline().strip()
    assert port.isdigit()
    assert _processes(port)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    deadline = time.monotonic() + 5.0
    while _processes(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _processes(port) == []


def _processes(port: str) -> list[str]:
    """The running processes that know of a port by their arguments or their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if port.encode() in text and state != "Z":
            found.append(folder.name)
    return found
