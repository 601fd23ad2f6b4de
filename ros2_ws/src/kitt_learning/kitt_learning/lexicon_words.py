"""Words whose spelling or sound no rule finds: accents of the grammar's words, function words, foreign words.

`ACCENTS`: key to written forms, where the commoner form by frequency would be the wrong word. `SAID`: key to
pronunciations, «|» between variants, best first: weak forms, liaisons, split apostrophes, names.
"""

from __future__ import annotations


def _pairs(text: str) -> dict[str, str]:
    """«key: value» lines as a mapping."""
    pairs = (line.split(":", 1) for line in text.strip().splitlines())
    return {key.strip(): value.strip() for key, value in pairs}


def _restored(text: str) -> dict[str, str]:
    """Accented words to a mapping from their accent-free keys."""
    from kitt_text.words import plain

    return {plain(word): word for word in text.split()}


ACCENTS: dict[str, dict[str, str]] = {
    "en": {},
    "fr": _restored(
        """
        à accélère accélérez active allume allumés arrêt arrête arrêter arrêtes arrêtez arrière borne
        bouge ça canapé canapés désactive monte cherche démarre démarrez détente état éteins éteints
        évier éviers freine gâteau grille hé marche numéro pare parcmètre parcmètres piéton plaît plante
        présente recule réfrigérateur regarde retourne roule sèche stationne sofas tourne trouve vire
        zéro frisbees snowboards skateboards horodateur horodateurs allumé éteint
        """
    ),
    "es": _restored(
        """
        acá acércate ahí ayúdame béisbol brócoli continúa continúe cuántas cuántos cuál detente
        detengase deténgase duérmete está están estás espere gire hacia mando monopatín monopatines
        párate podrías preséntate quédate quién sándwich sándwiches síganme sígueme apágate apárcate
        estaciónate parquímetro parquímetros portátil recula rosquilla tostadoras fregaderos alguienes
        brócolis veintiuna fríe cómo qué dónde más sí días baja enciende encendido
        """
    ),
}

