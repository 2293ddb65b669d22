"""A bundle compiled to C gives what the bundle gives in ONNX Runtime."""

import ctypes
import io
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from gaitcast.cli import main
from gaitcast.deploy import write_bundle
from gaitcast.deploy.c99 import DEVICES, compile_bundle
from gaitcast.deploy.c99.program import TRANSLATIONS
from gaitcast.errors import GaitcastError
from gaitcast.models import ClosedForm, Signature, build
from gaitcast.pipeline import Pipeline
from gaitcast.runtime import Bundle, Engine
from gaitcast.signal import (
    Butterworth,
    Chain,
    ComplementaryTilt,
    Envelope,
    JointAngle,
    MarkerMotion,
    WalkingAxes,
    WearerScale,
)
from gaitcast.tasks import Scaler, Series, Span, Windows
from gaitcast.training import Predictor

TARGET = "right_ankle_angle_flexion"
HISTORY, HORIZON = 60, 8
STEPS = (Butterworth(20.0), ComplementaryTilt())
MEMORY = {"memory_s": 3.0, "neighbours": 6, "others": 40, "rank": 6}
MODELS = {
    "ridge": {"every": 4},
    "knn": {"neighbours": 3, "match_ms": 100.0, "every": 3},
    "last-cycle": {"match_ms": 300.0, "shortest_ms": 200.0},
    "trees": {"trees": 8, "anchors": 3},
    "bilstm": {"units": 12},
    "cnn": {"filters": 8, "units": 8},
    "inception-time": {"filters": 4, "kernel": 12},
    "gru": {"units": 12},
    "tcn": {"width": 12, "blocks": 4},
    "gated-tcn": {"width": 12, "blocks": 4},
    "transformer": {"width": 12, "heads": 2, "memory_ms": 200.0},
    "lru": {"width": 12, "modes": 10},
    "wearer-memory": MEMORY,
    "wearer-adaptive": {**MEMORY, "body_options": {"width": 8, "blocks": 3}, "features": 6},
}
#: Large windows of many samples are tried on 8 s, across the gap.
SLOW = ("bilstm", "cnn", "inception-time", "knn")
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="compiles with gcc")
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
FUNCTIONS = ("fabs", "atan", "acos", "cos", "sin", "exp", "log", "sqrt", "tanh", "erf", "pow")


def bundle_of(folder, trial, name, options, steps=STEPS, known=(), target=TARGET):
    """A bundle with weights as drawn, or fitted where that is a formula."""
    chain = Chain(steps, trial.channels, trial.rate_hz)
    signature = Signature(
        chain.channels, (target,), HISTORY, HORIZON, trial.rate_hz, covariates=tuple(known)
    )
    features = chain.run(trial).astype(np.float32)
    features = np.hstack([features, np.tile(np.float32([*known.values()] if known else []),
                                            (len(features), 1))])  # fmt: skip
    targets = trial.matrix((target,)).astype(np.float32)
    series = Series(Span("S", 0, len(trial)), features, targets)
    forecaster = build(name, signature, options)
    scalers = (Scaler.fit(forecaster.scaling, [x]) for x in (features, targets))
    made = Predictor(name, options, forecaster, *scalers)
    if isinstance(forecaster, ClosedForm):
        forecaster.fit(Windows(made.scaled([series]), HISTORY, HORIZON))
    return Bundle.load(write_bundle(chain, made, folder))


class Device:
    """The generated code as a library in this process."""

    def __init__(self, bundle, folder, weights="float32", double=False):
        self.made = compile_bundle(bundle, folder, weights)
        library, exact = folder / f"{'double' if double else 'float'}.so", []
        if double:  # the same code in exact arithmetic, nearly
            exact = ["-Dfloat=double", *(f"-D{name}f={name}" for name in FUNCTIONS)]
        command = ["gcc", "-std=c99", "-O2", "-shared", "-fPIC", *exact]
        subprocess.run([*command, folder / "gaitcast.c", "-lm", "-o", library], check=True)
        shutil.move(library, folder.with_suffix(library.suffix + library.stem))
        self.code = ctypes.CDLL(str(folder.with_suffix(library.suffix + library.stem)))
        self.number, self.dtype = (
            (ctypes.c_double, np.float64) if double else (ctypes.c_float, np.float32)
        )
        self.code.gaitcast_step.argtypes = [ctypes.c_void_p, self.number, ctypes.c_void_p]
        self.code.gaitcast_state.restype = ctypes.c_void_p
        self.code.gaitcast_state_size.restype = ctypes.c_size_t
        self.out = np.zeros((len(bundle.card.steps), len(bundle.card.targets)), self.dtype)
        self.code.gaitcast_reset()

    def step(self, sample, dt_s):
        sample = np.ascontiguousarray(sample, self.dtype)
        done = self.code.gaitcast_step(sample.ctypes.data, dt_s, self.out.ctypes.data)
        return done, self.out.copy()

    def run(self, samples, dt_s):
        made = [self.step(x, float(t)) for x, t in zip(samples, dt_s, strict=True)]
        return np.array([value for done, value in made if done == 1])

    def know(self, values):
        values = np.ascontiguousarray(values, self.dtype)
        self.code.gaitcast_set_covariates(ctypes.c_void_p(values.ctypes.data))

    def state(self):
        return ctypes.string_at(self.code.gaitcast_state(), self.code.gaitcast_state_size())

    def restore(self, state):
        ctypes.memmove(self.code.gaitcast_state(), state, len(state))


