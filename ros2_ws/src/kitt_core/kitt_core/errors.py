"""The one error that users see: what is wrong and what mends it."""

from kitt_inference.errors import KittError

__all__ = ["KittError"]
