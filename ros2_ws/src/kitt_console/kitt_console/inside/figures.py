"""What a look inside gives: sections of figures and tables, and their HTML. Nothing is fetched from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_TYPES = {"png": "image/png", "jpg": "image/jpeg"}


@dataclass(frozen=True)
class Figure:
    """A picture with what there is to see in it.

    Attributes:
        name: for a file's name. title, text: what is to be seen, in plain words. alt: for whoever cannot see it.
        data: PNG, JPEG or SVG, by `kind` («png», «jpg», «svg»).
        wide: takes the whole width.
    """

    name: str
    title: str
    text: str
    alt: str
    data: bytes
    kind: str
    wide: bool = False

    def html(self) -> str:
        """A figure element."""
        if self.kind == "svg":
            picture = self.data.decode()
        else:
            code = base64.b64encode(self.data).decode()
            picture = f'<img alt="{escape(self.alt)}" src="data:{_TYPES[self.kind]};base64,{code}">'
        caption = f"<figcaption><b>{escape(self.title)}</b> {escape(self.text)}</figcaption>"
        return f'<figure class="{"wide" if self.wide else "half"}">{caption}{picture}</figure>'


@dataclass(frozen=True)
class Table:
    """Rows of text; the first column heads its row."""

    title: str
    text: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def html(self) -> str:
        """A table in a region that scrolls by itself on a narrow screen."""
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.head)
        rows = "".join(
            f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
            for row in self.rows
        )
        return (
            f'<div class="scroll wide" role="region" tabindex="0" aria-label="{escape(self.title)}"><table>'
            f"<caption><b>{escape(self.title)}</b> {escape(self.text)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )


@dataclass(frozen=True)
class Section:
    """A heading, a sentence or two, and what belongs to it."""

    title: str
    text: str
    parts: Sequence[Figure | Table]

    def html(self) -> str:
        """A section element."""
        inner = "".join(part.html() for part in self.parts)
        head = f"<h2>{escape(self.title)}</h2><p>{escape(self.text)}</p>"
        return f'<section>{head}<div class="parts">{inner}</div></section>'


def fragment(sections: Sequence[Section]) -> str:
    """HTML of some sections, for a page that has its own head."""
    return "".join(section.html() for section in sections)


def report(title: str, sections: Sequence[Section], style: str) -> str:
    """A page of its own that needs no network.

    Args:
        style: the style sheet's text.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark">'
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f"<body><header><h1>{escape(title)}</h1></header><main>{fragment(sections)}</main></body></html>\n"
    )
