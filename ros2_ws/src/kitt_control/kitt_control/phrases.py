"""What KITT says, in three languages. Numbers and names come by format; names of classes from the grammar."""

from __future__ import annotations

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
        "en": "Following: {target}.", "fr": "Je suis : {target}.", "es": "Sigo: {target}."},
    "approaching": {
        "en": "Going to: {target}.", "fr": "Je vais vers : {target}.", "es": "Voy hacia: {target}."},
    "waiting": {"en": "I wait.", "fr": "J'attends.", "es": "Espero."},
    "blocked": {
        "en": "The way stays blocked. I stop.", "fr": "Le chemin reste bloqué. Je m'arrête.",
        "es": "El camino sigue bloqueado. Me paro."},
    "stop_sign": {"en": "Stop sign.", "fr": "Panneau stop.", "es": "Señal de stop."},
    "person_in_path": {
        "en": "Somebody is in my way.", "fr": "Quelqu'un est sur mon chemin.", "es": "Hay alguien en mi camino."},
    "target_lost": {
        "en": "I have lost it: {target}.", "fr": "Je l'ai perdu : {target}.", "es": "Lo he perdido: {target}."},
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
        "en": "I cannot: something is in the way.", "fr": "Impossible : il y a un obstacle.",
        "es": "No puedo: hay un obstáculo."},
    "refused_emergency": {
        "en": "I cannot: the emergency stop is set.", "fr": "Impossible : l'arrêt d'urgence est actif.",
        "es": "No puedo: la parada de emergencia está activa."},
    "refused_fault": {
        "en": "I cannot: {fault}.", "fr": "Impossible : {fault}.", "es": "No puedo: {fault}."},
    "refused_target": {
        "en": "I do not see: {target}.", "fr": "Je ne vois pas : {target}.", "es": "No veo: {target}."},
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
        "en": "{target}: {side}, about {distance} meters away.",
        "fr": "{target} : {side}, à environ {distance} mètres.",
        "es": "{target}: {side}, a unos {distance} metros."},
    "where_far": {"en": "{target}: {side}.", "fr": "{target} : {side}.", "es": "{target}: {side}."},
    "side_left": {"en": "to the left", "fr": "à gauche", "es": "a la izquierda"},
    "side_ahead": {"en": "straight ahead", "fr": "tout droit", "es": "enfrente"},
    "side_right": {"en": "to the right", "fr": "à droite", "es": "a la derecha"},
    "well": {
        "en": "I am well. I am {state}.", "fr": "Je vais bien. État : {state}.", "es": "Estoy bien. Estado: {state}."},
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


def say(key: str, language: str, **values: object) -> str:
    """The phrase in a language; English where the language is unknown."""
    forms = PHRASES[key]
    return forms.get(language, forms["en"]).format(**values)
