"""Bundles that were changed on the way: refused in one line, or the change does not matter."""

import json
import os
import random
import resource
import shutil
import time
from collections import Counter

import pytest

from gaitcast.errors import GaitcastError
from gaitcast.pipeline import Pipeline
from gaitcast.runtime import Bundle, Engine
from gaitcast.simulate import simulate

COUNT = int(os.environ.get("GAITCAST_DAMAGED", "200"))
ANGLE = "right_ankle_angle_flexion"
FILES = ("graph.onnx", "card.json", "begins.npz", "README.md")
#: As text of JSON: wrong types, numbers no device has, and what is costly to read.
VALUES = (
    "null", "true", "false", "-1", "0", "1", "1.5", "1e300", "-1e300", "1e999", "-1e999", "NaN",
    "1" + 400 * "0", "1" + 5000 * "0", '""', '"x"', '"\\ud800"', '"' + 100_000 * "a" + '"', "[]",
    "{}", "[[]]", "[null]", "[1]", "[1, 2, 3]", '["x"]', '["x", "x"]', '{"x": 1}', '{"x": [1e999]}',
    '{"x": [1' + 400 * "0" + ", 1]}", '{"": null}', 100_000 * "[" + 100_000 * "]",
    400 * "[" + 400 * "]", "[" + 50_000 * "1e9," + "1]", '{"x": [999999, 999999, 999999]}',
)  # fmt: skip


@pytest.fixture(scope="module")
def walks():
    return simulate(subjects=3, minutes=0.25, seed=8)


@pytest.fixture(scope="module")
def sound(walks, tmp_path_factory):
    """Two bundles: one that was adapted to its wearer, and another one."""
    folder, made = tmp_path_factory.mktemp("sound"), []
    options = {"wearer-memory": {"memory_s": 8.0, "others": 60}, "ridge": {}}
    for model, chosen in options.items():
        pipe = Pipeline(
            inputs=["right_shank_gyr_*", ANGLE], targets=[ANGLE], history_ms=600,
            horizon_ms=50, model=model, options=chosen,
        )  # fmt: skip
        pipe.fit(walks.without("S03"))
        if model == "wearer-memory":
            pipe = pipe.adapt(walks.select(["S03"]), "memory")
        made.append(pipe.export(folder / model))
    return made


def forecasts(folder, walks):
    engine = Engine(Bundle.load(folder))
    samples = walks["S03"].matrix(engine.card.channels)[:150]
    return [
        (f.time_s, f.values.tolist(), None if f.half_width is None else f.half_width.tolist())
        for stamp, sample in zip(walks["S03"].time_s, samples, strict=False)
        for f in engine.push(stamp, sample)
    ]


