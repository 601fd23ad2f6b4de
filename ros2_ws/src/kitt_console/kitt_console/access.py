"""Who may watch and who may drive: tokens, addresses, origins, and how often somebody may guess."""

from __future__ import annotations

import hmac
import ipaddress
import json
import os
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from kitt_inference.errors import KittError

COOKIE = "kitt_token"
_BYTES = 24  # of randomness in a token: 192 bit
_GUESSES = 5.0  # wrong tokens from one address at once
_GUESSES_PER_S = 1.0 / 12.0  # and afterwards
_ADDRESSES = 1024  # that are remembered
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Right(IntEnum):
    """What somebody may do; a greater one holds the smaller ones."""

    NONE = 0
    WATCH = 1
    """See everything, and stop the car: whoever sees it about to hit something may stop it."""
    DRIVE = 2
    """Command it, steer it and release the emergency stop."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The two secrets. They show in no repr, so that none gets into a log by mistake."""

    drive: str = field(repr=False)
    watch: str = field(repr=False)

    def right_of(self, token: str) -> Right:
        """The right that a token gives; every comparison takes the same time, and all are made."""
        given = token.encode("utf-8", "surrogatepass")
        drives = hmac.compare_digest(given, self.drive.encode())
        watches = hmac.compare_digest(given, self.watch.encode())
        return Right.DRIVE if drives else Right.WATCH if watches else Right.NONE


def load_tokens(path: Path) -> Tokens:
    """The tokens in a file that only its owner can read; made at random where there is none.

    They outlive the node, so that a link stays good after a restart. Deleting the file makes every link void.

    Raises:
        KittError: the file cannot be read or made, others can read it, or it holds no tokens.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read_tokens(path)
        tokens = Tokens(secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES))
        with os.fdopen(descriptor, "w") as file:
            json.dump({"drive": tokens.drive, "watch": tokens.watch}, file)
        return tokens
    except OSError as error:
        raise KittError(f"the console's tokens in {path}: {error.strerror}", "make the folder writable") from error


def _read_tokens(path: Path) -> Tokens:
    if path.stat().st_mode & 0o077:
        raise KittError(f"others can read the console's tokens in {path}", f"delete {path}; new ones are made")
    try:
        values = json.loads(path.read_text())
        drive, watch = values["drive"], values["watch"]
    except (ValueError, KeyError, TypeError) as error:
        raise KittError(f"{path} holds no tokens", "delete it; new ones are made") from error
    if not all(isinstance(token, str) and len(token) >= 16 for token in (drive, watch)) or drive == watch:
        raise KittError(f"the tokens in {path} are too short or equal", "delete it; new ones are made")
    return Tokens(drive, watch)


class Bucket:
    """Lets `burst` through at once and `rate` a second afterwards (token bucket). Times in s."""

    __slots__ = ("_at", "_left", "burst", "rate")

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._left, self._at = burst, 0.0

    def left(self, now: float) -> float:
        """How many would be let through at `now`."""
        self._left = min(self.burst, self._left + max(0.0, now - self._at) * self.rate)
        self._at = now
        return self._left

    def take(self, now: float) -> bool:
        """Whether one more is let through."""
        if self.left(now) < 1.0:
            return False
        self._left -= 1.0
        return True


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the address of the connection, the request's headers (names in lower case), its query."""

    address: str
    headers: Mapping[str, str]
    query: str = field(default="", repr=False)

    @property
    def token(self) -> str:
        """The token shown: in the link, as bearer, or in the cookie that the link left; empty without one."""
        linked = parse_qs(self.query, max_num_fields=8).get("token", [""])[0] if len(self.query) < 1000 else ""
        scheme, _, bearer = self.headers.get("authorization", "").partition(" ")
        if linked or (scheme.lower() == "bearer" and bearer):
            return linked or bearer.strip()
        try:
            morsel = SimpleCookie(self.headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return ""
        return morsel.value if morsel else ""

    @property
    def is_local(self) -> bool:
        """Somebody at this very machine, by its own name.

        Another name would be a foreign page whose name was bound to 127.0.0.1 (DNS rebinding); forwarding headers
        come from a proxy before us, behind which anybody may stand.
        """
        host = _host(self.headers.get("host", ""))
        forwarded = any(name in self.headers for name in _FORWARDED)
        return is_loopback(self.address) and (host == "localhost" or is_loopback(host)) and not forwarded

    @property
    def is_same_origin(self) -> bool:
        """False where a browser says that a page from elsewhere asks; programs send no origin."""
        if self.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = self.headers.get("origin")
        return origin is None or (origin != "null" and urlsplit(origin).netloc == self.headers.get("host", ""))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is the HTTP status of a refusal, 200 where `right` holds."""

    status: int
    right: Right
    reason: str = ""


class Access:
    """Judges every request. With no tokens only this machine itself gets in."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self._guessers: OrderedDict[str, Bucket] = OrderedDict()
        self.refused = 0

    def judge(self, caller: Caller, now: float, *, writes: bool) -> Verdict:
        """The right of a caller at `now` [s, steady clock]; `writes` where the request may change something."""
        verdict = self._judge(caller, now, writes)
        self.refused += verdict.status != 200
        return verdict

    def _judge(self, caller: Caller, now: float, writes: bool) -> Verdict:
        if writes and not caller.is_same_origin:
            return Verdict(403, Right.NONE, "a page from elsewhere asked; open the console itself")
        token = caller.token
        bucket = self._guessers.get(caller.address)
        if token and bucket is not None and bucket.left(now) < 1.0 and not caller.is_local:
            return Verdict(429, Right.NONE, "too many wrong tokens from this address; wait a minute")
        right = self._tokens.right_of(token) if self._tokens and token else Right.NONE
        if right is Right.NONE and caller.is_local:
            right = Right.DRIVE
        if right is not Right.NONE:
            return Verdict(200, right)
        if token:
            self._count_guess(caller.address, now)
        return Verdict(401, Right.NONE, "this console needs the link with its token; `./kitt console` prints it")

    def _count_guess(self, address: str, now: float) -> None:
        bucket = self._guessers.pop(address, None) or Bucket(_GUESSES_PER_S, _GUESSES)
        bucket.take(now)
        self._guessers[address] = bucket
        if len(self._guessers) > _ADDRESSES:
            self._guessers.popitem(last=False)


def is_loopback(address: str) -> bool:
    """Whether an address, v4, v6 or mapped, is this machine's own."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
