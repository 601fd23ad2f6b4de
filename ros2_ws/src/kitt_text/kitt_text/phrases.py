"""What KITT says, in three languages.

Names of classes come from the grammar as `target` and stand here in the forms of `kitt_text.nouns`: {the}, {object}
(what a verb acts on), {none} (what is not there), {is_there} (the name and its verb).
"""

from __future__ import annotations

from kitt_text import nouns
from kitt_text.grammar import default_grammar

PHRASES: dict[str, dict[str, str]] = {
    "emergency": {
        "en": "Emergency stop.", "fr": "Arrêt d'urgence.", "es": "Parada de emergencia."},
    "emergency_released": {
        "en": "Emergency stop released. I wait for a command.",
        "fr": "Arrêt d'urgence levé. J'attends un ordre.",
        "es": "Parada de emergencia anulada. Espero una orden."},
    "fault": {
        "en": "I stop: {fault}.", "fr": "Je m'arrête : {fault}.", "es": "Me paro: {fault}."},
    "fault_cleared": {
        "en": "All is well again. I wait for a command.",
        "fr": "Tout va bien de nouveau. J'attends un ordre.",
        "es": "Todo va bien otra vez. Espero una orden."},
    "gate_reset": {
        "en": "The safety gate started anew. I wait for a command.",
        "fr": "La barrière de sécurité a redémarré. J'attends un ordre.",
        "es": "La barrera de seguridad se ha reiniciado. Espero una orden."},
    "time_up": {
        "en": "That took too long. I stop.", "fr": "C'est trop long. Je m'arrête.",
        "es": "Esto tarda demasiado. Me paro."},
    "following": {
        "en": "Following {object}.", "fr": "Je vais suivre {object}.", "es": "Voy a seguir {object}."},
    "approaching": {
        "en": "Going to {the}.", "fr": "Je vais vers {the}.", "es": "Voy hacia {the}."},
    "waiting": {"en": "I wait.", "fr": "J'attends.", "es": "Espero."},
    "blocked": {
        "en": "The way stays blocked. I stop.", "fr": "Le chemin reste bloqué. Je m'arrête.",
        "es": "El camino sigue bloqueado. Me paro."},
    "stop_sign": {"en": "Stop sign.", "fr": "Panneau stop.", "es": "Señal de stop."},
    "person_in_path": {
        "en": "Somebody is in my way.", "fr": "Quelqu'un est sur mon chemin.", "es": "Hay alguien en mi camino."},
    "target_lost": {
        "en": "I have lost {object}.", "fr": "J'ai perdu {object}.", "es": "He perdido {object}."},
    "target_reached": {"en": "Here I am.", "fr": "Me voici.", "es": "Aquí estoy."},

    "refused_old": {
        "en": "That command came too late.", "fr": "Cet ordre est arrivé trop tard.",
        "es": "Esa orden llegó demasiado tarde."},
    "refused_unsure": {
        "en": "I did not understand that well.", "fr": "Je n'ai pas bien compris.", "es": "No lo he entendido bien."},
    "refused_unknown": {
        "en": "I do not understand.", "fr": "Je ne comprends pas.", "es": "No entiendo."},
    "refused_value": {
        "en": "I cannot do that much.", "fr": "Je ne peux pas en faire autant.", "es": "No puedo hacer tanto."},
    "refused_person": {
        "en": "I cannot: somebody is in the way.", "fr": "Impossible : quelqu'un est sur le chemin.",
        "es": "No puedo: hay alguien en el camino."},
    "refused_obstacle": {
        "en": "I cannot: something is in the way.", "fr": "Impossible : un obstacle bloque le chemin.",
        "es": "No puedo: hay un obstáculo."},
    "refused_emergency": {
        "en": "I cannot: the emergency stop is set.", "fr": "Impossible : l'arrêt d'urgence est actif.",
        "es": "No puedo: la parada de emergencia está activa."},
    "refused_fault": {
        "en": "I cannot: {fault}.", "fr": "Impossible : {fault}.", "es": "No puedo: {fault}."},
    "refused_target": {
        "en": "I see {none}.", "fr": "Je ne vois {none}.", "es": "No veo {none}."},
    "refused_unseen": {
        "en": "I do not see what you mean.", "fr": "Je ne vois pas ce que tu veux dire.",
        "es": "No veo a qué te refieres."},
    "refused_nothing": {
        "en": "There is nothing to go on with.",
        "fr": "Il n'y a rien à continuer.", "es": "No hay nada que continuar."},
    "refused_not_yet": {
        "en": "I cannot do that yet.", "fr": "Je ne sais pas encore le faire.", "es": "Todavía no sé hacerlo."},

    "i_see": {"en": "I see {things}.", "fr": "Je vois {things}.", "es": "Veo {things}."},
    "i_see_nothing": {
        "en": "I see nothing that I know.", "fr": "Je ne vois rien que je connaisse.",
        "es": "No veo nada que conozca."},
    "blind": {
        "en": "I see no picture.", "fr": "Je n'ai pas d'image.", "es": "No tengo imagen."},
    "and": {"en": "and", "fr": "et", "es": "y"},
    "where": {
        "en": "{is_there} {side}, about {distance} away.",
        "fr": "{is_there} {side}, à environ {distance}.",
        "es": "{is_there} {side}, a {distance} más o menos."},
    "where_far": {"en": "{is_there} {side}.", "fr": "{is_there} {side}.", "es": "{is_there} {side}."},
    "side_left": {"en": "to the left", "fr": "à gauche", "es": "a la izquierda"},
    "side_ahead": {"en": "straight ahead", "fr": "droit devant", "es": "enfrente"},
    "side_right": {"en": "to the right", "fr": "à droite", "es": "a la derecha"},
    "well": {
        "en": "I am well, {state}.", "fr": "Je vais bien, {state}.", "es": "Estoy bien, {state}."},
    "unwell": {
        "en": "Not well: {fault}.", "fr": "Pas bien : {fault}.", "es": "No muy bien: {fault}."},
    "who": {
        "en": "I am KITT, a car that sees and listens.", "fr": "Je suis KITT, une voiture qui voit et qui écoute.",
        "es": "Soy KITT, un coche que ve y escucha."},
    "hello": {"en": "Hello.", "fr": "Bonjour.", "es": "Hola."},
    "good_night": {"en": "Good night.", "fr": "Bonne nuit.", "es": "Buenas noches."},
    "help": {
        "en": "Say for example: go, stop, forward two meters, turn left, follow me, what do you see.",
        "fr": "Dites par exemple : va, stop, avance de deux mètres, tourne à gauche, suis-moi, que vois-tu.",
        "es": "Diga por ejemplo: arranca, alto, avanza dos metros, gira a la izquierda, sígueme, qué ves."},
}  # fmt: skip


