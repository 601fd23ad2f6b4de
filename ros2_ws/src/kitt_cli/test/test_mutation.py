"""Reading mutmut's results; the run itself takes minutes (`./kitt test --mutation`)."""

from collections import Counter

import pytest
import typer
from typer.testing import CliRunner

from kitt_cli import mutation
from kitt_cli.bootstrap.places import packages
from kitt_cli.verbs import test as verb
from kitt_inference.errors import KittError

app = typer.Typer()
app.command()(verb.command)
RESULTS = """
    kitt_control.gate.xǁSafetyGateǁstep__mutmut_1: killed
    kitt_control.gate.xǁSafetyGateǁstep__mutmut_2: survived
    kitt_control.gate.xǁSafetyGateǁstep__mutmut_3: timeout
    kitt_control.limits.x_clamp__mutmut_1: no tests
    kitt_control.state_machine.x_transitions__mutmut_1: killed
    kitt_text.phrases.x_say__mutmut_1: survived
    words that are no result
"""


def test_counts_what_was_noticed_and_names_what_was_not():
    found = mutation.parse(RESULTS)
    assert found.score == pytest.approx(3 / 5)
    assert found.survivors == ("kitt_control.gate.xǁSafetyGateǁstep__mutmut_2", "kitt_control.limits.x_clamp__mutmut_1")
    assert "gate.py: 2 of 3 mutants noticed (66.7%; 1 of them by taking too long)" in found.table()
    assert "state_machine.py: 1 of 1 mutants noticed (100.0%)" in found.table()
    assert found.worst == 0.0  # of limits
    assert (mutation.parse("").score, mutation.parse("").worst) == (0.0, 0.0)


@pytest.mark.parametrize(("noticed", "code"), [(94, 1), (95, 0)])
def test_each_file_must_be_tested_well_and_not_only_all_together(monkeypatch, noticed, code):
    outcomes = {"gate": Counter(killed=1000), "limits": Counter(killed=noticed, survived=100 - noticed)}
    monkeypatch.setattr(mutation, "run", lambda: mutation.Mutants(outcomes, ("x",) * (100 - noticed)))
    assert CliRunner().invoke(app, ["--mutation"]).exit_code == code


def test_its_files_are_there():
    package = packages()["kitt_control"]
    assert all((package / "kitt_control" / f"{name}.py").is_file() for name in mutation.MUTATED)
    assert all((package / "test" / name).is_file() for name in mutation.TESTS)


def test_without_mutmut_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(mutation.sys, "executable", "/bin/false")
    with pytest.raises(KittError, match="pip install mutmut"):
        mutation.run()
