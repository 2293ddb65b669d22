"""A source, an engine and rings in a thread, without any page."""

import queue
import time

import numpy as np
import pyxdf

from gaitcast.live.live_session import LOG_LINES, LiveSession
from gaitcast.runtime import Engine


def wait_for(condition, seconds=20.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def from_queue(items):
    while (item := items.get()) != "end":
        yield item


def test_a_session_gives_what_the_engine_gives(live_bundle, samples, finished):
    engine = Engine(live_bundle)
    made = [f for stamp, sample in samples for f in engine.push(stamp, sample)]
    assert finished.state == "ended"
    assert finished.forecasts == len(made)
    np.testing.assert_array_equal(finished.newest.values, made[-1].values)
    assert finished.times.spread.count == len(samples)
    angle = np.array([sample[-1] for _, sample in samples])
    ahead = np.arange(1, 11)
    whole = [f for f in made if f.time_s + 0.1 <= samples[-1][0] + 1e-9]
    first = round((made[0].time_s - samples[0][0]) * 100)
    truth = angle[first + np.arange(len(whole))[:, None] + ahead]
    error = np.abs(truth - np.array([f.values[:, 0] for f in whole])).mean(axis=0)
    assert finished.error.compared == len(whole)
    own = finished.error.forecast[:, 0] / finished.error.compared
    np.testing.assert_allclose(own, error, rtol=1e-4, atol=1e-4)


def test_stop_leaves_samples_out_and_start_goes_on(live_bundle, samples):
    items = queue.Queue()
    session = LiveSession(Engine(live_bundle))
    assert session.state == "waiting"
    session.begin(from_queue(items))
    for item in [*samples[:60], None]:
        items.put(item)
    wait_for(lambda: session.times.spread.count == 60)
    session.stop()
    for item in samples[60:120]:
        items.put(item)
    wait_for(items.empty)
    assert session.silent_s == 0
    session.start()
    for item in samples[120:200]:
        items.put(item)
    wait_for(lambda: session.times.spread.count > 60)
    session.mark("  turned  ")
    items.put("end")
    session.join(20)
    assert session.state == "ended"
    assert 130 <= session.times.spread.count <= 145
    kinds = [(line.kind, line.text) for line in session.log]
    assert kinds[0] == ("state", "stopped")
    assert ("mark", "turned") in kinds
    assert session.forecasts > 30


def test_a_lost_sensor_is_shown_and_its_values_are_no_truth(live_bundle, samples):
    lost = [(stamp, sample.copy()) for stamp, sample in samples]
    for _, sample in lost[1400:1450]:
        sample[-1] = np.nan
    session = LiveSession(Engine(live_bundle))
    session.begin(iter(lost))
    session.join(60)
    assert any("missing" in line.text for line in session.log if line.kind == "warning")
    measured = session.error.measured.since(0)
    assert np.isnan(measured[:, 1]).sum() == 50
    assert np.isfinite(session.error.forecast).all()


def test_an_error_of_the_source_is_shown(live_bundle, samples):
    def broken():
        yield samples[0]
        raise ZeroDivisionError("odd")

    session = LiveSession(Engine(live_bundle))
    session.begin(broken())
    session.join(20)
    assert session.state == "failed"
    assert "odd" in session.log[-1].text


def test_marks_do_not_grow(live_bundle):
    session = LiveSession(Engine(live_bundle))
    for _ in range(LOG_LINES + 10):
        session.mark("x" * 1000)
    assert len(session.log) == LOG_LINES
    assert len(session.log[-1].text) == 200


def test_what_passes_between_two_presses_is_recorded(live_bundle, samples, tmp_path):
    items = queue.Queue()
    session = LiveSession(Engine(live_bundle), record_to=tmp_path)
    session.begin(from_queue(items))
    for item in samples[:50]:
        items.put(item)
    wait_for(lambda: session.times.spread.count == 50)
    session.record()
    assert session.recording
    for item in samples[50:150]:
        items.put(item)
    wait_for(lambda: session.times.spread.count == 150)
    session.mark("stairs")
    session.record()
    assert not session.recording
    items.put(samples[150])
    items.put("end")
    session.join(20)
    (path,) = tmp_path.glob("*.xdf")
    streams, _ = pyxdf.load_xdf(path, synchronize_clocks=False, dejitter_timestamps=False)
    found = {s["info"]["name"][0]: s for s in streams}
    np.testing.assert_allclose(found["samples"]["time_stamps"], [t for t, _ in samples[50:150]])
    np.testing.assert_allclose(
        found["samples"]["time_series"], [x for _, x in samples[50:150]], rtol=1e-6
    )
    assert ["stairs"] in found["marks"]["time_series"]


def test_a_recording_that_cannot_be_written_is_a_warning(live_bundle, samples, tmp_path):
    (tmp_path / "file").touch()
    items = queue.Queue()
    session = LiveSession(Engine(live_bundle), record_to=tmp_path / "file" / "folder")
    session.begin(from_queue(items))
    session.record()
    for item in [*samples[:100], "end"]:
        items.put(item)
    session.join(20)
    assert session.state == "ended"
    assert session.times.spread.count == 100
    assert any("recording ended" in line.text for line in session.log)
    LiveSession(Engine(live_bundle)).record()  # without a folder there is nothing to begin
