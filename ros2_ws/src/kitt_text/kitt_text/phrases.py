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
    "searching": {"en": "I look around.", "fr": "Je regarde autour de moi.", "es": "Miro a mi alrededor."},
    "not_found": {
        "en": "I looked all around. I see {none}.",
        "fr": "J'ai regardé partout. Je ne vois {none}.",
        "es": "He mirado por todas partes. No veo {none}."},
    "i_saw": {"en": "I saw {things}.", "fr": "J'ai vu {things}.", "es": "He visto {things}."},
    "i_saw_nothing": {
        "en": "I saw nothing that I know.",
        "fr": "Je n'ai rien vu que je connaisse.",
        "es": "No he visto nada que conozca."},
    "parking": {"en": "I park.", "fr": "Je me gare.", "es": "Aparco."},
    "parked": {"en": "Parked.", "fr": "Je suis garé.", "es": "He aparcado."},
    "parked_short": {
        "en": "Something is in the way. I am parked as near as I can.",
        "fr": "Quelque chose me gêne. Je suis garé aussi près que possible.",
        "es": "Algo me estorba. He aparcado lo más cerca posible.",
    },
    "patrolling": {"en": "I go on patrol.", "fr": "Je pars en patrouille.", "es": "Salgo a patrullar."},
    "remembered": {
        "en": "I remember this place: number {number}.",
        "fr": "Je retiens cet endroit : numéro {number}.",
        "es": "Recuerdo este lugar: número {number}."},
    "forgotten": {
        "en": "I have forgotten all places.",
        "fr": "J'ai oublié tous les endroits.",
        "es": "He olvidado todos los lugares."},
    "asleep": {
        "en": "Good night. Say «wake up» to wake me.",
        "fr": "Bonne nuit. Dites «réveille-toi» pour me réveiller.",
        "es": "Buenas noches. Diga «despierta» para despertarme."},
    "awake": {
        "en": "I am awake. I wait for a command.",
        "fr": "Je suis réveillé. J'attends un ordre.",
        "es": "Estoy despierto. Espero una orden."},
    "lights_on": {"en": "Lights on.", "fr": "Phares allumés.", "es": "Luces encendidas."},
    "lights_off": {"en": "Lights off.", "fr": "Phares éteints.", "es": "Luces apagadas."},
    "red_light": {"en": "Red light.", "fr": "Feu rouge.", "es": "Semáforo en rojo."},
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
        "en": "Sorry, I have lost {object}. I stop.", "fr": "Désolé, j'ai perdu {object}. Je m'arrête.",
        "es": "Lo siento, he perdido {object}. Me paro."},
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
    "refused_red": {
        "en": "I cannot: the light is red.",
        "fr": "Impossible : le feu est rouge.",
        "es": "No puedo: el semáforo está en rojo."},
    "refused_asleep": {
        "en": "I am asleep. Say «wake up» first.",
        "fr": "Je dors. Dites d'abord «réveille-toi».",
        "es": "Estoy durmiendo. Diga primero «despierta»."},
    "refused_manual": {
        "en": "I cannot: somebody steers by hand.",
        "fr": "Impossible : quelqu'un me conduit à la main.",
        "es": "No puedo: alguien me conduce a mano."},
    "refused_driver": {
        "en": "I cannot: I obey somebody else now.",
        "fr": "Impossible : j'obéis à quelqu'un d'autre.",
        "es": "No puedo: ahora obedezco a otra persona."},
    "refused_route": {
        "en": "I know no route. Say «remember this place» at two places.",
        "fr": "Je ne connais pas de route. Dites «retiens cet endroit» à deux endroits.",
        "es": "No conozco ninguna ruta. Diga «recuerda este lugar» en dos lugares."},
    "refused_no_car": {
        "en": "I see no car to park by.",
        "fr": "Je ne vois pas de voiture près de laquelle me garer.",
        "es": "No veo ningún coche junto al que aparcar."},
    "refused_full": {
        "en": "I cannot remember more places.",
        "fr": "Je ne peux pas retenir plus d'endroits.",
        "es": "No puedo recordar más lugares."},
    "refused_lost": {"en": "I do not know where I am.", "fr": "Je ne sais pas où je suis.", "es": "No sé dónde estoy."},
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
        "en": "I am well. {state}.", "fr": "Je vais bien. {state}.", "es": "Estoy bien. {state}."},
    "unwell": {
        "en": "Not well: {fault}. {state}.", "fr": "Pas bien : {fault}. {state}.",
        "es": "No muy bien: {fault}. {state}."},
    "who": {
        "en": "I am KITT, a car that sees and listens.", "fr": "Je suis KITT, une voiture qui voit et qui écoute.",
        "es": "Soy KITT, un coche que ve y escucha."},
    "hello": {"en": "Hello.", "fr": "Bonjour.", "es": "Hola."},
    "help": {
        "en": "Say for example: go, stop, forward two meters, turn left, follow me, park, what do you see.",
        "fr": "Dites par exemple : va, stop, avance de deux mètres, tourne à gauche, suis-moi, gare-toi, que vois-tu.",
        "es": "Diga por ejemplo: arranca, alto, avanza dos metros, gira a la izquierda, sígueme, aparca, qué ves."},
}  # fmt: skip


STATES: dict[str, dict[str, str]] = {
    "stopped": {"en": "I stand", "fr": "Je suis à l'arrêt", "es": "Estoy parado"},
    "driving": {"en": "I drive", "fr": "Je roule", "es": "Conduzco"},
    "following": {"en": "I follow", "fr": "Je suis quelqu'un", "es": "Sigo a alguien"},
    "approaching": {"en": "I go to something", "fr": "Je vais vers quelque chose", "es": "Voy hacia algo"},
    "looking_around": {"en": "I look around", "fr": "Je regarde autour de moi", "es": "Miro a mi alrededor"},
    "parking": {"en": "I park", "fr": "Je me gare", "es": "Estoy aparcando"},
    "patrolling": {"en": "I am on patrol", "fr": "Je patrouille", "es": "Patrullo"},
    "manual": {"en": "I am steered by hand", "fr": "On me conduit à la main", "es": "Me conducen a mano"},
    "waiting_at_sign": {"en": "I wait at a stop sign", "fr": "J'attends à un panneau stop", "es": "Espero en un stop"},
    "waiting_at_light": {
        "en": "I wait at a red light",
        "fr": "J'attends à un feu rouge",
        "es": "Espero en un semáforo en rojo"},
    "waiting_for_person": {
        "en": "I wait for somebody",
        "fr": "J'attends que quelqu'un passe",
        "es": "Espero a que pase alguien"},
    "waiting": {"en": "I wait", "fr": "J'attends", "es": "Espero"},
    "asleep": {"en": "I sleep", "fr": "Je dors", "es": "Duermo"},
    "emergency": {
        "en": "The emergency stop is set",
        "fr": "L'arrêt d'urgence est actif",
        "es": "La parada de emergencia está activa"},
    "faulted": {"en": "I stand for a fault", "fr": "Je suis arrêté par une panne", "es": "Estoy parado por un fallo"},
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
