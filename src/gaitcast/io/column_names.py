"""What the name of a column says: side, segment, quantity, axis, sign and unit.

Every word has to be understood. A word that would make another quantity of it (velocity, power,
std, quaternion ...) leaves the column out; a side or a place that the name does not give is asked
for.
"""

from __future__ import annotations

import re
from dataclasses import replace

from gaitcast.channel import ANGLE_AXES, Channel
from gaitcast.errors import GaitcastError
from gaitcast.io import column_words as words
from gaitcast.io.column_languages import in_english, plain_letters
from gaitcast.io.column_meaning import Meaning, PlaneUnclearError, UnclearError
from gaitcast.io.opensim_names import coordinate_channel, ground_force_channel
from gaitcast.units import CANONICAL, factor, parse_unit

_XYZ, _OF_JOINTS = ("x", "y", "z"), ("angle", "moment", "torque")
#: Quantities that a stated unit turns into another one.
_BY_UNIT = {
    ("force", "N/kg"): "grf",
    ("moment", "N m"): "torque",
    ("torque", "N m/kg"): "moment",
}
#: Gauss and the acceleration of gravity are written alike.
_G = {
    ("acc", "mgauss"): "mg", ("acc", "gauss"): "g", ("mag", "g"): "gauss", ("mag", "mg"): "mgauss",
}  # fmt: skip
_BRACKET = re.compile(r"[\[({<]([^\[\](){}<>]*)[\])}>]\s*\d*\s*$")
_SUFFIX = re.compile(r"(?:^|[_\s.,:;|-]+)([^_\s,:;|]+(?:[\s_][a-zA-Z/]+\d?)?)$")
_JOINED_AXIS = re.compile(
    r"(?i)(?<![a-z])(acc|accel|gyr|gyro|mag|cop|grf|com|pos|force|moment|torque)"
    r"[_ ]?([xyz])(?![a-z])"
)
_ONE_LETTER = re.compile(r"(?<![A-Za-z])([aAgG])([xyzXYZ])(?![A-Za-z])")
_FORCE_LETTER = re.compile(r"(?<![A-Za-z])([LRlr]?)([fF])([xyzXYZ])(?=[LR]\b|\d|\b|_)")
#: An axis against its direction; not the dash of "Acc - X".
_AGAINST = re.compile(r"(?i)[\s_(]-[xyz](?![a-z])")
#: A number is an axis behind "Angles", in brackets, or in a name of Plug-in Gait.
_NUMBERED = re.compile(
    r"(?i)(?:(?:angles|moments)[\s_-]*|\(\s*|[lr](?:hip|knee|ankle)moment[\s_-]*)"
    r"([123])\s*\)?\s*$"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


#: Whose order of x, y and z is known: flexion, adduction, rotation.
_PLUG_IN = re.compile(
    r"(?i)(?<![a-z])[lr](?:hip|knee|ankle|shoulder|elbow|wrist)(?:angles|moment)(?![a-z])"
)


def meaning_of(name: str, unit: str = "") -> Meaning:
    """What a column's name says.

    Parameters
    ----------
    name : str
        Such as ``"RFoot_Acc_X (g)"`` or ``"Left Ankle Dorsi/Plantarflexion"``.
    unit : str
        Stated elsewhere, in a row of units.

    Returns
    -------
    Meaning
        Of the column.

    Raises
    ------
    UnclearError
        If a word is not known, makes another quantity of it, or no quantity is named;
        :class:`PlaneUnclearError` if it is x, y or z of a joint.
    """
    stem, stated = _split_unit(name, unit)
    for known in (coordinate_channel(stem.strip()), ground_force_channel(stem.strip())):
        if known is not None:
            channel = Channel.parse(known[0])
            found = Meaning(channel.side, channel.segment, channel.quantity, channel.axis, known[1])
            return _with_unit(found, stated)
    meaning = _with_unit(_of_words(stem, stated), stated)
    if meaning.segment in words.JOINTS and meaning.quantity in _OF_JOINTS and meaning.axis in _XYZ:
        raise PlaneUnclearError(meaning)
    return meaning


def _split_unit(name: str, unit: str) -> tuple[str, str]:
    """The name without its unit, and the unit: in brackets, stated elsewhere, or at the end."""
    bracket = _BRACKET.search(name)
    if bracket and (parse_unit(bracket[1]) or _is_like_a_unit(bracket[1])):
        return name[: bracket.start()] + name[bracket.end() :], bracket[1]
    if unit:
        return name, unit
    suffix = _SUFFIX.search(name)
    if suffix:
        last = re.split(r"[ _]", suffix[1])[-1]
        for text in (suffix[1], last):
            if text == name or text.lower() in words.SEGMENTS:  # a foot is no unit there
                continue
            # A single letter may be an axis or a word: V for vertical, N for neutral.
            unit = next((u for u in (text, text.replace("_", "/")) if parse_unit(u)), "")
            if unit and (len(text) > 1 or text in "gNm"):
                return name[: name.rindex(text)], unit
    return name, ""


def _is_like_a_unit(text: str) -> bool:
    """Whether brackets hold something that has to be understood as a unit: not an axis or side."""
    plain = text.strip().lower()
    return (
        bool(plain)
        and plain not in words.AXES
        and plain not in words.SIDES
        and not (plain.isdigit())
        and plain not in words.DIRECTIONS
        and not re.fullmatch(r"[a-z]+[+-]?/?-?", plain)
    )


def _tokens(stem: str) -> list[str]:
    stem = plain_letters(stem)
    if _AGAINST.search(stem):
        raise UnclearError("an axis against its direction")
    text = _JOINED_AXIS.sub(r" \1 \2 ", stem)
    text = _FORCE_LETTER.sub(r" \1 force \3 ", text)
    text = _ONE_LETTER.sub(lambda m: f" {'acc' if m[1] in 'aA' else 'gyr'} {m[2]} ", text)
    vertebra = re.search(r"(?<![A-Za-z])([LTC]\d{1,2})(?![A-Za-z0-9])", text)
    found = []
    if vertebra and vertebra[1].lower() in words.VERTEBRAE:
        found.append(vertebra[1].lower())
        text = text.replace(vertebra[1], " ")
    text = re.sub(r"(?i)\bnon[- ]?(?=paretic|dominant)", "non", text)
    plain = [w for word in _WORD.findall(text) for w in in_english(word.lower())]
    found += [part for word in plain for part in words.parts(word)]
    return words.phrases(found)


def _of_words(stem: str, unit: str) -> Meaning:
    tokens = _tokens(stem)
    electric = parse_unit(unit) in ("V", "mV", "uV") if unit else False
    muscular = [w for token in tokens for w in _of_muscle(token)]
    if "emg" in tokens or (electric and _muscle(muscular)):
        return _emg(muscular)
    quantity = _quantity(tokens, unit)
    side = _side(tokens)
    segment, number = _segment(tokens, quantity)
    rest = [t for t in tokens if not _is_used(t) and not t.isdigit()]
    rest = [t for t in rest if t != "v" or quantity != "force"]  # the vertical force
    bad = next((t for t in rest if t in words.QUALIFIERS), None)
    if bad == "rotation" and quantity in ("angle", "moment", "torque"):
        rest = [t for t in rest if t != "rotation"]
        bad = next((t for t in rest if t in words.QUALIFIERS), None)
    if bad is not None:
        raise UnclearError(f"'{bad}' makes another quantity of it")
    if rest and segment:
        raise UnclearError(f"the word '{rest[0]}' is not known")
    if segment in words.JOINTS - {"trunk"} and any(t in words.TURNING for t in tokens):
        raise UnclearError("the angular velocity of a joint")
    if quantity in ("angle", "moment", "torque") and segment != "plate":
        if "dot" in tokens:
            raise UnclearError("'dot' makes a rate of it")
        if any(t.isdigit() for t in tokens) and not _NUMBERED.search(stem):
            raise UnclearError("the number in it may be an axis, or a repetition")
        return _of_joint(
            tokens, side, segment, quantity, ANGLE_AXES if _PLUG_IN.search(stem) else _XYZ
        )
    turned = next((t for t in tokens if t in words.DIRECTIONS), None)
    if turned is not None:
        raise UnclearError(f"'{turned}' is the direction of a joint")
    return _of_vector(tokens, side, segment, quantity, number)


def _is_used(token: str) -> bool:
    return (
        token in words.SIDES
        or token in words.UNKNOWN_SIDES
        or token in words.SEGMENTS
        or token in words.VERTEBRAE
        or token in words.QUANTITIES
        or token in words.AXES
        or token in words.DIRECTIONS
        or token in words.HARMLESS
    )


def _quantity(tokens: list[str], unit: str) -> str:
    named = {words.QUANTITIES[t] for t in tokens if t in words.QUANTITIES}
    if "pos" in named and len(named) > 1:
        named -= {"pos"} if "cop" in named else set()
    if len(named) > 1:
        raise UnclearError(f"it names several quantities ({', '.join(sorted(named))})")
    if named:
        return named.pop()
    if any(t in words.DIRECTIONS and len(t) > 3 for t in tokens) or "rotation" in tokens:
        return "angle"
    if any(t in words.QUALIFIERS for t in tokens):
        bad = next(t for t in tokens if t in words.QUALIFIERS)
        raise UnclearError(f"'{bad}' is not a quantity that gaitcast has")
    # Without a unit, the x of a knee may be an angle as well.
    points = words.SEGMENTS if _is_length(unit) else words.POINTS
    if any(t in points for t in tokens) and any(t in ("x", "y", "z") for t in tokens):
        return "pos"
    raise UnclearError("no quantity is named")


def _is_length(unit: str) -> bool:
    parsed = parse_unit(unit) if unit else None
    return parsed is not None and _measures(parsed, "pos")


def _side(tokens: list[str]) -> str:
    named = {words.SIDES[t] for t in tokens if t in words.SIDES}
    if len(named) > 1:
        raise UnclearError(f"it names two sides ({', '.join(sorted(named))})")
    return named.pop() if named else ""


def _segment(tokens: list[str], quantity: str) -> tuple[str, str]:
    """Segment, and the number of a plate."""
    named = [words.SEGMENTS[t] for t in tokens if t in words.SEGMENTS]
    named = named or [words.VERTEBRAE[t] for t in tokens if t in words.VERTEBRAE]
    digits = [t for t in tokens if t.isdigit()]
    if quantity in ("force", "cop") or "plate" in named:
        if set(named) - {"plate", "foot"}:
            raise UnclearError(f"a force under the {named[0]}")
        return "plate", next(iter(digits), "")
    if len(set(named)) > 1:
        raise UnclearError(f"it names several segments ({', '.join(dict.fromkeys(named))})")
    return (named[0] if named else ""), ""


def _with_side(side: str, segment: str) -> str:
    return side or ("center" if segment in words.MIDDLE else "")


def _of_joint(
    tokens: list[str], side: str, segment: str, quantity: str, axes: tuple[str, ...]
) -> Meaning:
    """Meaning of a joint's column; `axes` is what its x, y and z, or 1, 2 and 3, are called."""
    if segment not in words.JOINTS:
        raise UnclearError(f"an {quantity} of no joint" if quantity == "angle" else "of no joint")
    directions = [t for t in tokens if t in words.DIRECTIONS]
    numbered = [t for t in tokens if t in ("1", "2", "3")]
    letters = [t for t in tokens if t in ("x", "y", "z")]
    plane, sign = "flexion", 1.0
    if directions:
        plane, sign = words.DIRECTIONS[directions[0]]
        others = {words.DIRECTIONS[d][0] for d in directions}
        if "rotation" in tokens:  # "ext" is external there, and not extension
            plane = "rotation"
            turns = {"internal", "external", "int", "ext"}
            others = {"rotation" if d in turns else words.DIRECTIONS[d][0] for d in directions}
            sign = -1.0 if directions[0] in ("external", "ext") else 1.0
        if len(others) > 1:
            raise UnclearError("it names two planes")
    elif "rotation" in tokens:
        plane = "rotation"
    elif letters or numbered:
        at = "xyz".index(letters[0]) if letters else int(numbered[0]) - 1
        plane = axes[at]
    if quantity != "angle":
        # A plantarflexor or extensor moment resists the motion: it is positive here.
        first = directions[0] if directions else ""
        resists = sign < 0
        sign = -1.0 if not resists and (first.startswith("dorsi") or first == "flexor") else 1.0
        if first and not resists and not first.endswith("flexor"):
            remark = f"'{first}' may be meant of the muscles or of the load: check its sign"
            return Meaning(_with_side(side, segment), segment, quantity, plane, sign, remark=remark)
    return Meaning(_with_side(side, segment), segment, quantity, plane, sign)


def _of_vector(tokens: list[str], side: str, segment: str, quantity: str, number: str) -> Meaning:
    axes = [words.AXES[t] for t in tokens if t in words.AXES]
    if not axes and quantity == "force" and "v" in tokens:
        axes = ["z"]
    if len(set(axes)) != 1:
        raise UnclearError("no axis is named" if not axes else "it names two axes")
    remark, gravity_free = "", quantity == "linacc"
    if gravity_free:
        quantity, remark = "acc", "the name says that gravity was taken off"
    if segment == "plate":
        quantity = {"cop": "pos", "moment": "torque"}.get(quantity, quantity)
        if number and not side:
            return Meaning("center", f"plate{int(number)}", quantity, axes[0], remark=remark)
        return Meaning(side, "plate", quantity, axes[0], remark=remark)
    if segment == "hip" and not side and quantity in ("acc", "gyr", "mag"):
        segment = "pelvis"
    side = _with_side(side, segment)
    return Meaning(side, segment, quantity, axes[0], remark=remark, gravity_free=gravity_free)


def _muscle(tokens: list[str]) -> str:
    parts = [
        words.MUSCLES.get(t, t)
        for t in tokens
        if t in words.MUSCLES or t in words.MUSCLE_NAMES or t in words.MUSCLE_WORDS
    ]
    muscle = "".join(parts)
    return words.MUSCLES.get(muscle, muscle)


def _of_muscle(token: str) -> list[str]:
    """A token, or a side grown together with a muscle: ``rvl``, ``lta``."""
    if token[:1] in "lr" and token not in words.MUSCLES and token[1:] in words.MUSCLES:
        return [token[0], token[1:]]
    return [token]


def _emg(tokens: list[str]) -> Meaning:
    side = _side([t for t in tokens if t not in words.MUSCLES])
    muscle = _muscle(tokens)
    if any(t in words.QUALIFIERS for t in tokens):
        raise UnclearError("what was made of the EMG is not known")
    stages = ("emg", "raw", "rectified", "envelope")
    known = (words.MUSCLES, words.MUSCLE_NAMES, words.MUSCLE_WORDS, words.DEVICES, stages)
    rest = [t for t in tokens if not any(t in some for some in known) and not t.isdigit()]
    rest = [t for t in rest if t == "filtered" or not _is_used(t)]
    if rest:
        raise UnclearError(f"the word '{rest[0]}' is not known")
    numbers = [t for t in tokens if t.isdigit()]
    if not muscle and not numbers:
        raise UnclearError("the EMG of which muscle is not known")
    muscle = muscle or f"ch{numbers[-1]}"
    stage = next((t for t in tokens if t in ("rectified", "envelope")), "raw")
    return Meaning(side, muscle, "emg", stage)


def _with_unit(found: Meaning, stated: str) -> Meaning:
    if not stated:
        return found
    unit = parse_unit(stated)
    if unit is None:
        raise UnclearError(f"the unit '{stated.strip()}' is not known")
    quantity = found.quantity
    unit = _G.get((quantity, unit), unit)
    for (named, canonical), other in _BY_UNIT.items():
        if quantity == named and _measures(unit, other) and CANONICAL[other] == canonical:
            quantity = other
    if not _measures(unit, quantity):
        raise UnclearError(f"'{unit}' is no unit of {quantity}")
    if quantity == "grf":
        if found.segment != "plate" or found.side not in ("left", "right", ""):
            raise UnclearError("a force in body weights of no foot")
        found = replace(found, segment="foot")
    return replace(found, quantity=quantity, unit=unit)


def _measures(unit: str, quantity: str) -> bool:
    try:
        factor(unit, quantity)
    except GaitcastError:
        return False
    return True
