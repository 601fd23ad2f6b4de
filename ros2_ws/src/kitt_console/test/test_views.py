"""Messages as the page shows them."""

from types import SimpleNamespace

import pytest

from kitt_console import views
from kitt_text.correction import Corrector

UNDERSTOOD = SimpleNamespace(command="forward", confidence=0.9, reason="")
COMPLETED = SimpleNamespace(completions=[SimpleNamespace(text="go", suffix="", score=0.5, command="go")])


def corrected(text, changed, reason=""):
    return SimpleNamespace(text=text, changed=changed, reason=reason)


def test_help_that_is_whole_is_not_asked_for_again():
    shown = views.help_typing(COMPLETED, corrected("go forward", True), UNDERSTOOD)
    assert (shown["late"], shown["corrected"], shown["command"]) == (False, "go forward", "forward")
    assert shown["completions"][0]["text"] == "go"
    assert views.help_typing(COMPLETED, corrected("go", False, "all words are right"), UNDERSTOOD)["late"] is False


@pytest.mark.parametrize("missing", range(3))
def test_help_of_which_a_part_is_missing_is_asked_for_again(missing):
    answers = [COMPLETED, corrected("go forward", True), UNDERSTOOD]
    answers[missing] = None
    assert views.help_typing(*answers)["late"] is True


def test_a_dictionary_that_is_being_loaded_is_asked_again(monkeypatch):
    monkeypatch.setattr(Corrector, "_loaded", lambda *_: False)
    found = Corrector.__new__(Corrector).correct("the networc", "en", 0.01)
    shown = views.help_typing(COMPLETED, corrected(found.text, found.changed, found.reason), UNDERSTOOD)
    assert shown["late"] is True
    assert "corrected" not in shown
