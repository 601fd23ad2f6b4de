"""The graph and the paths through it, with posteriors made from known phones."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text.lexicon import Lexicon
from kitt_text.phones import INDEX, PHONES
from kitt_text.wordgraph import WordGraph
from kitt_voice.decoder import POLITE_HANDICAP, Decoder, Spotter
from kitt_voice.graph import Word, compile_graph, linear_graph
from kitt_voice.scoring import align, classify, free_phones, free_score, pronunciations, score_phones
from kitt_voice.tokens import gains_of
from speech_oracle import Script


class Sounds:
    """A lexicon in which a word's letters are its phones, variants parted by a stroke."""

    def pronounce(self, word: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(variant) for variant in word.split("/"))


def graph_of(*sentences: str):
    """All sentences from one start to one end."""
    arcs: list[tuple[int, int, str]] = []
    free = 2
    for sentence in sentences:
        words, at = sentence.split(), 0
        for index, word in enumerate(words):
            to = 1 if index == len(words) - 1 else free
            arcs.append((at, to, word))
            at, free = to, free + 1
    return compile_graph([WordGraph(tuple(arcs), 0, frozenset({1}), "en")], {"en": Sounds()})


def decode(graph, script: Script) -> Decoder:
    decoder = Decoder(graph)
    for row in script.rows:
        decoder.step(gains_of(row))
    return decoder


def test_words_share_beginnings_and_endings():
    alone = graph_of("tap").states
    assert graph_of("tap", "tak").states < 2 * alone
    assert graph_of("tap", "tap/dap").states < 2 * alone
    assert graph_of("tap", "tap").states == alone


def test_the_arcs_are_in_the_order_the_recursion_needs():
    graph = graph_of("tap nu", "tak", "nu tap", "a")
    assert (np.diff(graph.target) >= 0).all()
    for node in range(graph.nodes):
        arcs = graph.out[graph.out_start[node] : graph.out_start[node + 1]]
        assert (graph.source[arcs] == node).all()
    assert graph.out_start[-1] == len(graph.phone)


def test_a_word_without_a_known_pronunciation_is_named():
    with pytest.raises(KittError, match="«q»"):
        graph_of("tap q")

    class Mute:
        def pronounce(self, word):
            return ()

    with pytest.raises(KittError, match=r"«tap».*no pronunciation"):
        compile_graph([linear_graph(["tap"], "en")], {"en": Mute()})


@pytest.mark.parametrize("noise", [0.3, 1.0, 1.5])
def test_the_path_is_what_was_said_with_its_times(noise):
    graph = graph_of("tap nu", "tak nu", "tap ni", "tap")
    script = Script(3, noise).silence(0.2).phones("tap").silence(0.1).phones("nu").silence(0.1)
    best = decode(graph, script).complete()
    assert best is not None and best.text == "tap nu"
    first, second = best.words
    assert first.begin == 10
    assert abs(first.end - script.ends[0]) <= 3 and abs(second.end - script.ends[1]) <= 3
    assert first.end < second.begin
    assert best.silence == len(script.rows) - 1 - second.end
    assert best.llr == pytest.approx(first.llr + second.llr, abs=1.5)  # the blanks after the last word are left
    assert best.behind < 0.01


def test_words_of_politeness_cost():
    graphs = [
        compile_graph([linear_graph(["nu", "tap"], "en")], {"en": Sounds()}, {"en": polite}) for polite in ((), ("nu",))
    ]
    plain, cheap = (decode(graph, Script().phones("nutap").silence(0.1)).complete() for graph in graphs)
    assert plain.text == cheap.text == "nu tap"
    assert plain.llr - cheap.llr == pytest.approx(POLITE_HANDICAP, abs=0.01)


def test_a_path_scores_as_the_exhaustive_viterbi_search_does():
    random = np.random.default_rng(7)
    graph = graph_of("ta", "aa", "tat a")
    for _ in range(20):
        rows = np.log(random.dirichlet(np.full(len(PHONES), 0.5), 9)).astype(np.float32)
        rows = np.maximum(rows, rows.max(axis=1, keepdims=True) - 19.0)  # above the floor of a step
        decoder = Decoder(graph, beam=1000.0, abandon=1000.0)
        for row in rows:
            decoder.step(gains_of(row))
        best = decoder.complete()
        expected = max(ends_with_blank(rows, phones) for phones in ("ta", "aa", "tata"))
        assert best is not None and best.llr == pytest.approx(expected - free_score(rows), abs=0.02)


def ends_with_blank(rows: np.ndarray, phones: str) -> float:
    """CTC's best path by dynamic programming over the labels written out, the last step a blank."""
    labels = [0]
    for phone in phones:
        labels += [INDEX[phone], 0]
    score = np.full(len(labels), -np.inf)
    score[0] = 0.0
    for row in rows:
        new = np.full_like(score, -np.inf)
        for at, label in enumerate(labels):
            options = [score[at]] + ([score[at - 1]] if at else [])
            if at > 1 and label and label != labels[at - 2]:
                options.append(score[at - 2])
            new[at] = max(options) + row[label]
        score = new
    return float(score[-1])


def test_equal_phones_in_a_word_need_a_blank_between():
    graph = graph_of("ta/taa")
    spoken = Script(1, 0.3).phones(["t"])
    for _ in range(4):
        spoken._row(INDEX["a"], 0.9)
    one = decode(graph_of("taa"), spoken.silence(0.1)).complete()
    assert one is None or one.llr < -5
    both = decode(graph, spoken).complete()
    assert both is not None and both.llr > -1


