"""The operator's own phrases: learnt, bounded, forgotten, and safe in their file."""

from __future__ import annotations

import json

import pytest

from kitt_inference.errors import KittError
from kitt_text import personal
from kitt_text.personal import PersonalCache, usual_file, words_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "phrases.json"


def test_what_followed_is_proposed_with_its_probability(path):
    cache = PersonalCache(path)
    for _ in range(3):
        cache.learn("open the garage", "en")
    cache.learn("open the window", "en")
    words, share = cache.following(["open", "the"], "", "en")
    assert set(words) == {"garage", "window"} and words["garage"] > words["window"]
    assert sum(words.values()) == pytest.approx(1.0)
    assert 0.0 < share <= personal.TRUST
    assert set(cache.following(["open", "the"], "ga", "en")[0]) == {"garage"}
    assert cache.following(["close"], "zz", "en") == ({}, 0.0)
    assert cache.following([], "", "fr") == ({}, 0.0)


def test_more_evidence_counts_more(path):
    cache = PersonalCache(path)
    shares = []
    for _ in range(4):
        cache.learn("open the garage", "en")
        shares.append(cache.following(["open", "the"], "", "en")[1])
    assert shares == sorted(shares) and shares[-1] > shares[0]
    assert cache.following(["the"], "", "en")[1] < shares[-1], "less context, less trust"


def test_it_lasts_and_another_process_sees_it(path):
    first, second = PersonalCache(path), PersonalCache(path)
    first.learn("Appelle Grand-mère", "fr")
    second.refresh()
    assert second.phrases("fr") == {"Appelle Grand-mère": 1}
    assert set(second.following(["appelle"], "", "fr")[0]) == {"Grand-mère"}
    second.clear()
    first.refresh()
    assert len(first) == 0 and not path.exists()


def test_what_is_no_phrase_is_not_learnt(path):
    cache = PersonalCache(path)
    for text in ("", "   ", "😀", "!!!", "x" * 1000, "a\x00b"):
        assert not cache.learn(text, "en")
    assert not path.exists()


def test_its_size_is_bounded_and_the_frequent_stay(path, monkeypatch):
    monkeypatch.setattr(personal, "MAX_PHRASES", 10)
    cache = PersonalCache(path)
    for _ in range(5):
        cache.learn("open the garage", "en")
    for number in range(30):
        cache.learn(f"phrase {chr(97 + number % 26)}{number}", "en")
    assert len(cache) == 10 and "open the garage" in cache.phrases("en")
    assert len(json.loads(path.read_text())["phrases"]) == 10


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff", b"{", b"[]", b'{"phrases": 3}', b'{"phrases": [["a", "en"]]}', b'{"phrases": [["a", "en", -1]]}',
     b"[" * 100_000, b'{"phrases": [["a", "en", 1e999]]}'],
)  # fmt: skip
def test_a_damaged_file_is_told_and_kept_aside(path, content):
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    cache = PersonalCache(path)
    assert str(path) in cache.warning and "damaged" in cache.warning
    assert len(cache) == 0
    assert path.read_bytes() == content, "nothing is lost by looking"
    cache.learn("open the garage", "en")
    assert cache.warning == ""
    assert path.with_name("phrases.json.damaged").read_bytes() == content
    assert PersonalCache(path).phrases("en") == {"open the garage": 1}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    cache = PersonalCache(tmp_path / "file" / "phrases.json")
    with pytest.raises(KittError, match=r"phrases\.json cannot be written"):
        cache.learn("open the garage", "en")


def test_where_it_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert usual_file() == tmp_path / "kitt" / "phrases.json"


def test_words():
    assert words_of("Don't stop, grand-mère! 10 km") == ["Don't", "stop", "grand-mère", "10", "km"]
