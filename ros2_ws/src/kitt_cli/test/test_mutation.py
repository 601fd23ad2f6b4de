"""Reading mutmut's results; the run itself takes minutes (`./kitt test --mutation`)."""

import pytest

from kitt_cli import mutation
from kitt_cli.bootstrap.places import packages
from kitt_inference.errors import KittError

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
    assert "gate.py: 2 of 3 mutants noticed (66.7%)" in found.table()
    assert mutation.parse("").score == 0.0


def test_its_files_are_there():
    package = packages()["kitt_control"]
    assert all((package / "kitt_control" / f"{name}.py").is_file() for name in mutation.MUTATED)
    assert all((package / "test" / name).is_file() for name in mutation.TESTS)


def test_without_mutmut_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(mutation.sys, "executable", "/bin/false")
    with pytest.raises(KittError, match="pip install mutmut"):
        mutation.run()
