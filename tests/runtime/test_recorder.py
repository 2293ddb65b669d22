"""Recordings of a stream, read by the reference reader: nothing is changed, little is lost."""

import errno
import json
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import pyxdf

from gaitcast import load
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.pipeline import Pipeline
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.recorder import Recorder
from gaitcast.runtime.recorder_streams import MOST_ROWS
from gaitcast.runtime.sinks import csv_names
from gaitcast.simulate import simulate

ANGLE = "right_ankle_angle_flexion"


@pytest.fixture(scope="module")
def people():
    return list(simulate(2, 0.6, seed=3))


@pytest.fixture(scope="module")
def bundle(people, tmp_path_factory):
    pipe = Pipeline(
        inputs=["right_foot_gyr_*", ANGLE],
        targets=[ANGLE],
        history_ms=200,
        horizon_ms=50,
        model="ridge",
    )
    pipe.fit(Cohort("simulated", (people[0],)))
    return pipe.export(tmp_path_factory.mktemp("recorded") / "bundle")


@pytest.fixture(scope="module")
def card(bundle):
    return Bundle.load(bundle).card


@pytest.fixture(scope="module")
def walk(people, card):
    """Time stamps with jitter, and samples."""
    jitter_s = np.random.default_rng(0).uniform(-1e-3, 1e-3, len(people[1].time_s))
    return people[1].time_s + jitter_s, people[1].matrix(card.channels)


def streams_of(path: Path) -> dict[str, dict]:
    found, _ = pyxdf.load_xdf(path)
    return {stream["info"]["name"][0]: stream for stream in found}


def record(path, card, walk, made=None):
    with Recorder(path, card) as recorder:
        for time_s, sample in zip(*walk, strict=True):
            recorder.add(time_s, sample, made(time_s, sample) if made else ())
    return path


def test_the_reference_reader_gives_back_what_came(bundle, card, walk, tmp_path):
    engine, made = Engine(Bundle.load(bundle)), []
    samples = walk[1].copy()
    samples[40, 1] = np.nan
    with Recorder(tmp_path / "new" / "r.xdf", card) as recorder:
        for time_s, sample in zip(walk[0], samples, strict=True):
            forecasts = engine.push(time_s, sample)
            made += forecasts
            recorder.add(time_s, sample, forecasts)
            if len(made) == 7:
                recorder.mark(time_s, "stairs & <Türe>")
    found = streams_of(tmp_path / "new" / "r.xdf")
    raw = found["samples"]
    np.testing.assert_array_equal(raw["time_stamps"], walk[0])
    np.testing.assert_array_equal(raw["time_series"], samples)
    channels = raw["info"]["desc"][0]["channels"][0]["channel"]
    assert [c["label"][0] for c in channels] == list(card.channels)
    assert [c["unit"][0] for c in channels] == list(card.units)
    assert float(raw["info"]["nominal_srate"][0]) == card.raw_hz
    assert int(raw["footer"]["info"]["sample_count"][0]) == len(samples)
    channels = found["forecasts"]["info"]["desc"][0]["channels"][0]["channel"]
    assert [c["label"][0] for c in channels] == csv_names(card)[1:]
    assert {c["unit"][0] for c in channels} == set(card.target_units)
    np.testing.assert_array_equal(found["forecasts"]["time_stamps"], [f.time_s for f in made])
    np.testing.assert_array_equal(
        found["forecasts"]["time_series"], [f.values.ravel() for f in made]
    )
    assert found["marks"]["time_series"] == [["stairs & <Türe>"]]


def test_a_recording_is_never_overwritten(card, walk, tmp_path):
    path = record(tmp_path / "r.xdf", card, walk)
    before = path.read_bytes()
    with pytest.raises(GaitcastError, match="never overwritten"):
        Recorder(path, card)
    late = Recorder(tmp_path / "late.xdf", card)
    (tmp_path / "late.xdf").write_bytes(b"another program's")
    with pytest.raises(GaitcastError, match="never overwritten"):
        late.add(0.0, walk[1][0])
    assert (tmp_path / "late.xdf").read_bytes() == b"another program's"
    assert path.read_bytes() == before
    with pytest.raises(GaitcastError, match=r"Name it \.xdf"):
        Recorder(tmp_path / "r.csv", card)


def test_without_a_sample_there_is_no_file(card, tmp_path):
    with Recorder(tmp_path / "r.xdf", card):
        pass
    assert not (tmp_path / "r.xdf").exists()


