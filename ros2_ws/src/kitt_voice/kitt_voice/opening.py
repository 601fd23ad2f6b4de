"""From names to a recogniser that is ready: model, grammar, languages."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_inference.errors import KittError
from kitt_inference.shipped import ShippedModel
from kitt_text.grammar import Grammar, own_grammar
from kitt_text.loading import read
from kitt_voice.acoustic import AcousticModel
from kitt_voice.confidence import Calibration
from kitt_voice.models import INT8, find, verifier_of
from kitt_voice.recogniser import Recogniser
from kitt_voice.settings import Settings
from kitt_voice.verifier import Verifier


@dataclass(frozen=True)
class OpenEars:
    """A recogniser and what it was made of."""

    model: ShippedModel
    grammar: Grammar
    languages: tuple[str, ...]
    settings: Settings
    recogniser: Recogniser


def open_ears(
    model: str = "auto",
    int8: bool | None = None,
    grammar: str = "",
    languages: str = "en,fr,es",
    settings: Settings | None = None,
) -> OpenEars:
    """Load and build a recogniser.

    Args:
        model, int8: see `kitt_voice.models.find`; None: an ONNX file as it is, else what `INT8` says.
        grammar: a file of further phrases; empty: the user's own, if there is one.
        languages: codes with commas between.

    Raises:
        KittError: a file or a language is not there, or not as it should be.
    """
    words = load_grammar(grammar)
    codes = languages_of(languages, words)
    found = find(model, (INT8 and not model.endswith(".onnx")) if int8 is None else int8)
    chosen = settings or Settings()
    fitted = found.file.parent / "calibration.json"
    calibration = Calibration.load(fitted) if fitted.is_file() else None
    ears = AcousticModel.load(found.file)
    file = verifier_of(found)
    verifier = Verifier.load(file, len(ears.top)) if file is not None else None
    verified = Calibration.load_verified(found.file.parent / "calibration_verified.json") if verifier else None
    lexicons = {code: words.lexicon(code) for code in codes}
    recogniser = Recogniser(ears, words, codes, chosen, calibration, lexicons, verifier=verifier, verified=verified)
    return OpenEars(found, words, codes, chosen, recogniser)


def load_grammar(path: str = "") -> Grammar:
    """The packaged grammar with the user's phrases; a file that is a whole grammar itself stands alone.

    Raises:
        KittError: the file is missing or not as it should be.
    """
    given = read(path) if path else None
    whole = isinstance(given, dict) and "languages" in given
    return Grammar.load(path) if whole else own_grammar(path)


def languages_of(text: str, grammar: Grammar) -> tuple[str, ...]:
    """«en,fr» as language codes of the grammar.

    Raises:
        KittError: none, or one that the grammar does not have.
    """
    codes = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [code for code in codes if code not in grammar.languages]
    if unknown or not codes:
        what = f"the grammar has no language {unknown[0]}" if unknown else "no language is given"
        raise KittError(what, f"write some of {','.join(grammar.languages)}")
    return codes
