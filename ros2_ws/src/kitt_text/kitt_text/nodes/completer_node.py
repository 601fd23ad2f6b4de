"""completer: /text/completions while somebody speaks, and the services text/complete, text/correct, text/understand."""

from __future__ import annotations

import sys
from typing import Any

from kitt_interfaces.msg import Completion, Completions, Slot
from kitt_interfaces.srv import CompleteText, CorrectText, UnderstandText
from std_msgs.msg import Header

from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_core.worker import NewestWorker
from kitt_inference.errors import KittError
from kitt_text import completion
from kitt_text.companions import Companion
from kitt_text.completer_parameters import CompleterParameters
from kitt_text.habits import Habits
from kitt_text.routine import Routine

PATIENCE_S = 0.05
"""So long a correction waits for its dictionary [s]: the console asks with each key, and the other services wait."""


class CompleterNode(KittNode):
    """Proposes and answers; nothing that it publishes is a command."""

    node_name = "completer"
    parameters = CompleterParameters
    params: CompleterParameters

    def on_setup(self) -> None:
        node: Any = self
        self._log = node.get_logger()
        self._answered = self._failed = 0
        self._completer = completion.open_completer(self.params.languages, self.params.grammar, self.params.phrases)
        # With the operator's own phrases, and without loading a language model twice.
        grammar, models = self._completer.grammar, self._completer.models
        self._corrector = Companion("kitt_text.correction", "Corrector", scorer=models, grammar=grammar)
        self._understander = Companion("kitt_text.understanding", "Understander", grammar=grammar)
        self._habits = Habits(Routine())
        self._out = self.advertise("/text/completions")
        self._worker: NewestWorker[Any] = NewestWorker(self._on_partial, "completions", self._on_failure)
        self._services = [
            node.create_service(CompleteText, "text/complete", self._on_complete),
            node.create_service(CorrectText, "text/correct", self._on_correct),
            node.create_service(UnderstandText, "text/understand", self._on_understand),
        ]

    def on_start(self) -> None:
        self._worker.start()
        self.listen("/voice/transcript", self._on_transcript)
        self.listen("/text/input", self._on_input)
        self.listen("/voice/command", self._on_command)
        self.every(0.5, self._report)

    def on_stop(self) -> None:
        if not self._worker.stop():
            self._log.error("a completion is stuck and was left behind")

    def on_teardown(self) -> None:
        node: Any = self
        for service in self._services:
            node.destroy_service(service)

    # topics --------------------------------------------------------------------------------------------------------
    def _on_transcript(self, message: Any) -> None:
        """Of partial ones only the newest counts; a final one is never overtaken."""
        if not message.final:
            self._worker.offer(message)
        elif message.confidence >= self.params.learn_confidence:
            self._learn(message.text, message.language)

    def _on_partial(self, message: Any) -> None:
        """In the worker's thread."""
        language = message.language if message.language in self._completer.languages else ""
        found = self._completer.complete(message.text, language, self.params.commands_only, self.params.count)
        self._publish(found, message.text, message.header.stamp)

    def _publish(self, found: completion.Completions, prefix: str, stamp: Any) -> None:
        header = Header(stamp=stamp)
        self._out.publish(
            Completions(header=header, prefix=prefix, language=found.language, completions=_messages(found))
        )

    def _on_input(self, message: Any) -> None:
        self._learn(message.text, message.language)
        said = self._completer.grammar.understand(message.text, message.language)
        self._habit(said.command, message.text, said.language, message.header.stamp)

    def _on_command(self, message: Any) -> None:
        self._habit(message.command, message.text, message.language, message.header.stamp)

    def _habit(self, command: str, text: str, language: str, stamp: Any) -> None:
        """What usually follows a command is offered once it was given; it is a proposal, like all of them."""
        try:
            found = self._habits.heard(command, text, language)
        except KittError as error:
            self._log.warning(str(error), throttle_duration_sec=10.0)
            return
        if found is not None:
            self._publish(found, "", stamp)

    def _learn(self, text: str, language: str) -> None:
        cache = self._completer.cache
        if cache is None or not self.params.learn:
            return
        try:
            known = language if language in self._completer.languages else self._completer.language_of(text[:400])
            cache.learn(text, known)
        except KittError as error:
            self._log.warning(str(error), throttle_duration_sec=10.0)

    # services ------------------------------------------------------------------------------------------------------
    def _on_complete(self, request: Any, response: Any) -> Any:
        try:
            found = self._completer.complete(request.text, request.language, request.commands_only, request.count)
            response.completions, response.reason = _messages(found), found.reason
        except KittError as error:
            response.reason = str(error)
        self._answered += 1
        return response

    def _on_correct(self, request: Any, response: Any) -> Any:
        response.text = request.text
        corrector, response.reason = self._corrector.get()
        if corrector is not None:
            try:
                found = corrector.correct(request.text, request.language, PATIENCE_S)
                response.text, response.changed = found.text, bool(found.changed)
                response.confidence, response.reason = float(found.confidence), found.reason
            except KittError as error:
                response.reason = str(error)
        self._answered += 1
        return response

    def _on_understand(self, request: Any, response: Any) -> Any:
        understander, response.reason = self._understander.get()
        if understander is not None:
            try:
                found = understander.understand(request.text, request.language)
                response.command, response.language = found.command, found.language
                response.slots = [
                    Slot(name=s.name, text=s.text, value=float(s.value), unit=s.unit) for s in found.slots
                ]
                response.confidence, response.reason = float(found.confidence), getattr(found, "reason", "")
            except KittError as error:
                response.reason = str(error)
        self._answered += 1
        return response

    def _on_failure(self, error: Exception) -> None:
        self._failed += 1
        self._log.error(f"a transcript was not completed: {error}", throttle_duration_sec=2.0)

    def _report(self) -> None:
        cache = self._completer.cache
        warning = (cache.warning if cache else "") or self._habits.routine.fault
        facts = {
            "languages": ",".join(self._completer.languages),
            "phrases": len(cache) if cache else 0,
            "answered": self._answered,
            "failed": self._failed,
            "overtaken": self._worker.status.replaced,
        }
        error = self._worker.status.error
        level = Level.ERROR if error else Level.WARN if warning else Level.OK
        self.set_status(level, error or warning or "ready", **facts)


def _messages(found: completion.Completions) -> list[Any]:
    return [
        Completion(text=item.text, suffix=item.suffix, score=float(item.score), command=item.command)
        for item in found.completions
    ]


def main() -> int:
    """Run the node until it is told to stop."""
    return run(CompleterNode)


if __name__ == "__main__":
    sys.exit(main())
