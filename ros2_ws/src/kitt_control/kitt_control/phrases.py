"""What KITT says: the words stand in `kitt_text.phrases`, where the speaker finds them too."""

from kitt_text.phrases import PHRASES, say

__all__ = ["PHRASES", "say"]
