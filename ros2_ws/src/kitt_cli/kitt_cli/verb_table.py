"""The verbs, one line each: what it does, where its code lies and how much environment it needs.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass

TIER_LIGHT = "light"
"""Python packages only: works on any laptop, without ROS and without a compiler."""
TIER_LEARN = "learn"
"""What training adds to that: torch."""
TIER_ROS = "ros"
"""ROS and the built workspace."""
TIER_QUICK_TEST = "quick test"
"""What the fast tests add to ROS."""
TIER_TEST = "test"
"""What all tests add to that: torch, and programs of the system."""


@dataclass(frozen=True, slots=True)
class Verb:
    """``is_group``: the module has a typer ``app`` with sub-verbs, otherwise a function ``command``."""

    help: str
    tier: str
    is_group: bool = False


VERBS = {
    "demo": Verb("The whole car in the built-in simulator.", TIER_ROS),
    "scenario": Verb("Drive scenarios in a simulator and judge them.", TIER_ROS, is_group=True),
    "launch": Verb("Start a launch file, as `ros2 launch` does.", TIER_ROS),
    "console": Verb("The web console: watch and command the car.", TIER_ROS),
    "detect": Verb("Find objects in photographs, folders and videos.", TIER_LIGHT),
    "listen": Verb("Hear commands in recordings or from the microphone.", TIER_LIGHT),
    "complete": Verb("Continue a text: next words and whole commands.", TIER_LIGHT),
    "correct": Verb("Mend misspelt words in a text or a pipe.", TIER_LIGHT),
    "understand": Verb("Command and slots of a sentence.", TIER_LIGHT),
    "explain": Verb("Look inside: what a picture, a sound or a text does in the networks.", TIER_LIGHT),
    "say": Verb("Say a text in KITT's voice.", TIER_LIGHT),
    "teach": Verb("Add a phrase of your own, with a few recordings.", TIER_LIGHT),
    "train": Verb("Train a network on your own data.", TIER_LEARN, is_group=True),
    "topic": Verb("Look at the running car's topics.", TIER_ROS, is_group=True),
    "record": Verb("Record topics into an MCAP file.", TIER_ROS),
    "replay": Verb("Play a recording, or compare today's networks with a reference.", TIER_ROS),
    "models": Verb("The model zoo: list, fetch, verify.", TIER_LIGHT, is_group=True),
    "export": Verb("A model in another precision.", TIER_LIGHT, is_group=True),
    "engine": Verb("TensorRT engines: build, list, check, clean.", TIER_LIGHT, is_group=True),
    "eval": Verb("Figures on your own data.", TIER_LIGHT, is_group=True),
    "bench": Verb("Speed as ratios, measured in one run.", TIER_ROS, is_group=True),
    "doctor": Verb("What is there, what is missing, and what mends it.", TIER_LIGHT),
    "test": Verb("All tests; --quick the fast ones.", TIER_TEST),
    "docs": Verb("Write the generated parts of docs/ anew.", TIER_LIGHT),
    "setup": Verb("Make the environment ready, models and meshes too.", TIER_ROS),
}


def tier_of(arguments: list[str]) -> str:
    """How much environment a command line needs; asking for help needs little, and so do the fast tests."""
    verb = next((word for word in arguments if not word.startswith("-")), "")
    if verb not in VERBS or "--help" in arguments:
        return TIER_LIGHT
    return TIER_QUICK_TEST if verb == "test" and "--quick" in arguments else VERBS[verb].tier
