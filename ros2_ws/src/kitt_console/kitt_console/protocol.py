"""What a page may say on the websocket: small JSON objects, checked before anything else sees them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

LONGEST = 4096
"""Characters of the longest message."""
LONGEST_LINE = 500
"""Characters of the longest line that may be typed to the car."""

Language = Literal["", "en", "fr", "es"]
Line = Annotated[str, StringConstraints(max_length=LONGEST_LINE)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Typing(_Message):
    """The line as it stands while it is typed; `number` comes back with the help for it."""

    kind: Literal["typing"]
    text: Line
    language: Language
    number: Annotated[int, Field(ge=0, le=2**53)]


class Steer(_Message):
    """The stick, -1 to 1 each: forward, and turn to the left. `echo` is the newest `time` heard from the server [s]."""

    kind: Literal["steer"]
    forward: Annotated[float, Field(ge=-1.0, le=1.0)]
    turn: Annotated[float, Field(ge=-1.0, le=1.0)]
    echo: float


class Shown(_Message):
    """A picture was drawn; the next may come."""

    kind: Literal["shown"]


Message = Annotated[Typing | Steer | Shown, Field(discriminator="kind")]
_MESSAGE: TypeAdapter[Typing | Steer | Shown] = TypeAdapter(Message)


class RefusedError(ValueError):
    """A message that is not acted upon; its one argument names why."""


def parse(data: str | bytes) -> Typing | Steer | Shown:
    """A message of the page.

    Raises:
        RefusedError: binary, too long, no JSON, or not one of the messages above.
    """
    if not isinstance(data, str):
        raise RefusedError("binary")
    if len(data) > LONGEST:
        raise RefusedError("too long")
    try:
        return _MESSAGE.validate_json(data)
    except ValidationError as error:
        kinds = {item["type"] for item in error.errors(include_url=False, include_context=False, include_input=False)}
        raise RefusedError("no JSON" if "json_invalid" in kinds else "no message") from None
    except UnicodeEncodeError:  # a lone surrogate
        raise RefusedError("no text") from None


def clean_line(text: str) -> str:
    """A typed line as the car may get it: printable, one line, spaces single; empty where nothing is left."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_LINE]