def flip(folder, rng, other):
    del other
    file = folder / rng.choice(FILES)
    content = bytearray(file.read_bytes())
    for _ in range(rng.choice([1, 1, 3, 30])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    file.write_bytes(content)


def cut(folder, rng, other):
    del other
    file = folder / rng.choice(FILES)
    content = file.read_bytes()
    keep = rng.choice([0, 1, len(content) - 1, rng.randrange(len(content))])
    file.write_bytes(content[:keep])


def put_in(folder, rng, other):
    del other
    file = folder / rng.choice(FILES)
    content = bytearray(file.read_bytes())
    at = rng.choice([0, len(content), rng.randrange(len(content))])
    content[at:at] = rng.randbytes(rng.choice([1, 16, 4096]))
    file.write_bytes(content)


def exchange(folder, rng, other):
    mine, its = rng.choice(FILES), rng.choice(FILES)
    if rng.random() < 0.5 and mine != its:
        one, two = (folder / mine).read_bytes(), (folder / its).read_bytes()
        (folder / mine).write_bytes(two)
        (folder / its).write_bytes(one)
    elif (other / mine).is_file():
        shutil.copy(other / mine, folder / mine)
    else:
        (folder / mine).unlink()


def lose(folder, rng, other):
    del other
    name = rng.choice([*FILES, "pipeline"])
    (shutil.rmtree if name == "pipeline" else os.unlink)(folder / name)
    become = rng.choice(["nothing", "folder", "endless", "itself", "pipe"])
    if become == "folder":
        (folder / name).mkdir()
    elif become in ("endless", "itself"):
        (folder / name).symlink_to("/dev/zero" if become == "endless" else folder / name)
    elif become == "pipe":
        os.mkfifo(folder / name)


def set_field(folder, rng, other):
    """Another value of a field, or of a part of one; as text, so that any JSON can be written."""
    del other
    card = json.loads((folder / "card.json").read_text())
    key = rng.choice([*card])
    place, at = card, key
    if isinstance(card[key], dict | list) and card[key] and rng.random() < 0.5:
        place = card[key]
        at = rng.choice([*place]) if isinstance(place, dict) else rng.randrange(len(place))
    place[at] = "@here"
    text = json.dumps(card).replace('"@here"', rng.choice(VALUES))
    (folder / "card.json").write_text(text)


def change_keys(folder, rng, other):
    del other
    card = json.loads((folder / "card.json").read_text())
    key = rng.choice([*card])
    what = rng.choice(["remove", "add", "rename", "twice"])
    if what in ("remove", "rename"):
        value = card.pop(key)
        if what == "rename":
            card[key + "_"] = value
    text = json.dumps(card)
    if what == "add":
        text = f'{{"extra": {rng.choice(VALUES)}, {text[1:]}'
    elif what == "twice":
        text = f'{text[:-1]}, "{key}": {rng.choice(VALUES)}}}'
    (folder / "card.json").write_text(text)


def rewrite(folder, rng, other):
    """Nothing that matters: white space, the order of fields, the text for readers, the name."""
    del other
    card = json.loads((folder / "card.json").read_text())
    what = rng.choice(["space", "order", "readme", "name", "pipeline"])
    if what == "order":
        card = dict(rng.sample([*card.items()], len(card)))
    elif what == "name":
        card["name"] = "another"
    elif what == "readme":
        (folder / "README.md").write_bytes(rng.randbytes(100))
    elif what == "pipeline":
        shutil.rmtree(folder / "pipeline")
    (folder / "card.json").write_text("\n" + json.dumps(card, indent=rng.choice([None, 2, 8])))


MUTATIONS = (flip, cut, put_in, exchange, lose, set_field, set_field, set_field, change_keys)


def test_a_mutated_bundle_is_refused_or_the_same(sound, walks, tmp_path):
    whole = forecasts(sound[0], walks)
    assert len(whole) > 50
    rng, seen, slowest, grown_kib = random.Random(COUNT), Counter(), 0.0, []
    for number in range(COUNT):
        folder = tmp_path / str(number)
        shutil.copytree(sound[0], folder)
        mutate = rewrite if number % 10 == 0 else rng.choice(MUTATIONS)
        mutate(folder, rng, sound[1])
        begun = time.perf_counter()
        try:
            assert forecasts(folder, walks) == whole, (number, mutate.__name__)
            seen[mutate.__name__, "same"] += 1
        except GaitcastError as error:
            assert "\n" not in str(error)
            assert len(str(error)) < 2000, (number, mutate.__name__)
            seen[mutate.__name__, "refused"] += 1
            assert mutate is not rewrite, (number, str(error))
        slowest = max(slowest, time.perf_counter() - begun)
        grown_kib.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        shutil.rmtree(folder)
    print(f"{COUNT} mutated bundles: {dict(seen)}, slowest {slowest:.2f} s")
    assert sum(n for (_, what), n in seen.items() if what == "refused") > 0.6 * COUNT
    assert slowest < 5
    assert grown_kib[-1] - grown_kib[COUNT // 4] < 64 * 1024


@pytest.mark.parametrize("field", ["begins_sha256", "adapted_by"])
def test_what_was_learnt_of_the_wearer_is_not_left_out_silently(sound, walks, tmp_path, field):
    folder = tmp_path / "b"
    shutil.copytree(sound[0], folder)
    card = json.loads((folder / "card.json").read_text())
    card[field] = type(card[field])()
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(GaitcastError):
        forecasts(folder, walks)
    if field == "begins_sha256":
        (folder / "begins.npz").unlink()
        with pytest.raises(GaitcastError, match="adapted_by"):
            forecasts(folder, walks)


def test_the_graph_is_not_read_before_its_hash_is_checked(sound, tmp_path, monkeypatch):
    import onnxruntime

    folder = tmp_path / "b"
    shutil.copytree(sound[0], folder)
    (folder / "graph.onnx").write_bytes((folder / "graph.onnx").read_bytes()[:-1])
    read = []
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *a, **_: read.append(a))
    with pytest.raises(GaitcastError, match="not the one its card describes"):
        Engine(Bundle.load(folder))
    assert not read
