"""German, French and Spanish words of column names, in the English ones of the table of words."""

from __future__ import annotations

import re
import unicodedata

#: English word -> words for it, without accents; umlauts as ae, oe, ue.
_WORDS = {
    "left": "links linke linker linkes linken gauche izquierda izquierdo izq",
    "right": "rechts rechte rechter rechtes rechten droite droit derecha derecho",
    "foot": "fuss fuesse pied pie spann",
    "shank": "unterschenkel schienbein jambe pierna",
    "thigh": "oberschenkel cuisse muslo",
    "pelvis": "becken bassin kreuzbein",
    "trunk": "rumpf oberkoerper brust brustbein tronc tronco torse poitrine pecho",
    "head": "kopf tete cabeza",
    "knee": "knie kniegelenk genou rodilla",
    "ankle": "sprunggelenk sprunggelenks fussgelenk knoechel cheville tobillo",
    "hip": "huefte hueft hueftgelenk hufte hanche cadera",
    "shoulder": "schulter epaule hombro",
    "elbow": "ellbogen ellenbogen coude codo",
    "wrist": "handgelenk poignet muneca",
    "heel": "ferse talon",
    "toe": "zehe zehen orteil",
    "acc": "beschleunigung beschl beschleunigungssensor aceleracion acelerometro accelerometre",
    "gyr": "drehrate drehraten gyroskop giroscopio",
    "angvel": "winkelgeschwindigkeit drehgeschwindigkeit",
    "mag": "magnetfeld magnetometre magnetometro",
    "angle": "winkel angulo gelenkwinkel",
    "force": "kraft fuerza bodenreaktionskraft",
    "torque": "drehmoment",
    "moment": "gelenkmoment momento",
    "position": "posicion",
    "flexion": "beugung",
    "extension": "streckung",
    "dorsiflexion": "dorsalflexion dorsalextension dorsiflexion",
    "adduction": "adduktion aduccion",
    "abduction": "abduktion abduccion",
    "vertical": "vertikal verticale",
    "velocity": "vitesse velocidad geschwindigkeit",
    "angular": "angulaire",
    "linear": "lineaire lineal",
    "joint": "gelenk articulation articulacion",
    "sensor": "capteur messwert",
    "of": "de du des del la le les el die das am",
}  # fmt: skip
TRANSLATED = {word: english for english, words in _WORDS.items() for word in words.split()}
_ENDS = (
    "winkel",
    "beschleunigung",
    "moment",
    "drehrate",
    "beugung",
    "flexion",
    "kraft",
    "position",
)
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


def plain_letters(text: str) -> str:
    """Text without umlauts, accents and the articles ``l'`` and ``d'``."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"(?i)(?<![a-z])[ld]['\u2019](?=[^\W\d_])", "", text)
    bare = unicodedata.normalize("NFD", text.translate(_UMLAUTS))
    return "".join(sign for sign in bare if not unicodedata.combining(sign))


def in_english(word: str) -> list[str]:
    """A word in English; compounds such as ``kniewinkel`` are two.

    Parameters
    ----------
    word : str
        In small letters, from :func:`plain_letters`.
    """
    if word in TRANSLATED:
        return [TRANSLATED[word]]
    for end in _ENDS:
        first = word.removesuffix(end)
        known = next((p for p in (first, first.removesuffix("s")) if p in TRANSLATED), None)
        if known is not None and first != word:
            return [TRANSLATED[known], TRANSLATED.get(end, end)]
    return [word]
