"""`kitt launch` as a user types it, and the project's own launch file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kitt_cli.launch import parse
from kitt_cli.verbs import launch as verb
from kitt_inference.errors import KittError

BRINGUP = Path(__file__).resolve().parents[5] / "launch"


@pytest.fixture
def car(install, prefix):
    """A prefix with kitt_bringup and dummies for all that it starts."""
    for package, names in {
        "kitt_sim": ["simulator_node", "gazebo_node", "harmonic_node"],
        "kitt_perception": ["camera_node", "detector_node"],
        "kitt_voice": ["microphone_node", "recogniser_node", "speaker_node"],
        "kitt_text": ["completer_node"],
        "kitt_control": ["controller_node", "safety_gate_node"],
        "kitt_cli": ["recorder"],
    }.items():
        for name in names:
            install(package, name, "print('up', flush=True)\nimport time\ntime.sleep(60)")
    (prefix / "share/ament_index/resource_index/packages/kitt_bringup").touch()
    (prefix / "share/kitt_bringup").symlink_to(BRINGUP)
    return BRINGUP / "launch/kitt.launch.xml"


def kitt(*words):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    return subprocess.run(
        [sys.executable, "-m", "kitt_cli.main", "launch", *words],
        capture_output=True, text=True, env=environment, check=False, timeout=30,
    )  # fmt: skip


def by_name(file, **arguments):
    return {process.name: process for process in parse.load(file, arguments).processes}


def test_the_car_in_the_builtin_simulator(car):
    nodes = by_name(car, sim="builtin")
    assert set(nodes) == {"simulator", "detector", "speaker", "completer", "controller", "safety_gate"}
    assert all(node.respawn and 0 < node.respawn_delay <= 1.0 for node in nodes.values())
    assert "use_sim_time:=false" in nodes["detector"].command
    assert "publish_clock:=false" in nodes["simulator"].command


@pytest.mark.parametrize(
    ("sim", "program", "clock"), [("gazebo11", "gazebo_node", "false"), ("gazebo", "harmonic_node", "true")]
)
def test_the_car_in_gazebo_is_the_same_but_for_the_simulator(car, sim, program, clock):
    nodes, built_in = by_name(car, sim=sim), by_name(car, sim="builtin")
    assert set(nodes) == set(built_in)
    assert Path(nodes["simulator"].command[0]).name == program
    assert 'world:="street"' in nodes["simulator"].command
    assert f"use_sim_time:={clock}" in nodes["detector"].command
    assert any(word.endswith("car_builtin.yaml") for word in nodes["controller"].command)  # one car in all of them


def test_the_simulator_makes_the_clock_where_asked(car):
    nodes = by_name(car, sim="builtin", use_sim_time="true", speed="2.0")
    assert "use_sim_time:=true" in nodes["detector"].command
    assert "use_sim_time:=true" not in nodes["simulator"].command, "it makes the clock"
    assert {"publish_clock:=true", "speed:=2.0"} <= set(nodes["simulator"].command)


def test_the_cars_shape_comes_before_the_users_own_file(car):
    for name in ("controller", "safety_gate"):
        files = [word for word in by_name(car, sim="builtin")[name].command if word.endswith(".yaml")]
        assert [file.rsplit("/", 1)[1] for file in files] == ["car_builtin.yaml", "kitt.yaml"]


def test_the_real_car(car):
    nodes = by_name(car, camera="/dev/video2", model="m", backend="tensorrt", namespace="kitt")
    assert set(nodes) == {
        "camera",
        "detector",
        "microphone",
        "recogniser",
        "speaker",
        "completer",
        "controller",
        "safety_gate",
    }
    assert 'source:="/dev/video2"' in nodes["camera"].command
    assert {'model:="m"', 'backend:="tensorrt"', "use_sim_time:=false"} <= set(nodes["detector"].command)
    assert all("__ns:=/kitt" in node.command for node in nodes.values())
    assert 'source:="0"' in by_name(car)["camera"].command


def test_the_ears_can_be_left_out_or_lent_to_the_simulator(car):
    assert not {"microphone", "recogniser"} & set(by_name(car, ears="false"))
    nodes = by_name(car, sim="builtin", microphone="my talk.wav")
    assert 'source:="my talk.wav"' in nodes["microphone"].command
    assert 'source:="default"' in by_name(car)["microphone"].command
    assert nodes["recogniser"].respawn and nodes["microphone"].respawn
    assert not {"microphone", "recogniser"} & set(by_name(car, sim="builtin", microphone="x", ears="false"))


def test_the_voice_can_be_left_out_or_sent_elsewhere(car):
    assert "speaker" not in by_name(car, voice="false")
    assert 'device:="default"' in by_name(car)["speaker"].command
    assert 'device:="said.wav"' in by_name(car, sim="builtin", speaker="said.wav")["speaker"].command


def test_recording_and_what_is_not_there_yet(car):
    recorder = by_name(car, record="a b.mcap")["recorder"]
    assert list(recorder.command[1:3]) == ["--out", "a b.mcap"]
    assert not recorder.respawn
    for name, value in (("sim", "webots"), ("console", "maybe")):
        with pytest.raises(KittError, match=f"argument {name!r} is {value!r}. it must be one of"):
            by_name(car, **{name: value})


def test_parameters_and_layouts_are_well_formed(car):
    parameters = yaml.safe_load((BRINGUP / "config/kitt.yaml").read_text())
    assert next(iter(parameters)) == "/**"
    assert all(set(value) == {"ros__parameters"} for value in parameters.values())
    assert "Displays" in yaml.safe_load((BRINGUP / "config/kitt.rviz").read_text())["Visualization Manager"]
    layout = json.loads((BRINGUP / "config/kitt.foxglove.json").read_text())

    def panels(tree):
        return {tree} if isinstance(tree, str) else panels(tree["first"]) | panels(tree["second"])

    assert panels(layout["layout"]) == set(layout["configById"])


def test_show_args_and_print(car):
    done = kitt("--builtin", "--show-args", "kitt_bringup", "kitt.launch.xml")
    assert done.returncode == 0
    for name in ["sim", "camera", "model", "backend", "params_file", "namespace", "console", "record", "use_sim_time"]:
        assert f"'{name}':" in done.stdout
    done = kitt("--print", "--json", "kitt_bringup", "kitt.launch.xml", "sim:=builtin")
    assert done.returncode == 0
    names = [process["name"] for process in json.loads(done.stdout)["processes"]]
    assert names == ["simulator", "detector", "speaker", "completer", "controller", "safety_gate"]
    done = kitt("--print", str(car))
    assert "[camera_node-1] camera" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["kitt_bringup", "kitt.launch.xml", "smi:=builtin"], "no argument 'smi' (is 'sim' meant?)"),
        (["kitt_bringup", "kit.launch.xml"], "no launch file 'kit.launch.xml'. it has: kitt.launch.xml"),
        (["kitt_bringpu", "kitt.launch.xml"], "(is kitt_bringup meant?)"),
        (["kitt_bringup"], "no launch file follows"),
        (["/no/such.launch.xml"], "does not exist"),
        (["kitt_bringup", "kitt.launch.xml", "builtin"], "write name:=value"),
        (["--json", "kitt_bringup", "kitt.launch.xml"], "add --print or --show-args"),
    ],
)
def test_refusals_are_one_line_and_status_2(car, words, said):
    done = kitt("--builtin", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_hands_over_to_the_real_one_where_it_is(car, install, monkeypatch, prefix, tmp_path):
    assert not verb.has_ros2_launch()
    for package in ("launch_ros", "launch_xml", "ros2launch"):
        (prefix / "share/ament_index/resource_index/packages" / package).touch()
    fake = install("bin", "ros2", "import sys\nprint('real', *sys.argv[1:])")
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    done = kitt("kitt_bringup", "kitt.launch.xml", "sim:=builtin")
    assert done.stdout == "real launch kitt_bringup kitt.launch.xml sim:=builtin\n"
