"""Mutation testing of the safety gate and the state machine with mutmut: do their tests notice when the code changes?

mutmut runs in a copy of the package, in a folder of its own, so that nothing is left in the checkout.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from kitt_cli.bootstrap.places import packages
from kitt_inference.errors import KittError

MUTATED = ("gate", "provenance", "inputs", "limits", "state_machine")
# not the property tests: they take long, and chance shall not decide what is noticed
TESTS = (
    "test_state_machine.py", "test_limits.py", "test_inputs.py", "test_provenance.py", "test_gate.py",
    "test_gate_details.py", "test_gate_obstacles.py",
)  # fmt: skip
LEAST = 0.95
"""Share of mutants that the tests must notice, in each file."""
_RESULT = re.compile(r"^\s*(kitt_control\.(\w+)\.\S+): (\w[\w ]*)$")
_NOTICED = ("killed", "timeout", "segfault")
_PROGRESS = re.compile(r"(\d+)/(\d+)")
_TELL_EVERY_S = 20.0


@dataclass(frozen=True)
class Mutants:
    """Outcome of one run: mutants a file by outcome, and the names of those that nobody noticed."""

    outcomes: dict[str, Counter[str]]
    survivors: tuple[str, ...]

    @property
    def score(self) -> float:
        """Share that was noticed, 0 without mutants."""
        total = sum(count.total() for count in self.outcomes.values())
        return (total - len(self.survivors)) / total if total else 0.0

    @property
    def worst(self) -> float:
        """The least share of a file, 0 without mutants."""
        return min((_noticed(count) / count.total() for count in self.outcomes.values()), default=0.0)

    def table(self) -> str:
        """One line a file, then the names of the survivors."""
        lines = []
        for name, count in self.outcomes.items():
            line = f"{name}.py: {_noticed(count)} of {count.total()} mutants noticed"
            # a machine that slept, or held the run up, makes such of mutants that nobody noticed
            late = f"; {count['timeout']} of them by taking too long" if count["timeout"] else ""
            lines.append(f"{line} ({_noticed(count) / count.total():.1%}{late})")
        return "\n".join([*lines, *(f"  not noticed: {name}" for name in self.survivors)])


def _noticed(count: Counter[str]) -> int:
    return sum(count[word] for word in _NOTICED)


def parse(results: str) -> Mutants:
    """Read what `mutmut results --all true` prints."""
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in MUTATED}
    survivors = []
    for line in results.splitlines():
        found = _RESULT.match(line)
        if found and found[2] in outcomes:
            outcomes[found[2]][found[3]] += 1
            if found[3] not in _NOTICED:
                survivors.append(found[1])
    return Mutants({name: count for name, count in outcomes.items() if count}, tuple(survivors))


def run() -> Mutants:
    """Mutate, test, count; takes minutes.

    Raises:
        KittError: mutmut is not installed, or the tests fail without any mutation.
    """
    package = packages()["kitt_control"]
    with tempfile.TemporaryDirectory(prefix="kitt-mutation-") as temporary:
        work = Path(temporary)
        shutil.copytree(package / "kitt_control", work / "kitt_control", ignore=shutil.ignore_patterns("__pycache__"))
        (work / "tests").mkdir()
        for name in (*TESTS, "gate_bench.py", "conftest.py"):
            shutil.copy(package / "test" / name, work / "tests" / name)
        (work / "pyproject.toml").write_text(_settings())
        others = [str(folder) for name, folder in packages().items() if name != "kitt_control"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(others), "OMP_NUM_THREADS": "1"}
        code, words = _mutmut(["run", "--max-children", str(_children())], work, environment)
        if code != 0:
            print(words[-2000:], file=sys.stderr)
            raise KittError("mutmut did not run", "read what it says above; pip install mutmut where it is missing")
        return parse(_mutmut(["results", "--all", "true"], work, environment)[1])


def _children() -> int:
    return max(1, len(os.sched_getaffinity(0)))


def _settings() -> str:
    mutated = ", ".join(f'"kitt_control/{name}.py"' for name in MUTATED)
    tests = ", ".join(f'"tests/{name}"' for name in TESTS)
    return (
        f'[tool.mutmut]\nsource_paths = ["kitt_control"]\nonly_mutate = [{mutated}]\n'
        f"pytest_add_cli_args_test_selection = [{tests}]\n"
        'pytest_add_cli_args = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib"]\n'
        "track_dependencies = false\nuse_git_change_detection = false\n"
    )


def _mutmut(arguments: list[str], work: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run it; its exit status and what it said. Its progress, a line drawn anew all the time, is told now and then."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    said, told = "", time.monotonic()
    with subprocess.Popen(
        command, cwd=work, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:  # universal newlines: each redrawing is a line
            said = (said + line)[-1_000_000:]
            found = _PROGRESS.search(line)
            if found and time.monotonic() - told > _TELL_EVERY_S:
                told = time.monotonic()
                print(f"{found[1]} of {found[2]} mutants", file=sys.stderr, flush=True)
    return process.returncode, said