def test_a_full_disk_is_one_error_and_leaves_whole_chunks(card, walk, tmp_path):
    path = tmp_path / "r.xdf"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    recorder, count = Recorder(path, card), 0
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
        with pytest.raises(GaitcastError, match=r"cannot write.*recorded before is kept"):
            for k in range(100_000):
                recorder.add(k / 100, walk[1][0])
                count = k
        with pytest.raises(GaitcastError, match="cannot write"):
            recorder.add(1e6, walk[1][0])
        recorder.close()  # no second error
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    kept = streams_of(path)["samples"]["time_stamps"]
    assert count - MOST_ROWS <= len(kept) <= count
    np.testing.assert_array_equal(kept, np.arange(len(kept)) / 100)


def test_a_disk_that_is_full_from_the_start_leaves_no_file(card, walk, tmp_path, monkeypatch):
    from gaitcast.runtime import recorder as module

    class Full(module.FileIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda path, mode, **_: Full(path, mode))
    recorder = Recorder(tmp_path / "r.xdf", card)
    with pytest.raises(GaitcastError, match="No space left on device"):
        recorder.add(0.0, walk[1][0])
    assert not (tmp_path / "r.xdf").exists()


def test_what_waits_is_bounded_and_written_without_samples_too(card, walk, tmp_path, monkeypatch):
    path, now_s = tmp_path / "r.xdf", 0.0
    monkeypatch.setattr("gaitcast.runtime.recorder.time.monotonic", lambda: now_s)
    with Recorder(path, card) as recorder:
        recorder.add(0.0, walk[1][0])
        for k in range(1, 10_000):
            recorder.add(k / 100, walk[1][0])
            recorder.mark(k / 100, "m" * 5000)
        assert len(streams_of(path)["samples"]["time_stamps"]) > 10_000 - MOST_ROWS - 1
        now_s = 0.6
        recorder.keep()
        assert len(streams_of(path)["samples"]["time_stamps"]) == 10_000
        recorder.add(np.nan, walk[1][0])
        recorder.add(np.inf, walk[1][0])
    found = streams_of(path)
    assert len(found["samples"]["time_stamps"]) == 10_000
    marks = [m for (m,) in found["marks"]["time_series"]]
    assert len(marks) == 10_000
    assert len(marks[0]) == 1000
    assert marks[-1] == "samples without a time stamp are left out"


def test_a_recording_is_loaded_as_any_other(bundle, card, walk, tmp_path):
    time_s, samples = walk[0].copy(), walk[1].copy()
    time_s[100:] += 0.4  # lost samples must not be smoothed away
    samples[10, 0] = np.nan
    path = tmp_path / "P07_walk.xdf"
    record(path, card, (time_s, samples), Engine(Bundle.load(bundle)).push)
    (trial,) = load(path)
    assert trial.channels == card.channels
    assert (trial.subject, trial.rate_hz) == ("P07", card.raw_hz)
    np.testing.assert_allclose(trial.time_s, time_s - time_s[0], atol=1e-9)
    np.testing.assert_array_equal(trial.samples, samples)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def wait_for(condition, process, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.01)


def test_killed_in_the_middle_at_most_a_second_is_lost(bundle, card, walk, tmp_path):
    path, port = tmp_path / "P07_walk.xdf", free_port()
    words = ["-m", "gaitcast.cli", "stream", str(bundle), "--source", f"udp://127.0.0.1:{port}"]
    process = subprocess.Popen(
        [sys.executable, *words, "--record", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = [
        json.dumps({"time_s": float(t), **dict(zip(card.channels, x.tolist(), strict=True))})
        for t, x in zip(*walk, strict=True)
    ]
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:

            def send(k: int) -> None:
                out.sendto(lines[k].encode(), ("127.0.0.1", port))

            def begun() -> bool:
                send(0)  # repeated until the process listens
                time.sleep(0.05)
                return path.exists()

            wait_for(begun, process)
            begin = time.monotonic()
            sent = []
            for k in range(1, 400):
                time.sleep(max(0.0, begin + k / 100 - time.monotonic()))
                send(k)
                sent.append(k)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=20) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait(timeout=20)
        process.stderr.close()
    found = streams_of(path)
    stamps, values = (found["samples"][name] for name in ("time_stamps", "time_series"))
    assert stamps[-1] > walk[0][sent[-1]] - 1.0
    first = int(np.searchsorted(stamps, walk[0][1]))
    np.testing.assert_array_equal(stamps[first:], walk[0][1 : 1 + len(stamps) - first])
    np.testing.assert_array_equal(values[first:], walk[1][1 : 1 + len(stamps) - first])
    assert len(found["forecasts"]["time_stamps"]) > 100
    (trial,) = load(path)
    assert trial.channels == card.channels