def test_alternatives_are_other_sentences_best_first():
    graph = graph_of("tap", "tak", "nu", "tap nu")
    decoder = decode(graph, Script(2, 1.0).phones("tap").silence(0.1))
    texts = [h.text for h in decoder.alternatives(3)]
    assert texts[0] == "tap" and "tak" in texts
    scores = [h.llr for h in decoder.alternatives(3)]
    assert scores == sorted(scores, reverse=True)


def test_other_words_have_no_path_that_is_worth_it():
    decoder = decode(graph_of("tap nu"), Script(4, 1.0).phones("silomen").silence(0.1))
    best = decoder.complete()
    assert best is None or best.llr / best.phones < -3


def test_a_hopeless_utterance_is_given_up_and_a_new_one_begins():
    graph = graph_of("tap")
    decoder = decode(graph, Script(4, 1.0).phones("silomensilomensilomen" * 3))
    assert not decoder.alive and decoder.complete() is None and decoder.partial() is None
    decoder.reset()
    for row in Script(1).phones("tap").silence(0.1).rows:
        decoder.step(gains_of(row))
    assert decoder.complete() is not None


def test_memory_and_time_are_bounded():
    decoder = Decoder(graph_of("ta", "a a a", "a"))
    flat = gains_of(np.full(len(PHONES), -4.0, np.float32))
    for _ in range(5000):
        decoder.step(flat)
    assert not decoder.alive  # a minute and more is no utterance
    assert decoder._store.shape[1] < 200_000


def test_broken_posteriors_do_no_harm():
    graph = graph_of("tap")
    decoder = Decoder(graph)
    for value in (np.nan, np.inf, -np.inf):
        decoder.step(gains_of(np.full(len(PHONES), value, np.float32)))
    row = np.full(len(PHONES), -3.0, np.float32)
    row[5] = np.nan
    decoder.step(gains_of(row))
    assert decoder.alive


def test_the_spotter_finds_a_word_among_others():
    word = Word("tap", "en", 3)
    spotter = Spotter([(word, [INDEX[p] for p in "tap"]), (Word("nuu", "en", 3), [INDEX[p] for p in "nuu"])])
    script = Script(5, 1.0).silence(50.0).phones("silomenu").phones("tap").silence(0.2)
    for row in script.rows:
        spotted = spotter.step(gains_of(row))
    assert spotted.word == word and spotted.llr > -2
    assert abs(spotted.end - script.ends[1]) <= 3 and abs(spotted.begin - script.ends[0] - 1) <= 1
    assert spotted.silence == len(script.rows) - 1 - spotted.end
    for row in Script(6, 1.0).phones("silomenuk").silence(0.1).rows:
        spotted = spotter.step(gains_of(row))
    assert spotted.llr < -10


def test_classify_picks_the_text_that_was_said():
    lexicons = {code: Lexicon.load(code) for code in ("en", "fr", "es")}
    texts = [
        ("go forward", "en"),
        ("forward", "en"),
        ("stop", "en"),
        ("recule", "fr"),
        ("izquierda", "es"),
        ("yes", "en"),
    ]
    for index, (text, language) in enumerate(texts):
        rows = np.array(Script(index, 1.5).silence(0.3).say(text, language).silence(0.3).rows)
        scores = classify(rows, texts, lexicons)
        assert int(np.argmax(scores)) == index
        assert scores[index] > free_score(rows) - 1.5 * len("go forward")


def test_the_forward_score_sums_over_all_alignments():
    rows = np.log(np.random.default_rng(0).dirichlet(np.ones(len(PHONES)), 2))
    a, t = INDEX["a"], INDEX["t"]
    p = np.exp(rows)
    exact = p[0, a] * p[1, a] + p[0, a] * p[1, 0] + p[0, 0] * p[1, a]
    scores = score_phones(rows, [("a",), ("t", "a"), ("a", "a")])
    assert scores[0] == pytest.approx(np.log(exact))
    assert scores[1] == pytest.approx(np.log(p[0, t] * p[1, a]))
    assert scores[2] < -1e20  # a blank must lie between: two steps do not suffice
    assert score_phones(rows, []).shape == (0,)
    with pytest.raises(KittError, match="shape"):
        score_phones(rows[:, :5], [("a",)])


def test_the_best_alignment_tells_where_each_phone_is():
    rows = np.full((9, len(PHONES)), -9.0)
    for step, phone in enumerate(["", "t", "t", "", "a", "", "a", "", ""]):
        rows[step, INDEX[phone] if phone else 0] = -0.1
    string, places = align(rows, [("t", "a"), ("t", "a", "a"), ("s", "a", "a")])
    assert string == ("t", "a", "a")
    assert places.tolist() == [0, 1, 1, 2, 3, 4, 5, 6, 6]
    assert align(rows[:2], [("t", "a", "a")]) is None and align(rows[:0], [("t",)]) is None


def test_free_phones_are_those_that_were_said():
    phones = ("s", "i", "l", "l", "o")
    assert free_phones(np.array(Script(1, 1.0).phones(phones).rows)) == phones
    assert free_phones(np.zeros((0, len(PHONES)))) == ()
    assert free_score(np.zeros((0, len(PHONES)))) == 0.0


def test_a_text_has_the_pronunciations_of_its_words():
    found = pronunciations("go", Lexicon.load("en"))
    assert found and all(phone in INDEX for string in found for phone in string)
    with pytest.raises(KittError, match="no words"):
        pronunciations(" … ", Lexicon.load("en"))
