"""Who speaks next: priorities, interruption, staleness, duplicates, bounds."""

from __future__ import annotations

from kitt_voice.speech.queue import ANSWER, CHAT, SAFETY, Fate, QueueSettings, SpeechQueue, Utterance


def utterance(text: str, priority: int = ANSWER, asked_s: float = 0.0, language: str = "en") -> Utterance:
    return Utterance(text, language, priority, asked_s)


def filled(*utterances: Utterance, most: int = 16) -> SpeechQueue:
    queue = SpeechQueue(QueueSettings(most=most))
    for each in utterances:
        queue.put(each, each.asked_s)
    return queue


def order(queue: SpeechQueue, now_s: float = 0.0) -> list[str]:
    return [u.text for u in iter(lambda: queue.take(now_s), None)]


def test_safety_then_answers_then_chat_each_in_their_order():
    queue = filled(
        utterance("c1", CHAT), utterance("a1"), utterance("s1", SAFETY), utterance("c2", CHAT), utterance("a2"),
        utterance("s2", SAFETY),
    )  # fmt: skip
    assert order(queue) == ["s1", "s2", "a1", "a2", "c1", "c2"]


def test_only_safety_interrupts_and_never_another_safety_message():
    queue = filled(utterance("answer"))
    assert not queue.interrupts(utterance("chat", CHAT), 0.0)
    queue.put(utterance("stop", SAFETY), 0.0)
    assert queue.interrupts(utterance("chat", CHAT), 0.0)
    assert queue.interrupts(utterance("answer 2"), 0.0)
    assert not queue.interrupts(utterance("fault", SAFETY), 0.0)


def test_what_is_too_old_is_not_said():
    queue = filled(utterance("chat", CHAT), utterance("answer"), utterance("safety", SAFETY))
    assert order(queue, 6.0) == ["safety", "answer"]
    queue = filled(utterance("safety", SAFETY))
    assert not queue.interrupts(utterance("chat", CHAT), 11.0)
    assert queue.dropped[Fate.TOO_OLD] == 1
    assert queue.put(utterance("late", ANSWER, asked_s=0.0), 9.0) is Fate.TOO_OLD


def test_the_same_text_is_said_once_at_the_higher_priority():
    queue = filled(utterance("x", CHAT), utterance("y", ANSWER))
    assert queue.put(utterance("x", SAFETY, asked_s=3.0), 3.0) is Fate.MERGED
    assert order(queue, 3.0) == ["x", "y"]
    assert queue.put(utterance("x"), 0.0, playing=utterance("x")) is Fate.MERGED
    assert queue.put(utterance("x", SAFETY), 0.0, playing=utterance("x")) is Fate.WAITS
    assert queue.put(utterance("x", SAFETY, language="fr"), 0.0) is Fate.WAITS


def test_a_full_queue_drops_the_oldest_of_the_least_important():
    queue = filled(utterance("c1", CHAT), utterance("a1"), utterance("c2", CHAT), most=3)
    assert queue.put(utterance("s", SAFETY), 0.0) is Fate.WAITS
    assert order(queue) == ["s", "a1", "c2"]
    queue = filled(utterance("s1", SAFETY), utterance("s2", SAFETY), most=2)
    assert queue.put(utterance("a"), 0.0) is Fate.NO_ROOM
    assert len(queue) == 2


def test_a_flood_stays_bounded():
    queue = SpeechQueue()
    for i in range(10_000):
        queue.put(utterance(str(i)), 0.0)
    assert len(queue) == 16
    assert sum(queue.dropped.values()) == 10_000 - 16
    queue.clear()
    assert queue.take(0.0) is None