STATES: dict[str, dict[str, str]] = {
    "stopped": {"en": "I stand still", "fr": "je suis à l'arrêt", "es": "estoy parado"},
    "driving": {"en": "I am driving", "fr": "je roule", "es": "estoy en marcha"},
    "following": {"en": "I follow my target", "fr": "je poursuis ma cible", "es": "sigo a mi objetivo"},
    "approaching": {
        "en": "I go to my target", "fr": "je m'approche de ma cible", "es": "me acerco a mi objetivo"},
    "waiting at sign": {
        "en": "I wait at a stop sign", "fr": "j'attends à un panneau stop", "es": "espero en una señal de stop"},
    "waiting for person": {
        "en": "I let somebody pass", "fr": "je laisse passer quelqu'un", "es": "dejo pasar a alguien"},
    "waiting": {"en": "I wait", "fr": "j'attends", "es": "espero"},
    "emergency": {
        "en": "the emergency stop is set", "fr": "l'arrêt d'urgence est actif",
        "es": "la parada de emergencia está activa"},
    "faulted": {"en": "I cannot drive", "fr": "je ne peux pas rouler", "es": "no puedo circular"},
}  # fmt: skip
"""The controller's states, as KITT tells them."""
_SAFETY = ("emergency", "emergency_released", "fault", "person_in_path", "blocked")


def say(key: str, language: str, **values: object) -> str:
    """The phrase in a language; English where the language is unknown.

    Args:
        values: `target`, the singular name of a class in the language; `state`, a key of `STATES`; `distance` [m];
            all else as the phrase names it.
    """
    if key == "refused_target" and not _is_noun(str(values["target"]), language):
        key = "refused_unseen"
    forms = PHRASES[key]
    language = language if language in forms else "en"
    form = forms[language]
    if "target" in values:
        values |= _forms_of(str(values["target"]), language)
    if isinstance(values.get("state"), str):
        state = str(values["state"])
        values["state"] = STATES.get(state, {}).get(language, state)
    if isinstance(values.get("distance"), int):
        values["distance"] = nouns.counted(int(str(values["distance"])), *_METERS[language], language)
        if language == "en":
            values["distance"] = str(values["distance"]).replace("a meter", "one meter")
    return form.format(**values)


_METERS = {"en": ("meter", "meters"), "fr": ("mètre", "mètres"), "es": ("metro", "metros")}


def _forms_of(name: str, language: str) -> dict[str, object]:
    the = nouns.the(name, language)
    verb = {"en": "is", "fr": "sont" if nouns.is_plural(name) else "est", "es": "está"}[language]
    return {
        "the": the,
        "object": nouns.object_of(name, language),
        "none": nouns.none_of(name, language),
        "is_there": f"{the[:1].upper()}{the[1:]} {verb}",
    }


def _is_noun(name: str, language: str) -> bool:
    """Whether a name may take an article: a single word, or one that the grammar knows; else it is a sentence."""
    return " " not in name or any(
        by_language.get(language, ("",))[0] == name for by_language in default_grammar().data.names.values()
    )


def fixed_safety_phrases(language: str) -> list[str]:
    """What is said in a hurry: refusals, faults, the emergency stop; of phrases with a name the part before it."""
    keys = [*_SAFETY, *(key for key in PHRASES if key.startswith("refused"))]
    heads = [PHRASES[key][language].partition("{") for key in keys]
    return [head.strip() for head, mark, _ in heads if not mark or head.strip().endswith(":")]
