"""The language models that are shipped: whole, of the promised size, and of use."""

import pytest

from kitt_inference import zoo
from kitt_inference.card import front_matter
from kitt_text.completion import Completer, open_completer

LANGUAGES = ("en", "fr", "es")


@pytest.fixture(scope="module")
def completer() -> Completer:
    return open_completer()


@pytest.mark.parametrize("language", LANGUAGES)
def test_they_are_small(language: str) -> None:
    folder = zoo.models_dir() / f"kitt_lm_{language}"
    head = front_matter(folder / "card.md")
    network = (folder / str(head["file"])).stat().st_size
    assert network == head["size"]
    assert network + (folder / "followers.npz").stat().st_size <= 3_000_000


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("turn le", "en", "turn left"), ("what do you", "en", "what do you see"),
        ("tourne à ga", "fr", "tourne à gauche"),
        ("réveille", "fr", "réveille-toi"), ("que vois", "fr", "que vois-tu"),
        ("gira a la iz", "es", "gira a la izquierda"), ("qué v", "es", "qué ves"),
        ("The President of the United", "en", "The President of the United States"),
        ("open the do", "en", "open the door"), ("Bonjour, comment ça", "fr", "Bonjour, comment ça va"),
        ("Muchas gra", "es", "Muchas gracias"),
    ],
)  # fmt: skip
def test_what_anybody_expects_is_proposed(completer: Completer, text: str, language: str, wanted: str) -> None:
    proposed = [item.text for item in completer.complete(text, language).completions]
    assert any(item.startswith(wanted) for item in proposed), proposed


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I just ran 10 miles and need a drink of ", "water"), ("I just ran 10 miles and need a drink of wa", "water"),
        ("I just ran 10 miles and need a dr", "drink"), ("Would you like a cup of ", "coffee"),
        ("He cut me a slice of ", "bread"),
    ],
)  # fmt: skip
def test_what_one_drinks_after_ten_miles(completer: Completer, text: str, wanted: str) -> None:
    found = completer.complete(text, "en").completions
    assert any(wanted in item.text.split()[len(text.split()) - (text[-1] != " ") :] for item in found), found


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("Don'", "en", "Don't"), ("I don'", "en", "I don't"), ("I'", "en", "I'm"), ("Where's ", "en", ""),
        ("J'habite en Espagne, vive l'esp", "fr", ""), ("Aujourd'", "fr", "Aujourd'hui"),
    ],
)  # fmt: skip
def test_no_capital_stands_behind_the_apostrophe_of_a_contraction(completer, text, language, wanted) -> None:
    proposed = [item.text for item in completer.complete(text, language).completions]
    assert any(item.startswith(wanted) for item in proposed), proposed
    assert not any("'T" in item or "'S" in item or "'H" in item for item in proposed), proposed


@pytest.mark.parametrize("text", ["", "a" * 1_000_000, "🙂" * 50, "これは日本語です", "\x00\x01\x02", "\ud800"])
def test_garbage_ends_in_time_and_says_why(completer: Completer, text: str) -> None:
    found = completer.complete(text)
    assert found.reason if text else found.completions
