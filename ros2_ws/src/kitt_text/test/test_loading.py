"""A grammar file with a fault is refused with the place and the remedy."""

from __future__ import annotations

import copy

import pytest

from kitt_inference.errors import KittError
from kitt_text.grammar import Grammar
from kitt_text.loading import parse
from kitt_text.templates import expand

GOOD = {
    "languages": ["en"],
    "fillers": {"en": ["please"]},
    "stop_words": ["stop"],
    "macros": {"det": {"en": "(the|a)"}},
    "units": {"distance": {"m": ["meters"]}},
    "commands": {"stop": {"en": ["stop"]}, "go_to": {"en": ["go to [<det>] {object}"]}},
    "objects": {"dog": {"en": ["dog"]}},
}


def test_a_small_grammar_works():
    grammar = Grammar(parse(GOOD))
    assert grammar.understand("please go to the dogs please").command == "go_to"
    assert list(grammar.phrases("en")) == [
        ("stop", "stop"), ("go to {object}", "go_to"), ("go to the {object}", "go_to"), ("go to a {object}", "go_to"),
    ]  # fmt: skip


def change(path, value):
    raw = copy.deepcopy(GOOD)
    place = raw
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (["languages"], ["de"], "de"),
        (["languages"], [], "languages"),
        (["languages"], ["en", "fr"], "fr"),
        (["objects"], None, "objects"),
        (["extra"], {}, "extra"),
        (["commands"], [], "commands"),
        (["commands", "stop"], None, "stop"),
        (["commands", "go_to"], {"en": ["(go"]}, "closed"),
        (["commands", "go_to"], {"en": ["go)"]}, "bracket"),
        (["commands", "go_to"], {"en": ["go]"]}, "bracket"),
        (["commands", "go_to"], {"en": ["<what> x"]}, "what"),
        (["commands", "go_to"], {"en": ["go {where}"]}, "where"),
        (["commands", "go_to"], {"en": ["[go]"]}, "empty"),
        (["commands", "go_to"], {"en": ["stop"]}, "stop and go_to"),
        (["commands", "go_to"], {"en": ["go => object"]}, "object"),
        (["commands", "go_to"], {"en": ["go => colour: red"]}, "colour"),
        (["commands", "go_to"], {"en": [True]}, "quote"),
        (["commands", "go_to"], {"en": "go"}, "list"),
        (["commands", "go_to"], {"en": ["(a|b|c|d|e|f|g|h|i|j) " * 5]}, "phrases"),
        (["units", "distance"], {"furlong": ["f"]}, "furlong"),
        (["units", "weight"], {"m": ["f"]}, "weight"),
        (["objects", "cat"], {"en": ["dog"]}, "dog"),
        (["objects", "cat"], {"en": ["stop"]}, "stop"),
        (["objects", "cat"], {"fr": ["chat"]}, "en"),
        (["stop_words"], ["?"], "stop_words"),
    ],
)
def test_faults_are_named(path, value, word):
    with pytest.raises(KittError) as caught:
        parse(change(path, value))
    assert word in caught.value.message + caught.value.remedy
    assert caught.value.remedy


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"", b"- 1"])
def test_files_that_are_no_grammar(tmp_path, content):
    path = tmp_path / "grammar.yaml"
    path.write_bytes(content)
    with pytest.raises(KittError):
        Grammar.load(str(path))
    with pytest.raises(KittError, match="missing"):
        Grammar.load(str(tmp_path / "missing.yaml"))


def test_expand():
    assert expand("a (b|c d) [e]", {}) == [("a", "b"), ("a", "b", "e"), ("a", "c", "d"), ("a", "c", "d", "e")]
    assert expand("<x> y", {"x": "(1|[2])"}) == [("1", "y"), ("y",), ("2", "y")]
    with pytest.raises(KittError, match="no macro"):
        expand("<x>", {"x": "<x>"})
