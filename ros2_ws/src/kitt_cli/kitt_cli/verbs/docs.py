"""`kitt docs`: the parts of docs/ that are made from the code, and the car's URDF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kitt_cli.bootstrap.places import ROOT
from kitt_console.console_parameters import ConsoleParameters
from kitt_control import events, reasons, state_docs
from kitt_control.parameters import ControllerParameters, GateParameters
from kitt_control.pwm_car import PwmCarParameters
from kitt_core import contract, parameters
from kitt_inference.errors import KittError
from kitt_perception.camera_parameters import CameraParameters
from kitt_perception.detector_parameters import DetectorParameters
from kitt_sim.parameters import GazeboParameters, HarmonicParameters, SimulatorParameters
from kitt_sim.urdf import urdf
from kitt_text.completer_parameters import CompleterParameters
from kitt_voice.microphone_parameters import MicrophoneParameters
from kitt_voice.recogniser_parameters import RecogniserParameters
from kitt_voice.speaker_parameters import SpeakerParameters

# page, name of the section between «<!-- name -->» and «<!-- end -->», what makes it
SECTIONS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("controller.md", "states", state_docs.markdown),
    ("controller.md", "faults", events.markdown),
    ("controller.md", "parameters", lambda: parameters.markdown(ControllerParameters)),
    ("console.md", "parameters", lambda: parameters.markdown(ConsoleParameters)),
    ("microphone.md", "parameters", lambda: parameters.markdown(MicrophoneParameters)),
    ("safety_gate.md", "parameters", lambda: parameters.markdown(GateParameters)),
    ("safety_gate.md", "reasons", reasons.markdown),
    ("speaker.md", "parameters", lambda: parameters.markdown(SpeakerParameters)),
    ("completion.md", "parameters", lambda: parameters.markdown(CompleterParameters)),
    ("perception.md", "camera parameters", lambda: parameters.markdown(CameraParameters)),
    ("perception.md", "detector parameters", lambda: parameters.markdown(DetectorParameters)),
    ("real-car.md", "parameters", lambda: parameters.markdown(PwmCarParameters)),
    ("listen.md", "parameters", lambda: parameters.markdown(RecogniserParameters)),
    ("simulator.md", "parameters", lambda: parameters.markdown(SimulatorParameters)),
    ("gazebo.md", "gazebo11 parameters", lambda: parameters.markdown(GazeboParameters)),
    ("gazebo.md", "harmonic parameters", lambda: parameters.markdown(HarmonicParameters)),
)


def generated() -> dict[Path, str]:
    """File to text, as it should be, of every page that code makes or fills; a test holds them equal.

    Raises:
        KittError: a page has lost the marks of a section.
    """
    folder = ROOT / "docs"
    pages = {folder / "topics.md": contract.markdown()}
    for page, name, made in SECTIONS:
        path = folder / page
        text = pages.get(path) or path.read_text("utf-8")
        begin, mark, rest = text.partition(f"<!-- {name} -->\n")
        _old, end, after = rest.partition("<!-- end -->")
        if not (mark and end):
            raise KittError(f"{path} has no section {name}", f"put <!-- {name} --> and <!-- end --> where it belongs")
        pages[path] = begin + mark + made() + end + after
    folder = ROOT / "launch" / "urdf"
    pages[folder / "kitt.urdf"] = urdf(folder / "kitt.urdf.xacro")
    return pages


def command() -> None:
    """Write the generated parts of docs/ anew."""
    for path, text in generated().items():
        changed = not path.is_file() or path.read_text("utf-8") != text
        path.write_text(text, "utf-8")
        print(f"{'written' if changed else 'unchanged'}: {path.relative_to(ROOT)}")
