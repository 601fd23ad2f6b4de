"""Who gets in, and as what."""

from __future__ import annotations

import os
import stat

import pytest

from kitt_console.access import COOKIE, Access, Bucket, Caller, Right, Tokens, is_loopback, load_tokens
from kitt_inference.errors import KittError

TOKENS = Tokens("d" * 32, "w" * 32)


def caller(address="10.0.0.9", query="", **headers):
    return Caller(address, {"host": "kitt.local:8080", **headers}, query)


@pytest.mark.parametrize(
    ("who", "right"),
    [
        (caller(), Right.NONE),
        (caller(query="token=" + "d" * 32), Right.DRIVE),
        (caller(query="token=" + "w" * 32), Right.WATCH),
        (caller(query="token=" + "d" * 31), Right.NONE),
        (caller(authorization="Bearer " + "w" * 32), Right.WATCH),
        (caller(authorization="Basic " + "w" * 32), Right.NONE),
        (caller(cookie=f"{COOKIE}={'d' * 32}"), Right.DRIVE),
        (caller(cookie="\x00;;;=\x7f"), Right.NONE),
        (caller(authorization="Bearer \u00e9\udcff"), Right.NONE),
        (caller("127.0.0.1", host="localhost:8080"), Right.DRIVE),
        (caller("::1", host="[::1]:8080"), Right.DRIVE),
        (caller("::ffff:127.0.0.1", host="127.0.0.1"), Right.DRIVE),
        (caller("127.0.0.1", host="evil.example"), Right.NONE),  # DNS rebinding
        (caller("10.0.0.9", host="localhost"), Right.NONE),
        (Caller("127.0.0.1", {"host": "localhost", "x-forwarded-for": "10.0.0.9"}), Right.NONE),  # behind a proxy
        (Caller("127.0.0.1", {}), Right.NONE),
        (Caller("", {"host": "localhost"}), Right.NONE),
        (caller("127.0.0.1", host="[broken"), Right.NONE),
    ],
)
def test_rights(who, right):
    verdict = Access(TOKENS).judge(who, 0.0, writes=False)
    assert verdict.right is right
    assert verdict.status == (401 if right is Right.NONE else 200)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"origin": "http://kitt.local:8080"}, True),
        ({"origin": "http://kitt.local"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
def test_only_our_own_page_may_change_anything(headers, allowed):
    who = Caller("10.0.0.9", {"host": "kitt.local:8080", **headers}, "token=" + "d" * 32)
    assert (Access(TOKENS).judge(who, 0.0, writes=True).status == 200) is allowed
    assert Access(TOKENS).judge(who, 0.0, writes=False).status == 200


def test_guessing_is_slowed_down_for_the_guesser_only():
    access = Access(TOKENS)
    guess = caller(query="token=guess")
    assert [access.judge(guess, 1.0, writes=False).status for _ in range(7)] == [401] * 5 + [429] * 2
    right = caller(query="token=" + "d" * 32)
    assert access.judge(right, 1.0, writes=False).status == 429, "a right guess must not show while it is limited"
    assert access.judge(caller("10.0.0.8", "token=" + "d" * 32), 1.0, writes=False).status == 200
    assert access.judge(right, 62.0, writes=False).status == 200


def test_many_guessers_do_not_fill_the_memory():
    access = Access(TOKENS)
    for i in range(5000):
        access.judge(caller(f"10.0.{i >> 8}.{i & 255}", "token=x"), 1.0, writes=False)
    assert len(access._guessers) <= 1024
    assert access.refused == 5000


def test_without_tokens_only_this_machine_gets_in():
    assert Access().judge(caller(query="token="), 0.0, writes=False).status == 401
    assert Access().judge(caller(query="token=x"), 0.0, writes=False).status == 401
    assert Access().judge(caller("127.0.0.1", host="localhost"), 0.0, writes=True).right is Right.DRIVE


def test_tokens_are_kept_private_and_stay(tmp_path):
    path = tmp_path / "new" / "tokens.json"
    tokens = load_tokens(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_tokens(path) == tokens
    assert len(tokens.drive) >= 32 and tokens.drive != tokens.watch
    assert tokens.drive not in repr(tokens) and "token=" not in repr(caller(query="token=secret"))


@pytest.mark.parametrize("text", ["", "[]", '{"drive": "a", "watch": "b"}', '{"drive": 1}', "\x00", '{"drive": null}'])
def test_broken_token_files_are_named(tmp_path, text):
    path = tmp_path / "tokens.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KittError, match="delete it"):
        load_tokens(path)


def test_a_token_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "tokens.json"
    load_tokens(path)
    path.chmod(0o644)
    with pytest.raises(KittError, match="others can read"):
        load_tokens(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KittError, match="tokens"):
        load_tokens(tmp_path / "file" / "tokens.json")
    assert os.listdir(tmp_path) == ["file"]


def test_bucket():
    bucket = Bucket(rate=2.0, burst=3.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(0.5) and not bucket.take(0.5)
    assert bucket.left(100.0) == 3.0
    assert bucket.left(50.0) == 3.0, "a clock that goes back gives nothing"


def test_loopback():
    assert is_loopback("127.8.9.1") and not is_loopback("128.0.0.1") and not is_loopback("localhost.evil")