def in_onnx_runtime(engine, samples, dt_s):
    pairs = zip(samples, dt_s, strict=True)
    return np.array([v for x, t in pairs if (v := engine.step(x, t)) is not None])


def assert_same(bundle, folder, samples, dt_s, sd, engine=None, values=()):
    """Within 1e-5 of the target's SD, or as near as ONNX Runtime is to exact arithmetic."""
    wanted = in_onnx_runtime(engine or Engine(bundle), samples, dt_s)
    device = Device(bundle, folder)
    if values:
        device.know(values)
    apart = np.abs(device.run(samples, dt_s) - wanted).max()
    if apart > 1e-5 * sd:
        exact = Device(bundle, folder, double=True).run(samples, dt_s)
        assert apart < 4 * np.abs(exact - wanted).max()
        assert apart < 5e-4 * sd
    return device


def two_segments(trial):
    """The whole recording, with a gap two thirds on."""
    dt_s = np.full(len(trial), 0.01, np.float32)
    dt_s[[0, 2 * len(trial) // 3]] = 0.0, 0.5
    return trial.samples.astype(np.float32), dt_s


def engine_s(dt_s):
    """As the engine marks a gap."""
    return np.where(dt_s > 0.1, np.float32(0), dt_s)


@needs_gcc
@pytest.mark.parametrize("name", MODELS)
def test_the_code_gives_what_the_bundle_gives_over_a_recording(name, people, tmp_path):
    bundle = bundle_of(tmp_path / "b", people["S01"], name, MODELS[name])
    walk = people["S02"]
    samples, dt_s = two_segments(walk)
    if name in SLOW:
        samples, dt_s = samples[-800:], dt_s[-800:]
    wanted = in_onnx_runtime(Engine(bundle), samples, engine_s(dt_s))
    device = assert_same(bundle, tmp_path / "c", samples, engine_s(dt_s), walk.column(TARGET).std())
    device.code.gaitcast_reset()
    again = device.run(samples, dt_s)  # it notices the gap by itself
    assert again.shape == wanted.shape
    assert device.made.multiply_adds > 0


ANGLE = JointAngle(
    TARGET, "right_shank", "right_foot",
    rate_map=(-0.2, 0.05, 1.0, 0.2, -0.1, -1.0),
    axes=(0.0, 0.6, 0.8, 0.0, 0.6, -0.8),
    axes_spread=tuple(0.01 * np.eye(6).ravel()),
    gravity_map=(3.0, 0.6, 1.4, 6.0, 5.0, -4.0, 10.0, -0.5),
    start_deg=(1.0, 0.5, 4.0, 8.0), rest_deg=(1.0, 0.7), rate_dps=(3.0, 1.0),
)  # fmt: skip


@needs_gcc
@pytest.mark.parametrize(
    "step", [ANGLE, WearerScale(), WalkingAxes(), Butterworth(6.0, 5)], ids=str
)
def test_every_signal_step_becomes_code(step, people, tmp_path):
    inertial = [c for c in people["S01"].channels if "_acc_" in c or "_gyr_" in c]
    wanted = [*inertial, *([] if step is ANGLE else [TARGET])]
    channels = [c for c in wanted if c.split("_")[1] in ("foot", "shank", "ankle")]
    train, walk = (people[p].select(tuple(channels)) for p in ("S01", "S02"))
    if step is ANGLE:  # the target is what the step estimates
        train = replace(
            train, samples=np.hstack([train.samples, people["S01"].matrix((TARGET,))]),
            channels=(*train.channels, "left_knee_angle_flexion"),
        )  # fmt: skip
        walk = replace(
            walk, samples=np.hstack([walk.samples, people["S02"].matrix((TARGET,))]),
            channels=(*walk.channels, "left_knee_angle_flexion"),
        )  # fmt: skip
    target = "left_knee_angle_flexion" if step is ANGLE else TARGET
    bundle = bundle_of(tmp_path / "b", train, "ridge", {"every": 20}, [step], target=target)
    samples, dt_s = two_segments(walk)
    assert_same(bundle, tmp_path / "c", samples, engine_s(dt_s), walk.column(target).std())


def test_other_steps_have_translations(people, tmp_path):
    channels = ("left_soleus_emg_raw", *(f"right_R.HEEL_marker_{a}" for a in "xyz"), TARGET)
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(400, 5)), axis=0)
    trial = replace(
        people["S01"].select((TARGET,)), time_s=np.arange(400) / 1000, rate_hz=1000.0,
        samples=walk, channels=channels, events={},
    )  # fmt: skip
    bundle = bundle_of(tmp_path / "b", trial, "ridge", {"every": 20}, [Envelope(), MarkerMotion()])
    if shutil.which("gcc") is None:
        assert compile_bundle(bundle, tmp_path / "c").lines
        return
    dt_s = np.r_[0.0, np.full(399, 0.001)].astype(np.float32)
    assert_same(bundle, tmp_path / "c", walk.astype(np.float32), dt_s, walk[:, 4].std())