SAID: dict[str, dict[str, str]] = {
    "en": _pairs(
        """
        kitt: k ɪ t
        the: ð ə | ð i
        a: ə | eɪ
        an: ə n | æ n
        and: æ n d | ə n d | ə n | æ n
        to: t ə | t u | t ʊ
        of: ə v | ʌ v | ə
        for: f ɔ ɹ | f ɚ | f ɔ | f ə
        from: f ɹ ʌ m | f ɹ ə m
        you: j u | j ə | j ʊ
        your: j ʊ ɹ | j ɔ ɹ | j ɚ | j ɔ
        are: ɑ ɹ | ɚ | ɑ | ə
        can: k æ n | k ə n
        could: k ʊ d | k ə d
        would: w ʊ d | w ə d
        do: d u | d ə
        at: æ t | ə t
        is: ɪ z | z
        it: ɪ t | ɪ ɾ
        me: m i
        my: m aɪ
        what: w ʌ t | w ɑ t | w ʌ ɾ | h w ʌ t
        where: w ɛ ɹ | w ɛ ə | h w ɛ ɹ
        that: ð æ t | ð ə t | ð æ ɾ
        this: ð ɪ s
        him: h ɪ m | ɪ m
        her: h ɚ | ɚ
        them: ð ɛ m | ð ə m | ə m
        us: ʌ s | ə s
        s: z | s | ɪ z
        let: l ɛ t
        just: dʒ ʌ s t | dʒ ə s t | dʒ ʌ s
        then: ð ɛ n
        there: ð ɛ ɹ | ð ɛ ə
        some: s ʌ m | s ə m
        u: j u
        tv: t i v i
        ok: oʊ k eɪ
        okay: oʊ k eɪ
        i: aɪ
        not: n ɑ t | n ɑ ɾ
        want: w ɑ n t | w ɔ n t | w ɑ n
        please: p l i z
        whoa: w oʊ
        stop: s t ɑ p
        stopp: s t ɑ p
        m: ɛ m
        cm: s i ɛ m
        km: k eɪ ɛ m
        ft: f ʊ t | f i t
        min: m ɪ n
        sec: s ɛ k
        deg: d ɛ ɡ
        rad: ɹ æ d
        off: ɔ f | ɑ f
        on: ɑ n | ɔ n
        zero: z ɪ ɹ oʊ | z i ɹ oʊ | z ɪ ə ɹ oʊ
        scissors: s ɪ z ɚ z | s ɪ z ə z
        yeah: j ɛ ə | j æ | j ɛ
        accelerate: ə k s ɛ l ə ɹ eɪ t | æ k s ɛ l ə ɹ eɪ t | ə k s ɛ l ɚ eɪ t
        around: ə ɹ aʊ n d | ɚ aʊ n d
        frisbee: f ɹ ɪ z b i
        frisbees: f ɹ ɪ z b i z
        dog: d ɔ ɡ | d ɑ ɡ
        dogs: d ɔ ɡ z | d ɑ ɡ z
        vase: v eɪ s | v ɑ z | v eɪ z
        hello: h ə l oʊ | h ɛ l oʊ
        refrigerator: ɹ ɪ f ɹ ɪ dʒ ə ɹ eɪ ɾ ɚ | ɹ ɪ f ɹ ɪ dʒ ə ɹ eɪ t ə
        refrigerators: ɹ ɪ f ɹ ɪ dʒ ə ɹ eɪ ɾ ɚ z | ɹ ɪ f ɹ ɪ dʒ ə ɹ eɪ t ə z
        twenty: t w ɛ n t i | t w ɛ n i | t w ʌ n i
        thirty: θ ɚ ɾ i | θ ɚ t i
        forty: f ɔ ɹ ɾ i | f ɔ ɹ t i | f ɔ t i
        seventy: s ɛ v ə n t i | s ɛ v ə n ɾ i | s ɛ v ə n d i
        ninety: n aɪ n t i | n aɪ n ɾ i | n aɪ n d i
        hundred: h ʌ n d ɹ ə d | h ʌ n d ɚ d | h ʌ n dʒ ɹ ɪ d | h ʌ n d ɹ ɪ d
        meters: m i ɾ ɚ z | m i t ə z
        metre: m i ɾ ɚ | m i t ə
        metres: m i ɾ ɚ z | m i t ə z
        """
    ),
    "fr": _pairs(
        """
        kitt: k i t
        l: l
        d: d
        s: s
        t: t
        c: s
        j: ʒ
        m: m
        n: n
        qu: k
        y: i
        à: a
        a: a
        le: l ə | l
        la: l a
        les: l e | l e z
        de: d ə | d
        du: d y
        des: d e | d e z
        ce: s ə | s
        cet: s ɛ t
        cette: s ɛ t
        un: ɛ̃ | ɛ̃ n | œ
        une: y n | y n ə
        mon: m ɔ̃ | m ɔ̃ n
        ma: m a
        ton: t ɔ̃ | t ɔ̃ n
        tes: t e | t e z
        je: ʒ ə | ʒ | ʃ
        te: t ə | t
        me: m ə | m
        ne: n ə | n
        se: s ə | s
        que: k ə | k
        est: ɛ | e | ɛ t | e t
        es: ɛ | e
        et: e
        sont: s ɔ̃ | s ɔ̃ t
        vas: v a | v a z
        va: v a
        vous: v u | v u z
        nous: n u | n u z
        il: i l | i
        tu: t y
        en: ɑ̃ | ɑ̃ n
        on: ɔ̃ | ɔ̃ n
        tout: t u | t u t
        plus: p l y | p l y s | p l y z
        plait: p l ɛ | p l e
        plaît: p l ɛ | p l e
        bien: b j ɛ̃ | b j ɛ̃ n
        vers: v ɛ ʁ
        aux: o | o z
        peux: p ø
        deux: d ø | d ø z
        trois: t ʁ w a | t ʁ w a z
        cinq: s ɛ̃ k | s ɛ̃
        six: s i s | s i | s i z
        sept: s ɛ t
        huit: ɥ i t | ɥ i | w i t
        neuf: n œ f | n œ v
        dix: d i s | d i | d i z
        vingt: v ɛ̃ | v ɛ̃ t
        vingts: v ɛ̃ | v ɛ̃ z
        cent: s ɑ̃ | s ɑ̃ t
        cents: s ɑ̃ | s ɑ̃ z
        etes: ɛ t | ɛ t z
        moins: m w ɛ̃
        quoi: k w a
        appelles: a p ɛ l
        stop: s t ɔ p
        stops: s t ɔ p
        stopp: s t ɔ p
        ok: ɔ k ɛ | o k e | ɔ k e
        tv: t e v e
        ouais: w ɛ
        degres: d ə ɡ ʁ e | d ɡ ʁ e
        degre: d ə ɡ ʁ e | d ɡ ʁ e
        os: ɔ s
        ours: u ʁ s
        cerf: s ɛ ʁ
        cm: s ɑ̃ t i m ɛ t ʁ
        km: k i l o m ɛ t ʁ
        min: m i n y t
        sec: s ɛ k
        deg: d ə ɡ ʁ e
        rad: ʁ a d
        ft: p j e
        hot: ɔ t
        dog: d ɔ ɡ
        dogs: d ɔ ɡ
        baseball: b ɛ z b o l | b e z b o l
        frisbee: f ʁ i z b i
        frisbees: f ʁ i z b i
        snowboard: s n o b ɔ ʁ d
        snowboards: s n o b ɔ ʁ d
        skateboard: s k ɛ t b ɔ ʁ d
        skateboards: s k ɛ t b ɔ ʁ d
        scooter: s k u t œ ʁ | s k u t ɛ ʁ
        scooters: s k u t œ ʁ | s k u t ɛ ʁ
        sandwich: s ɑ̃ d w i tʃ | s ɑ̃ d w i ʃ
        sandwichs: s ɑ̃ d w i tʃ | s ɑ̃ d w i ʃ
        tennis: t e n i s
        surf: s œ ʁ f
        skis: s k i
        pizza: p i d z a | p i t z a
        pizzas: p i d z a | p i t z a
        gens: ʒ ɑ̃
        dos: d o
        cuiller: k ɥ i j ɛ ʁ
        cuillers: k ɥ i j ɛ ʁ
        toilettes: t w a l ɛ t
        evier: e v j e
        second: s ə ɡ ɔ̃ | z ɡ ɔ̃
        seconde: s ə ɡ ɔ̃ d | s ɡ ɔ̃ d | z ɡ ɔ̃ d
        secondes: s ə ɡ ɔ̃ d | s ɡ ɔ̃ d | z ɡ ɔ̃ d
        """
    ),
    "es": _pairs(
        """
        kitt: k i t
        y: i
        a: a
        e: e
        o: o
        u: u
        m: e m e
        cm: s e n t i m e t ɾ o s
        km: k i l o m e t ɾ o s
        s: e s e
        min: m i n u t o
        sec: s e k
        deg: ɡ ɾ a d o s
        rad: r a d
        ft: p j e s
        tv: t e u b e
        stop: e s t o p | s t o p
        stopp: e s t o p | s t o p
        ok: o k eɪ | o k e i
        frisbee: f ɾ i s b i
        frisbees: f ɾ i s b i s
        snowboard: e s n o b o ɾ | e s n o b o ɾ d | s n o b o ɾ d
        snowboardes: e s n o b o ɾ d e s
        beisbol: b eɪ s b o l
        sandwich: s a n d w i tʃ | s a n d w i s
        sandwiches: s a n d w i tʃ e s
        pizza: p i t s a | p i s a
        pizzas: p i t s a s | p i s a s
        donut: d o n u t
        surf: s u ɾ f
        hot: x o t
        dog: d o ɡ
        ahi: a i | aɪ
        dieciseis: d j e s i s eɪ s | d j e θ i s eɪ s
        """
    ),
}
