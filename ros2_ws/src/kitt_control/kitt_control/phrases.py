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
    "searching": {
        "en": "I look around.", "fr": "Je regarde autour de moi.", "es": "Miro a mi alrededor."},
    "not_found": {
        "en": "I looked all around. I do not see: {target}.",
        "fr": "J'ai regardé partout. Je ne vois pas : {target}.",
        "es": "He mirado por todas partes. No veo: {target}."},
    "i_saw": {"en": "I saw {things}.", "fr": "J'ai vu {things}.", "es": "He visto {things}."},
    "i_saw_nothing": {
        "en": "I saw nothing that I know.", "fr": "Je n'ai rien vu que je connaisse.",
        "es": "No he visto nada que conozca."},
    "parking": {"en": "I park.", "fr": "Je me gare.", "es": "Aparco."},
    "parked": {"en": "Parked.", "fr": "Je suis garée.", "es": "He aparcado."},
    "patrolling": {"en": "I go on patrol.", "fr": "Je pars en patrouille.", "es": "Salgo a patrullar."},
    "remembered": {
        "en": "I remember this place: number {number}.", "fr": "Je retiens cet endroit : numéro {number}.",
        "es": "Recuerdo este lugar: número {number}."},
    "forgotten": {
        "en": "I have forgotten all places.", "fr": "J'ai oublié tous les endroits.",
        "es": "He olvidado todos los lugares."},
    "asleep": {
        "en": "Good night. Say «wake up» to wake me.", "fr": "Bonne nuit. Dites «réveille-toi» pour me réveiller.",
        "es": "Buenas noches. Diga «despierta» para despertarme."},
    "awake": {
        "en": "I am awake. I wait for a command.", "fr": "Je suis réveillée. J'attends un ordre.",
        "es": "Estoy despierto. Espero una orden."},
    "lights_on": {"en": "Lights on.", "fr": "Phares allumés.", "es": "Luces encendidas."},
    "lights_off": {"en": "Lights off.", "fr": "Phares éteints.", "es": "Luces apagadas."},
    "red_light": {"en": "Red light.", "fr": "Feu rouge.", "es": "Semáforo en rojo."},
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
        "en": "Sorry, I have lost sight of: {target}. I stop.",
        "fr": "Désolée, j'ai perdu de vue : {target}. Je m'arrête.",
        "es": "Lo siento, he perdido de vista: {target}. Me paro."},
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
    "refused_red": {
        "en": "I cannot: the light is red.", "fr": "Impossible : le feu est rouge.",
        "es": "No puedo: el semáforo está en rojo."},
    "refused_asleep": {
        "en": "I am asleep. Say «wake up» first.", "fr": "Je dors. Dites d'abord «réveille-toi».",
        "es": "Estoy durmiendo. Diga primero «despierta»."},
    "refused_manual": {
        "en": "I cannot: somebody steers by hand.", "fr": "Impossible : quelqu'un me conduit à la main.",
        "es": "No puedo: alguien me conduce a mano."},
    "refused_driver": {
        "en": "I cannot: I obey somebody else now.", "fr": "Impossible : j'obéis à quelqu'un d'autre.",
        "es": "No puedo: ahora obedezco a otra persona."},
    "refused_route": {
        "en": "I know no route. Say «remember this place» at two places.",
        "fr": "Je ne connais pas de route. Dites «retiens cet endroit» à deux endroits.",
        "es": "No conozco ninguna ruta. Diga «recuerda este lugar» en dos lugares."},
    "refused_no_car": {
        "en": "I see no car to park by.", "fr": "Je ne vois pas de voiture près de laquelle me garer.",
        "es": "No veo ningún coche junto al que aparcar."},
    "refused_full": {
        "en": "I cannot remember more places.", "fr": "Je ne peux pas retenir plus d'endroits.",
        "es": "No puedo recordar más lugares."},
    "refused_lost": {
        "en": "I do not know where I am.", "fr": "Je ne sais pas où je suis.", "es": "No sé dónde estoy."},
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
        "en": "I wait at a red light", "fr": "J'attends à un feu rouge", "es": "Espero en un semáforo en rojo"},
    "waiting_for_person": {
        "en": "I wait for somebody", "fr": "J'attends que quelqu'un passe", "es": "Espero a que pase alguien"},
    "waiting": {"en": "I wait", "fr": "J'attends", "es": "Espero"},
    "asleep": {"en": "I sleep", "fr": "Je dors", "es": "Duermo"},
    "emergency": {
        "en": "The emergency stop is set", "fr": "L'arrêt d'urgence est actif",
        "es": "La parada de emergencia está activa"},
    "faulted": {"en": "I stand for a fault", "fr": "Je suis arrêtée par une panne", "es": "Estoy parado por un fallo"},
}  # fmt: skip
"""What KITT does in each state, by the state's value."""


def say(key: str, language: str, **values: object) -> str:
    """The phrase in a language; English where the language is unknown."""
    forms = PHRASES[key]
    return forms.get(language, forms["en"]).format(**values)
