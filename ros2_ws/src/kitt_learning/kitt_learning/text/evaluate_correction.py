"""How much is mended and how much is broken: `evaluate`, on held-out misspellings in held-out sentences."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kitt_inference.errors import KittError
from kitt_learning.text.correction_rivals import RIVALS, rival
from kitt_learning.text.correction_sentences import Case, cases
from kitt_text.correction import Corrector
from kitt_text.correction_dictionary import LANGUAGES
from kitt_text.correction_words import Word, in_case_of, words_of

Change = tuple[int, int, str]
"""Begin and end in the text, and what stands there now."""
System = Callable[[str, str], Sequence[Change]]
"""From a text and its language to what is changed in it."""
Progress = Callable[[str], None]
MOST = 3000
SHOWN = 60


def ours(corrector: Corrector) -> System:
    """Our own correction as a `System`."""
    return lambda text, language: [
        (edit.begin, edit.end, edit.replacement) for edit in corrector.correct(text, language).edits
    ]


def word_by_word(mend: Callable[[str], str]) -> System:
    """A rival that mends single words: it is asked only for words that ours may change, so that names are safe."""

    def run(text: str, language: str) -> list[Change]:
        found = []
        for word in words_of(text, language):
            if not word.alone:
                new = in_case_of(word.text, mend(word.lower))
                if new != word.text:
                    found.append((word.begin, word.end, new))
        return found

    return run


def measure(system: System, some: Sequence[Case]) -> dict[str, Any]:
    """Mended, detected, broken and words a second of a system, and its mistakes.

    mended: share of misspellings that became the right word. detected: that were changed at all. broken: share of the
    right words, names and rare ones among them, that were changed. words_per_s: per second of one core's time, so that
    other programs at work on the machine do not count.
    """
    mended = detected = broken = words = 0
    kinds: dict[str, list[int]] = {}
    wrong: list[str] = []
    spent = 0.0
    for case in some:
        begin = time.process_time()
        changes = system(case.text, case.language)
        spent += time.process_time() - begin
        others = [w for w in words_of(case.text, case.language) if w.end <= case.begin or w.begin >= case.end]
        words += len(others) + 1
        hit = _became(case, changes)
        mended += hit == case.right
        detected += hit != case.wrong
        kind = kinds.setdefault(case.kind, [0, 0])
        kind[0], kind[1] = kind[0] + (hit == case.right), kind[1] + 1
        if hit != case.right:
            wrong.append(f"{case.language}: {case.wrong} -> {hit}, not {case.right}: {case.text}")
        hurt = [w for w in others if any(b < w.end and e > w.begin for b, e, _ in changes)]
        broken += len(hurt)
        wrong += [f"{case.language}: broke {w.text} -> {_new(w, changes)}: {case.text}" for w in hurt]
    count = max(1, len(some))
    return {
        "sentences": len(some),
        "words": words,
        "mended": mended / count,
        "detected": detected / count,
        "broken": broken / max(1, words - len(some)),
        "words_per_s": words / max(spent, 1e-9),
        "by_kind": {kind: {"mended": hits / of, "pairs": of} for kind, (hits, of) in kinds.items()},
        "mistakes": wrong,
    }


def _became(case: Case, changes: Sequence[Change]) -> str:
    for begin, end, new in changes:
        if begin < case.end and end > case.begin:
            if (begin, end) == (case.begin, case.end):
                return new
            return case.text[case.begin : begin] + new + case.text[end : case.end]
    return case.wrong


def _new(word: Word, changes: Sequence[Change]) -> str:
    return next(new for begin, end, new in changes if begin < word.end and end > word.begin)


def evaluate(
    texts: Mapping[str, Iterable[str]] | None = None,
    languages: Sequence[str] = LANGUAGES,
    rivals: bool = False,
    progress: Progress = lambda _line: None,
    corrector: Corrector | None = None,
    most: int = MOST,
) -> dict[str, Any]:
    """Figures of ours and, with `rivals`, of the alternatives on the same sentences.

    Args:
        texts: sentences a language to put misspellings into; None takes the held-out part of the corpora.
        most: sentences a language.

    Raises:
        KittError: corpora, codespell, the model or a rival are missing, or a language is unknown.
    """
    wrong = [language for language in languages if language not in LANGUAGES]
    if wrong:
        raise KittError(f"there is no correction for «{wrong[0]}»", f"there are {', '.join(LANGUAGES)}")
    corrector = corrector or Corrector.open()
    found: dict[str, Any] = {}
    for language in languages:
        some = cases(language, "test", most, None if texts is None else texts.get(language, ()))
        natural = [case for case in some if case.kind != "neutral"]
        neutral = [case for case in some if case.kind == "neutral"]
        corrector.correct("this is here so that all is loaded", language)
        systems = {"kitt": ours(corrector)}
        if rivals:
            systems |= {name: word_by_word(mend) for name in RIVALS if (mend := rival(name, language)) is not None}
        results: dict[str, Any] = {}
        for name, system in systems.items():
            results[name] = measure(system, natural)
            if neutral and name == "kitt":
                results["kitt, neutral sentence"] = measure(system, neutral)
            for which, one in results.items():
                one["mistakes"] = one["mistakes"][:SHOWN] if which == "kitt" else []
            progress(f"{language} {name}: {_line(results[name])}")
        found[language] = {"context": corrector.judge(language)[2] or "language model", "systems": results}
    return found


def _line(one: Mapping[str, Any]) -> str:
    return (
        f"{one['sentences']} sentences, {one['words']} words: mended {100 * one['mended']:.1f} %, detected "
        f"{100 * one['detected']:.1f} %, broken {100 * one['broken']:.2f} %, {one['words_per_s']:.0f} words/s"
    )


if __name__ == "__main__":
    _languages = tuple(sys.argv[1].split(",")) if len(sys.argv) > 1 else LANGUAGES
    _most = int(sys.argv[2]) if len(sys.argv) > 2 else MOST
    print(
        json.dumps(
            evaluate(None, _languages, len(sys.argv) > 3, lambda line: print(line, file=sys.stderr), most=_most),
            indent=1, ensure_ascii=False,
        )
    )  # fmt: skip
