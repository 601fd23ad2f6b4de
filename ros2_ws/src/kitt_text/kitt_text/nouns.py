"""Nouns with their article, number and gender: «two cars», «une personne», «ningún coche»."""

from __future__ import annotations

import re

from kitt_text import numerals

# Names whose gender their ending does not tell; those of the grammar's objects are all right, a test holds that.
_FEMININE = {
    code: words.split()
    for code, words in {
        "fr": "souris télévision télé maison main fleur moto pizza radio photo",
        "es": "señal moto nube mano nave calle flor llave radio foto",
    }.items()
}
_MASCULINE = {
    code: words.split()
    for code, words in {
        "fr": (
            "vélo véhicule cycliste arbre feu parapluie verre parcmètre horodateur gobelet frigo téléphone "
            "réfrigérateur livre vase zèbre snowboard skateboard canapé musée homme incendie frisbee obstacle "
            "chemin lycée ordre grille sèche"
        ),
        "es": "planeta mapa sofá frisbee policía día",
    }.items()
}
_FEMININE_ENDS = {"fr": ("e",), "es": ("a", "ción", "sión", "dad", "tud", "ave")}
_MASCULINE_ENDS = {"fr": ("age", "isme", "ège", "oire", "mètre"), "es": ()}
_PLURAL_ONLY = frozenset({"toilettes", "gens", "ciseaux", "skis", "tijeras"})
_NO_ELISION = ("hot ", "haut", "huit", "onze", "hamburger", "hibou", "hérisson", "yaourt", "ouistiti")
_EL_BEFORE_A = frozenset({"agua", "ave", "águila", "arma", "hacha", "área"})
_PEOPLE = frozenset({"persona", "hombre", "mujer", "niño", "niña", "peatón", "ciclista", "perro", "gato", "caballo"})
_NOBODY = {"person": "nobody", "personne": "personne", "persona": "a nadie"}
_UNCOUNTED = frozenset({"broccoli"})
_A_BEFORE_VOWEL = ("uni", "use", "euro", "one", "ufo")
_MOST = 999


def feminine(name: str, language: str) -> bool:
    """Whether a noun, singular, is feminine: known, or told by its ending. Always false in English."""
    if language not in _FEMININE:
        return False
    head = name.lower().split(" ", 1)[0]
    if head in _FEMININE[language]:
        return True
    if head in _MASCULINE[language] or head.endswith(_MASCULINE_ENDS[language]):
        return False
    return head.removesuffix("s" if head in _PLURAL_ONLY else "\0").endswith(_FEMININE_ENDS[language])


def is_plural(name: str) -> bool:
    """Whether the singular of a name has a plural's form: «toilettes»."""
    return name.lower() in _PLURAL_ONLY


def elides(name: str) -> bool:
    """French: whether «le», «de» lose their vowel before a name."""
    word = name.lower()
    return bool(word) and word[0] in "aàâeéèêëiîïoôuùûœhy" and not word.startswith(_NO_ELISION)


def the(name: str, language: str) -> str:
    """With the definite article: «the car», «l'oiseau», «el coche»."""
    if not name:
        return name
    if language == "en":
        return f"the {name}"
    if language == "fr":
        name = _joined(name)
        if is_plural(name):
            return f"les {name}"
        return f"l'{name}" if elides(name) else f"{'la' if feminine(name, language) else 'le'} {name}"
    if is_plural(name):
        return f"{'las' if feminine(name, language) else 'los'} {name}"
    article = "la" if feminine(name, language) and name.lower() not in _EL_BEFORE_A else "el"
    return f"{article} {name}"


def object_of(name: str, language: str) -> str:
    """As a verb's object: Spanish says «sigo a la persona», «sigo al perro», but «sigo el coche»."""
    plain = the(name, language)
    if language != "es" or name.lower().split(" ", 1)[0] not in _PEOPLE:
        return plain
    return f"al {name}" if plain.startswith("el ") else f"a {plain}"


def counted(count: int, singular: str, plural: str, language: str) -> str:
    """A number and its noun, in words: «a car», «one hundred cars», «une personne», «veintiún coches»."""
    if language == "fr":
        singular, plural = _joined(singular), _joined(plural)
    if count > _MOST:
        return f"{count} {plural}"
    if count != 1:
        return f"{numerals.counted(count, language, feminine(singular, language))} {plural}"
    if language == "en":
        if singular in _UNCOUNTED:
            return f"some {singular}"
        vowel = singular[:1].lower() in "aeiou" and not singular.lower().startswith(_A_BEFORE_VOWEL)
        return f"{'an' if vowel else 'a'} {singular}"
    if is_plural(singular):
        return f"{'des' if language == 'fr' else 'unas' if feminine(singular, language) else 'unos'} {singular}"
    return f"{numerals.counted(1, language, feminine(singular, language))} {singular}"


def _joined(name: str) -> str:
    """The grammar's «bouche d incendie» as it is written."""
    return re.sub(r"\b([dl]) (?=[aeéèiouh])", r"\1'", name)


def none_of(name: str, language: str) -> str:
    """What is not there, behind «I see», «je ne vois», «no veo»: «no car», «pas d'oiseau», «ningún coche»."""
    if name in _NOBODY:
        return _NOBODY[name]
    if language == "fr":
        name = _joined(name)
        return f"pas d'{name}" if elides(name) else f"pas de {name}"
    if language == "es":
        return f"ninguna {name}" if feminine(name, language) else f"ningún {name}"
    return f"no {name}"