@needs_gcc
def test_covariates_come_by_a_setter_and_state_goes_on_after_a_restart(people, tmp_path):
    trial = people["S01"]
    known = {"mass_kg": 80.0, "affected_side": -1.0}
    bundle = bundle_of(tmp_path / "b", trial, "gru", MODELS["gru"], known=known)
    samples, dt_s = trial.samples.astype(np.float32), np.full(len(trial), 0.01, np.float32)
    dt_s[0] = 0
    sd = trial.column(TARGET).std()
    engine = Engine(bundle, known)
    values = [known[name] for name in bundle.card.covariates]
    device = assert_same(bundle, tmp_path / "c", samples, dt_s, sd, engine, values)
    device.code.gaitcast_reset()
    whole = device.run(samples, dt_s)
    device.code.gaitcast_reset()
    first = device.run(samples[:700], dt_s[:700])
    state = device.state()
    device.run(samples[:100], dt_s[:100])
    device.restore(state)
    rest = device.run(samples[700:], dt_s[700:])
    assert np.array_equal(np.vstack([first, rest]), whole)
    device.know([60.0, 1.0])
    assert not np.array_equal(device.step(samples[-1], 0.01)[1], whole[-1])


@needs_gcc
def test_a_sample_that_is_no_number_changes_nothing(people, tmp_path):
    trial = people["S01"]
    device = Device(bundle_of(tmp_path / "b", trial, "gru", MODELS["gru"]), tmp_path / "c")
    samples = trial.samples.astype(np.float32)
    assert device.run(samples[:200], np.r_[0, np.full(199, 0.01)]).shape[0] == 200 - HISTORY + 1
    state, out = device.state(), device.out.copy()
    broken = samples[200].copy()
    broken[3] = np.nan
    assert device.step(broken, 0.01)[0] == -1
    assert device.step(samples[200], -0.01)[0] == -1
    assert device.step(samples[200], float("nan"))[0] == -1
    assert device.state() == state
    assert np.array_equal(device.out, out)
    assert device.code.gaitcast_ready() == 1
    assert device.step(samples[200], 0.0)[0] == 0


@needs_gcc
def test_what_was_learnt_of_the_wearer_is_what_it_begins_with(people, tmp_path):
    trial = people["S01"]
    bundle = bundle_of(tmp_path / "b", trial, "wearer-memory", MODELS["wearer-memory"])
    samples, dt_s = trial.samples.astype(np.float32), np.full(len(trial), 0.01, np.float32)
    dt_s[0] = 0
    before = Engine(bundle)
    in_onnx_runtime(before, samples, dt_s)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **before.profile())
    adapted = replace(bundle, begins=file.getvalue())
    fresh, worn = (in_onnx_runtime(Engine(b), samples, dt_s) for b in (bundle, adapted))
    assert not np.allclose(fresh, worn, atol=0.01)
    assert_same(adapted, tmp_path / "c", samples, dt_s, trial.column(TARGET).std())


