"""The operator's habits: commands go into the routine, a lesson teaches it, and what usually follows is offered."""

from __future__ import annotations

from kitt_inference.errors import KittError
from kitt_text.completion import Completion, Completions
from kitt_text.routine import Routine

NO_HABIT = frozenset({"", "stop", "yes", "no", "help"})
"""Commands after which, and of which, there is no habit: a stop is no plan."""
LEAST = 0.2
"""What is less probable is not offered."""


class Habits:
    """Keeps a routine from the commands that come, said or typed."""

    def __init__(self, routine: Routine) -> None:
        self.routine = routine

    def heard(self, command: str, text: str, language: str) -> Completions | None:
        """A command was given in these words; what usually comes next, None where nothing is known or to be offered.

        «Learn my routine» begins a lesson, «that's my routine» ends it, «forget my routine» forgets everything.

        Raises:
            KittError: the routine cannot be kept; names the file and the remedy.
        """
        if command == "learn_routine":
            self.routine.begin()
        elif command == "routine_done":
            self.routine.finish()
        elif command == "forget_routine":
            self.routine.forget()
        elif command not in NO_HABIT:
            self.routine.observe(text)
            return self.offer(language)
        return None

    def offer(self, language: str, count: int = 3) -> Completions | None:
        """What usually follows what was done last, as completions of nothing said yet."""
        likely = [pair for pair in self.routine.suggest(count) if pair[1] >= LEAST]
        if not likely:
            return None
        return Completions(tuple(Completion(text, text, odds, "") for text, odds in likely), language, "")


def taught(text: str) -> list[str]:
    """The events of a sequence that is taught in one line: «open the garage, lights on, forward».

    Raises:
        KittError: fewer than two.
    """
    events = [event.strip() for event in text.split(",") if event.strip()]
    if len(events) < 2:
        raise KittError(f"«{text}» is no routine", "name two things or more, commas between")
    return events
