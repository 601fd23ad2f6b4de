"""`python -m kitt_cli.bootstrap VERB ...`: set up what the verb needs, then become the verb."""

from __future__ import annotations

import json
import os
import sys

from kitt_cli.bootstrap import places, steps, system
from kitt_cli.bootstrap.places import ENVIRONMENT, SOURCES, VENV, Stamps
from kitt_cli.bootstrap.progress import Progress, SetupError
from kitt_cli.verb_table import TIER_LEARN, TIER_LIGHT, TIER_QUICK_TEST, TIER_TEST, tier_of


def prepare(tier: str) -> None:
    """Bring the environment up to the tier; does nothing, quickly, when nothing changed.

    Raises:
        SetupError: with the remedy.
    """
    with_build = tier not in (TIER_LIGHT, TIER_LEARN)
    own_ros = system.ros_is_sourced()
    locks = ["desk-system-ros" if own_ros else "desk"]
    if with_build and not own_ros:
        system.check_wheels_exist()
        locks.append("ros")
    if tier in (TIER_LEARN, TIER_TEST):
        locks.append("learn")
    if tier == TIER_TEST:
        locks.append("engines")
    if tier in (TIER_QUICK_TEST, TIER_TEST):
        locks.append("dev")
        missing = system.missing_test_packages(quick=tier == TIER_QUICK_TEST)
        system.offer_packages(missing, "some tests will be skipped")
    with places.only_one():
        stamps = Stamps()
        new_venv, todo, changed = steps.wanted_steps(locks, own_ros, with_build, stamps)
        if not (new_venv or todo or changed):
            return
        system.install_packages(system.missing_packages(build=with_build and bool(changed)))
        progress = Progress(steps=new_venv + len(todo) + bool(changed))
        if new_venv:
            stamps.drop("")
            steps.make_venv(own_ros, progress)
            stamps.set("venv", steps.venv_key(own_ros))
        for lock in todo:
            steps.install_lock(lock, progress)
            if lock == "ros":
                steps.fix_cmake_paths()
            if lock == "learn":
                steps.complete_torch(progress)
            stamps.set(f"lock {lock}", steps.lock_key(lock))
        if changed:
            steps.build(list(changed), own_ros, progress)
            steps.capture_environment(own_ros)
            for name, key in changed.items():
                stamps.set(f"package {name}", key)


def environment_of() -> dict[str, str]:
    """The verb's environment: the packages' sources, and the built workspace where there is one."""
    environment = dict(os.environ)
    environment.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    sources = [str(folder) for folder in places.packages().values()]
    if ENVIRONMENT.is_file():
        captured = json.loads(ENVIRONMENT.read_text())
        for name in ("AMENT_PREFIX_PATH", "LD_LIBRARY_PATH"):
            environment[name] = _joined(captured[name], os.environ.get(name, ""))
        sources += captured["PYTHONPATH"].split(os.pathsep)
    own = str(SOURCES / "kitt_cli")
    inherited = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and p != own]
    environment["PYTHONPATH"] = _joined(*sources, *inherited)
    environment["KITT_ROOT"] = str(places.ROOT)
    return environment


def _joined(*paths: str) -> str:
    """Paths one after the other, each entry once."""
    entries = [entry for path in paths for entry in path.split(os.pathsep) if entry]
    return os.pathsep.join(dict.fromkeys(entries))


def main(arguments: list[str]) -> int:
    """Returns only when the verb cannot be started."""
    tier = tier_of(arguments)
    try:
        prepare(tier)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nset-up interrupted; what was finished is kept, the next ./kitt goes on from there", file=sys.stderr)
        return 130
    python = str(VENV / "bin" / "python")
    return os.execve(python, [python, "-m", "kitt_cli.main", *arguments], environment_of())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