@needs_gcc
def test_8_bits_cost_little_on_a_new_person(people, tmp_path):
    pipe = Pipeline(
        inputs=["*_acc_*", "*_gyr_*", TARGET], targets=[TARGET], history_ms=HISTORY * 10,
        horizon_ms=80, steps=list(STEPS), model="gru", options={"units": 16},
        training={"max_epochs": 4},
    )  # fmt: skip
    pipe.fit(people.without("S03"))
    bundle = Bundle.load(pipe.export(tmp_path / "b"))
    walk = people["S03"]
    samples = walk.matrix(bundle.card.channels).astype(np.float32)
    dt_s = np.r_[0, np.full(len(samples) - 1, 0.01)].astype(np.float32)
    whole = assert_same(bundle, tmp_path / "c", samples, dt_s, walk.column(TARGET).std())
    small = Device(bundle, tmp_path / "c8", "int8")
    whole.code.gaitcast_reset()
    apart = small.run(samples, dt_s) - whole.run(samples, dt_s)
    assert 0 < np.sqrt((apart**2).mean()) < 0.03 * walk.column(TARGET).std()
    assert small.made.weight_bytes < 0.4 * whole.made.weight_bytes
    assert "Weights: int8." in (tmp_path / "c8" / "gaitcast.h").read_text()


@needs_gcc
def test_the_main_program_is_strict_c99_and_reads_a_table(people, tmp_path):
    trial = people["S01"]
    bundle = bundle_of(tmp_path / "b", trial, "tcn", MODELS["tcn"], known={"mass_kg": 70.0})
    code, program = tmp_path / "c", tmp_path / "run"
    compile_bundle(bundle, code)
    sources = [code / "main.c", code / "gaitcast.c"]
    subprocess.run(["gcc", *STRICT, *sources, "-lm", "-o", program], check=True)
    samples, dt_s = trial.samples[:90].astype(np.float32), np.r_[0, np.full(89, 0.01)]
    table = "\n".join(
        ",".join(f"{v:.9g}" for v in (t, *x)) for t, x in zip(dt_s, samples, strict=True)
    )
    done = subprocess.run([program, "70"], input=table, capture_output=True, text=True, check=True)
    live = np.array([[float(v) for v in line.split(",")] for line in done.stdout.split()])
    wanted = in_onnx_runtime(Engine(bundle, {"mass_kg": 70.0}), samples, dt_s)
    np.testing.assert_allclose(live, wanted[:, :, 0], atol=1e-4)
    assert subprocess.run([program], input="", capture_output=True, check=False).returncode == 2


def test_the_header_describes_what_goes_in_and_out(people, tmp_path):
    bundle = bundle_of(tmp_path / "b", people["S01"], "gru", MODELS["gru"])
    made = compile_bundle(bundle, tmp_path / "c")
    text = (tmp_path / "c" / "gaitcast.h").read_text()
    for words in (
        f"0: {bundle.card.channels[0]} [m/s^2]", f"0: {TARGET} [deg]", "1 to 8, 10 to 80 ms",
        "at 100 Hz", "outside this code", "Warm-up: 60 samples", bundle.card.graph_sha256,
    ):  # fmt: skip
        assert words in text
    assert "set_covariates" not in text
    assert made.fits(DEVICES[0])
    assert "GRU" in made.operators
    assert "malloc" not in (tmp_path / "c" / "gaitcast.c").read_text()


def test_a_window_is_shifted_where_it_lies(people, tmp_path):
    bundle = bundle_of(tmp_path / "b", people["S01"], "ridge", {"every": 4})
    made = compile_bundle(bundle, tmp_path / "c")
    ring = 4 * np.prod(bundle.card.state["state_ring"])
    assert made.state_bytes > ring
    assert made.work_bytes < ring / 2
    assert "memmove(state.ring" in (tmp_path / "c" / "gaitcast.c").read_text()


def test_an_operator_without_translation_is_named(people, tmp_path, monkeypatch):
    bundle = bundle_of(tmp_path / "b", people["S01"], "gru", MODELS["gru"])
    with pytest.raises(GaitcastError, match="'int4'"):
        compile_bundle(bundle, tmp_path / "c", "int4")
    monkeypatch.delitem(TRANSLATIONS, "GRU")
    with pytest.raises(GaitcastError, match=r"node 'network_node_GRU_\d+': operator GRU"):
        compile_bundle(bundle, tmp_path / "c")
    options = {"every": 6, "components": 40, "largest": 400}
    bundle = bundle_of(tmp_path / "k", people["S01"], "kernel-ridge", options)
    with pytest.raises(GaitcastError, match=r"operator Cast.*float64"):
        compile_bundle(bundle, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_the_command_prints_what_it_takes_and_which_parts_hold_it(
    people, tmp_path, monkeypatch, capsys
):
    bundle_of(tmp_path / "b", people["S01"], "gru", MODELS["gru"])
    words = ["gaitcast", "compile", tmp_path / "b", "--out", tmp_path / "c", "--weights", "int8"]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    shown = capsys.readouterr().out
    for word in ("RAM", "flash", "multiply-adds", "Cortex-M4", "Cortex-M7", "ESP32", "estimates"):
        assert word in shown
    assert {p.name for p in (tmp_path / "c").iterdir()} == {"gaitcast.h", "gaitcast.c", "main.c"}
