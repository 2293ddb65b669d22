"""Words of column names: one table each for sides, segments, quantities, axes and directions."""

from __future__ import annotations

SIDES = {
    "l": "left", "left": "left", "lt": "left", "lft": "left", "li": "left",
    "r": "right", "right": "right", "rt": "right", "rgt": "right", "re": "right",
    "ipsi": "ipsi", "ipsilateral": "ipsi", "contra": "contra", "contralateral": "contra",
}  # fmt: skip
#: They name a side, but the file does not say which.
UNKNOWN_SIDES = {
    "paretic", "nonparetic", "affected", "unaffected", "prosthetic", "intact", "sound",
    "amputated", "dominant", "nondominant", "operated", "involved", "uninvolved",
}  # fmt: skip
SEGMENTS = {
    "foot": "foot", "feet": "foot", "instep": "foot", "dorsum": "foot", "shoe": "foot",
    "insole": "foot", "shank": "shank", "tibia": "shank", "calf": "shank", "leg": "shank",
    "lowerleg": "shank", "lowleg": "shank", "shin": "shank", "thigh": "thigh", "femur": "thigh",
    "upperleg": "thigh", "upleg": "thigh", "pelvis": "pelvis", "waist": "pelvis",
    "sacrum": "pelvis", "lumbar": "pelvis", "lowerback": "pelvis", "lowback": "pelvis",
    "trunk": "trunk", "chest": "trunk", "sternum": "trunk", "thorax": "trunk", "torso": "trunk",
    "upperback": "trunk", "head": "head", "forehead": "head", "hand": "hand", "upperarm": "arm",
    "humerus": "arm", "arm": "arm", "forearm": "forearm", "lowerarm": "forearm",
    "ankle": "ankle", "knee": "knee", "hip": "hip", "shoulder": "shoulder", "elbow": "elbow",
    "wrist": "wrist", "heel": "heel", "calcaneus": "heel", "toe": "toe", "com": "body",
    "body": "body", "plate": "plate", "forceplate": "plate", "platform": "plate", "fp": "plate",
}  # fmt: skip
#: Without another word, their x, y and z are positions.
POINTS = {"heel", "calcaneus", "toe", "com", "body"}
JOINTS = {"ankle", "knee", "hip", "shoulder", "elbow", "wrist", "trunk"}
#: They have no side.
MIDDLE = {"pelvis", "trunk", "head", "body"}
#: Vertebrae, by letter and number: no side is meant by the L of L5.
VERTEBRAE = {
    **{f"l{k}": "pelvis" for k in range(1, 6)},
    **{f"t{k}": "trunk" for k in range(1, 13)},
    "c7": "trunk",
}
QUANTITIES = {
    "acc": "acc", "accel": "acc", "acceleration": "acc", "accelerometer": "acc", "gyr": "gyr",
    "gyro": "gyr", "gyroscope": "gyr", "omega": "gyr", "angvel": "gyr", "angularvelocity": "gyr",
    "angularrate": "gyr", "mag": "mag", "magn": "mag", "magnetometer": "mag",
    "linacc": "linacc", "linearacceleration": "linacc", "freeacc": "linacc",
    "freeacceleration": "linacc", "useracceleration": "linacc",
    "angle": "angle", "ang": "angle", "moment": "moment", "torque": "torque", "grf": "force",
    "force": "force", "groundreactionforce": "force", "cop": "cop", "centerofpressure": "cop",
    "centreofpressure": "cop", "pos": "pos", "position": "pos", "emg": "emg",
}  # fmt: skip
#: Rates of turning, which joints have too; only a sensor's is a gyroscope's.
TURNING = {"angvel", "angularvelocity", "angularrate", "omega"}
#: Two or three words in a row that mean one thing.
PHRASES = (
    ("upper", "leg"), ("lower", "leg"), ("up", "leg"), ("low", "leg"), ("upper", "arm"),
    ("lower", "arm"), ("lower", "back"), ("low", "back"), ("upper", "back"), ("fore", "arm"),
    ("force", "plate"), ("ground", "reaction", "force"), ("center", "of", "pressure"),
    ("centre", "of", "pressure"), ("ang", "vel"), ("angular", "velocity"), ("angular", "rate"),
    ("angular", "vel"), ("lin", "acc"), ("linear", "acceleration"), ("linear", "acc"),
    ("velocity", "angular"), ("acceleration", "linear"), ("acc", "linear"),
    ("free", "acc"), ("free", "acceleration"), ("user", "acceleration"),
)  # fmt: skip
ALIASES = {
    "velocityangular": "angvel",
    "accelerationlinear": "linacc",
    "acclinear": "linacc",
    "angularvel": "angvel",
    "linearacc": "linacc",
    "gyros": "gyr",
}
AXES = {
    "x": "x", "y": "y", "z": "z", "ap": "x", "anteroposterior": "x", "anterior": "x",
    "forward": "x", "ml": "y", "mediolateral": "y", "vertical": "z", "vert": "z", "up": "z",
}  # fmt: skip
#: Direction of a joint -> plane and sign here.
DIRECTIONS = {
    "flexion": ("flexion", 1.0), "flex": ("flexion", 1.0), "dorsiflexion": ("flexion", 1.0),
    "dorsi": ("flexion", 1.0), "extension": ("flexion", -1.0), "ext": ("flexion", -1.0),
    "extensor": ("flexion", -1.0), "plantarflexion": ("flexion", -1.0),
    "plantarflexor": ("flexion", -1.0), "plantar": ("flexion", -1.0), "flexor": ("flexion", 1.0),
    "dorsiflexor": ("flexion", 1.0),
    "adduction": ("adduction", 1.0), "add": ("adduction", 1.0), "ad": ("adduction", 1.0),
    "abduction": ("adduction", -1.0), "abd": ("adduction", -1.0), "ab": ("adduction", -1.0),
    "varus": ("adduction", 1.0), "valgus": ("adduction", -1.0), "inversion": ("adduction", 1.0),
    "eversion": ("adduction", -1.0), "inv": ("adduction", 1.0), "ev": ("adduction", -1.0),
    "internal": ("rotation", 1.0), "int": ("rotation", 1.0), "external": ("rotation", -1.0),
}  # fmt: skip
#: They add nothing.
HARMLESS = {
    "imu", "sensor", "joint", "raw", "cal", "calibrated", "measured", "signal", "data", "value",
    "of", "the", "in", "ln", "wr", "filtered", "ground", "reaction", "marker", "channel", "val",
    "trigno", "avanti", "shimmer", "dot", "xsens", "unit", "uncal", "angles", "side",
    "noraxon", "myo", "motion", "ultium", "segment", "segments",
}  # fmt: skip
#: They make of a quantity another one, so a column with one of them is left out.
QUALIFIERS = {
    "velocity", "vel", "speed", "rate", "quat", "quaternion", "q", "orientation", "ori", "euler",
    "rotation", "power", "work", "jerk", "std", "sd", "var", "mean", "rms", "error", "err", "ref",
    "virtual", "impulse", "energy", "temperature", "temp", "battery", "score", "confidence",
    "residual", "likelihood", "predicted", "estimate", "norm", "magnitude", "sum", "diff", "delta",
}  # fmt: skip
#: Muscles by the words and short forms of laboratories.
MUSCLES = {
    "ta": "tibialisanterior", "tibant": "tibialisanterior", "sol": "soleus", "gm":
    "gastrocnemiusmedialis", "gl": "gastrocnemiuslateralis", "gas": "gastrocnemius", "gastroc":
    "gastrocnemius", "gastro": "gastrocnemius", "gastr": "gastrocnemius",
    "rf": "rectusfemoris", "vl": "vastuslateralis",
    "vm": "vastusmedialis", "bf": "bicepsfemoris", "st": "semitendinosus", "sm":
    "semimembranosus", "pl": "peroneuslongus", "glutmax": "gluteusmaximus", "gmax":
    "gluteusmaximus", "glutmed": "gluteusmedius", "gmed": "gluteusmedius", "mg":
    "gastrocnemiusmedialis", "lg": "gastrocnemiuslateralis", "hams": "hamstrings",
    "vastuslat": "vastuslateralis", "vastusmed": "vastusmedialis", "vastlat": "vastuslateralis",
    "vastmed": "vastusmedialis", "vastuslateral": "vastuslateralis", "bicfem": "bicepsfemoris",
    "medgastroc": "gastrocnemiusmedialis", "latgastroc": "gastrocnemiuslateralis",
    "gastrocnemiusmedial": "gastrocnemiusmedialis", "gastrocnemiusmed": "gastrocnemiusmedialis",
    "gastrocnemiuslateral": "gastrocnemiuslateralis", "recfem": "rectusfemoris",
    "gastrocnemiuslat": "gastrocnemiuslateralis", "vastusmedial": "vastusmedialis",
}  # fmt: skip
MUSCLE_NAMES = {
    *MUSCLES.values(), "gluteusmaximus", "gluteusmedius", "bicepsfemoris", "erectorspinae",
    "tensorfasciaelatae", "adductorlongus", "adductormagnus", "peroneusbrevis",
    "vastusintermedius", "rectusabdominis", "tibialisposterior", "quadriceps", "gastrocnemiuslat",
    "gastrocnemiusmed", "obliquus", "multifidus",
}  # fmt: skip
#: Of EMG systems.
DEVICES = {"mini", "duo", "quattro", "snap", "galileo", "maize", "ultium", "noraxon", "delsys"}
MUSCLE_WORDS = {
    "tibialis", "anterior", "posterior", "soleus", "gastrocnemius", "medialis", "lateralis",
    "rectus", "femoris", "vastus", "biceps", "semitendinosus", "semimembranosus", "gluteus",
    "maximus", "medius", "peroneus", "longus", "brevis", "hamstrings", "hamstring", "quadriceps",
    "erector", "spinae", "iliopsoas", "sartorius", "gracilis", "adductor", "tensor", "fascia",
    "latae", "medial", "lateral", "lat", "med", "long", "head", "tib", "ant", "vast", "bic", "fem",
}  # fmt: skip


def parts(word: str) -> list[str]:
    """A word, or a side grown together with a segment: ``lfoot``, ``RFOOT``, ``footl``."""
    if word in SEGMENTS or word in QUANTITIES or word in DIRECTIONS:
        return [word]
    single = word[:-1] if word.endswith("s") else word
    if single in SEGMENTS or single in QUANTITIES:
        return [single]
    if word[:1] in "lr" and word[1:] in SEGMENTS:
        return [word[0], word[1:]]
    if word[-1:] in "lr" and word[:-1] in SEGMENTS:
        return [word[:-1], word[-1]]
    return [word]


def phrases(found: list[str]) -> list[str]:
    """Words with those of :data:`PHRASES` joined to one."""
    joined: list[str] = []
    at = 0
    while at < len(found):
        phrase = next((p for p in PHRASES if tuple(found[at : at + len(p)]) == p), (found[at],))
        word = "".join(phrase)
        joined.append(ALIASES.get(word, word))
        at += len(phrase)
    return joined
