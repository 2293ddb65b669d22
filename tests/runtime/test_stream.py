"""A stream that is cut: rows, state, exit code; and one that goes on for long."""

import contextlib
import io
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from unittest import mock

import numpy as np
import pytest

from gaitcast.deploy import write_bundle
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, Engine
from gaitcast.signal import Butterworth, Chain
from gaitcast.tasks import Scaler
from gaitcast.training import Predictor

CHANNELS = ("right_foot_acc_x", "right_foot_acc_y", "right_foot_acc_z")
TARGET = ("right_ankle_angle_flexion",)
COMMANDS = {
    "gaitcast": ["gaitcast.cli", "stream", "BUNDLE", "--source", "stdin"],
    "device": ["gaitcast.runtime", "stream", "BUNDLE"],
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A filter and a recurrent network: the state matters."""
    chain = Chain([Butterworth(20.0)], CHANNELS, 100.0)
    model = build("gru", Signature(chain.channels, TARGET, 20, 5, 100.0), {"units": 8}, seed=1)
    scalers = (Scaler(np.zeros(3), np.ones(3)), Scaler(np.zeros(1), np.ones(1)))
    folder = tmp_path_factory.mktemp("bundles") / "b"
    return write_bundle(chain, Predictor("gru", {"units": 8}, model, *scalers), folder)


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(2)
    count = 12_000
    time_s = (np.arange(count) + rng.uniform(-0.2, 0.2, count)) / 100
    lines = np.column_stack([time_s, rng.normal(size=(count, 3)).cumsum(axis=0) / 10])
    return [",".join(f"{v:.5f}" for v in line) for line in lines]


def rows_of(engine, lines):
    """What an unbroken engine gives for these samples, as rows of a file."""
    rows = []
    for line in lines:
        stamp, *sample = (float(v) for v in line.split(","))
        rows += [
            ",".join([f"{f.time_s:.4f}", *(f"{v:.4f}" for v in f.values.ravel())])
            for f in engine.push(stamp, np.array(sample))
        ]
    return rows


@pytest.fixture(scope="module")
def whole(bundle, samples):
    return rows_of(Engine(Bundle.load(bundle)), samples)


@contextlib.contextmanager
def started(command, bundle, *options):
    words = [str(bundle) if word == "BUNDLE" else word for word in COMMANDS[command]]
    process = subprocess.Popen(
        [sys.executable, "-m", *words, *map(str, options)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=20)
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def feed(process, lines):
    with contextlib.suppress(BrokenPipeError, ValueError):
        for line in lines:
            process.stdin.write(line + "\n")
        process.stdin.flush()


def wait_for(condition, process, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.01)


def written(path):
    return path.read_text().splitlines()[1:] if path.exists() else []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_cut_stream_goes_on_as_an_unbroken_one(bundle, samples, whole, tmp_path, command, number):
    out, state = tmp_path / "rows.csv", tmp_path / "state.npz"
    out.write_text("an older file\n")
    with started(command, bundle, "--out", out, "--state", state) as process:
        writer = threading.Thread(target=feed, args=(process, samples), daemon=True)
        writer.start()
        wait_for(lambda: len(written(out)) > 800, process)  # in the middle of samples
        process.send_signal(number)
        assert process.wait(timeout=20) == 128 + number
        writer.join(timeout=20)
        error = process.stderr.read()
    assert len(error.splitlines()) == 1
    assert "interrupted" in error
    first = written(out)
    assert 800 < len(first) < len(whole)
    assert first == whole[: len(first)]
    # The state is that after the last row: what comes then is what an unbroken stream gives.
    engine = Engine(Bundle.load(bundle))
    engine.load_state(state)
    seen_s = engine.state()["clock"][2]
    rest = [line for line in samples if float(line.split(",")[0]) > seen_s + 1e-9][:500]
    again = tmp_path / "again.csv"
    with started(command, bundle, "--out", again, "--state", state) as process:
        process.communicate("\n".join(rest) + "\n", timeout=60)
        assert process.returncode == 0
    assert len(written(again)) > 450
    assert written(again) == whole[len(first) : len(first) + len(written(again))]
    assert written(again) == rows_of(engine, rest)


@pytest.mark.parametrize("command", COMMANDS)
def test_rows_and_state_are_there_while_the_stream_waits(bundle, samples, whole, tmp_path, command):
    out, state = tmp_path / "rows.csv", tmp_path / "state.npz"
    with started(command, bundle, "--out", out, "--state", state) as process:
        feed(process, samples[:300])
        wait_for(lambda: len(written(out)) > 270, process)
        time.sleep(1.0)
        feed(process, samples[300:301])
        wait_for(state.exists, process, 5)
        process.kill()  # no chance to write anything more
        process.wait(timeout=20)
    assert written(out) == whole[: len(written(out))]
    engine = Engine(Bundle.load(bundle))
    engine.load_state(state)
    assert rows_of(engine, samples[301:400]) == whole[len(written(out)) :][:99]


def test_a_line_that_is_no_sample_is_left_out(bundle, samples, whole, tmp_path):
    out, state = tmp_path / "rows.csv", tmp_path / "state.npz"
    with started("device", bundle, "--out", out, "--state", state) as process:
        lines = [*samples[:100], "1.0,0"]
        _, error = process.communicate("\n".join(lines) + "\n", timeout=60)
        assert process.returncode == 0
    assert "warning: lines that are no samples are left out, such as '1.0,0'" in error
    first = written(out)
    assert len(first) > 50
    assert first == whole[: len(first)]
    engine = Engine(Bundle.load(bundle))
    engine.load_state(state)
    then = rows_of(engine, samples[100:200])
    assert then == whole[len(first) : len(first) + len(then)]


def test_without_a_forecast_the_file_has_its_heading_only(bundle, samples, tmp_path):
    out = tmp_path / "rows.csv"
    with started("device", bundle, "--out", out) as process:
        process.communicate("\n".join(samples[:3]) + "\n", timeout=60)
        assert process.returncode == 0
    assert out.read_text().splitlines()[0].startswith("time_s,right_ankle_angle_flexion+10ms")


def unheard(*_, **__):
    """Instead of printing; a mock would keep what it is called with."""


class Probe:
    """Lines of samples without end; notes the memory in use on the way."""

    def __init__(self, lines, at):
        self.lines, self.at, self.used = lines, at, []

    def __iter__(self):
        for number, line in enumerate(self.lines):
            if number in self.at:
                self.used.append(tracemalloc.get_traced_memory()[0])
            yield line


@pytest.mark.parametrize("out", [True, False])
def test_memory_does_not_grow_with_the_stream(bundle, samples, tmp_path, out):
    from gaitcast.cli import main

    probe = Probe(samples[:9000], {1000, 8000})
    words = ["gaitcast", "stream", str(bundle), "--source", "stdin"]
    words += ["--out", str(tmp_path / "rows.csv")] if out else []
    tracemalloc.start()
    try:
        with (
            mock.patch.object(sys, "argv", words),
            mock.patch.object(sys, "stdin", probe),
            mock.patch("typer.echo", unheard),
            contextlib.redirect_stderr(io.StringIO()) as error,
            pytest.raises(SystemExit) as end,
        ):
            main()
    finally:
        tracemalloc.stop()
    assert not end.value.code, error.getvalue()
    assert probe.used[1] - probe.used[0] < 50_000


def test_percentiles_of_numbers_as_they_come():
    from gaitcast.runtime.latency import Spread

    rng = np.random.default_rng(0)
    values = np.exp(rng.normal(4, 1, 20_000))
    spread = Spread()
    assert np.isnan(spread.percentile(50))
    for value in [*values, 0.0, 1e12]:
        spread.add(value)
    for percent in (1, 10, 50, 90, 99):
        assert spread.percentile(percent) == pytest.approx(np.percentile(values, percent), rel=0.01)
    assert (spread.count, spread.largest) == (20_002, 1e12)
