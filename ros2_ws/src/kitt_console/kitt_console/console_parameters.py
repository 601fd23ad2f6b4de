"""The console's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kitt_console.access import Tokens, load_tokens
from kitt_console.links import is_open
from kitt_console.steering import StickLimits
from kitt_core.parameters import param
from kitt_inference.download import cache_root


@dataclass(frozen=True)
class ConsoleParameters:
    """Parameters of the console node."""

    host: str = param("127.0.0.1", "address to serve; another than this machine's own needs a token", fixed=True)
    port: int = param(8080, "port to serve; 0: any", low=0, high=65535, fixed=True)
    tokens_file: str = param("", "file of the tokens; empty: console-tokens.json in the cache folder", fixed=True)
    picture_rate: float = param(10.0, "pictures a second at most", unit="Hz", low=0.5, high=60.0)
    picture_width: int = param(960, "pictures are made no wider", unit="px", low=64, high=4096)
    jpeg_quality: int = param(70, "of pictures that are made smaller, or come uncompressed", low=10, high=100)
    stick_speed: float = param(0.8, "full deflection of the stick forward", unit="m/s", low=0.05, high=5.0)
    stick_turn: float = param(0.8, "full deflection of the stick sideways", unit="rad/s", low=0.05, high=3.0)
    stick_max_age: float = param(0.4, "the stick's messages older than this move nothing", unit="s", low=0.1, high=1.0)
    camera_x: float = param(1.3, "camera ahead of base_link", unit="m", low=-5.0, high=5.0)
    scan_x: float = param(1.4, "laser ahead of base_link", unit="m", low=-5.0, high=5.0)
    camera_height: float = param(1.1, "camera above the ground", unit="m", low=0.02, high=5.0)

    @property
    def stick_limits(self) -> StickLimits:
        """Of the stick."""
        return StickLimits(self.stick_speed, self.stick_turn, self.stick_max_age)

    @property
    def tokens(self) -> Tokens | None:
        """The tokens; None where only this machine itself is served.

        Raises:
            KittError: see `access.load_tokens`.
        """
        return load_tokens(tokens_path(self.tokens_file)) if is_open(self.host) else None


def tokens_path(given: str = "") -> Path:
    """The tokens' file."""
    return Path(given) if given else cache_root() / "console-tokens.json"
