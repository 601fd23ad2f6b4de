"""Text to plain tokens: lower case, no accents, no punctuation, bounded in length."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 400
MAX_TOKENS = 40
_TOKEN = re.compile(r"-?\d+(?:[.,]\d+)?|[a-z]+")


def plain(text: str) -> str:
    """Lower case without accents; «œ» as oe, «°» as degrees. Looks at the first `MAX_CHARS` characters only."""
    text = text[:MAX_CHARS].lower().replace("°", " degrees ").replace("œ", "oe").replace("æ", "ae").replace("−", "-")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """The words and numbers of a text. A negative number is the token «minus» and the number."""
    found: list[str] = []
    clean = plain(text)
    for match in _TOKEN.finditer(clean):
        token = match.group()
        if token.startswith("-"):
            joined = match.start() > 0 and clean[match.start() - 1].isalnum()
            found += [token[1:]] if joined else ["minus", token[1:]]
        else:
            found.append(token)
    return found
