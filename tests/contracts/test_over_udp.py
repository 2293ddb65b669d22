"""Every stateful model, live over UDP with jitter, gives what the offline pipeline gives."""

import json
import socket
import threading

import numpy as np
import pytest
from test_models import LARGE, STATEFUL, forecasts, predictor, setting, settings

from gaitcast.deploy import write_bundle
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.opening import open_source

__all__ = ["setting", "settings"]  # fixtures
COUNT = 400
#: So many packets are on their way at most: a buffer that is full on a busy machine drops them.
IN_FLIGHT = 50


def send(port, names, time_s, rows, room):
    draw = np.random.default_rng(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for stamp, row in zip(time_s, rows, strict=True):
            if not room.acquire(timeout=10):
                return
            sample = dict(zip(names, row.tolist(), strict=True))
            out.sendto(json.dumps({"time_s": float(stamp), **sample}).encode(), ("127.0.0.1", port))
            threading.Event().wait(float(draw.exponential(0.0003)))


@pytest.mark.parametrize("name", STATEFUL)
def test_over_udp(name, setting, tmp_path):
    assert name not in LARGE
    trial, chain, _, series = setting
    made = predictor(name, setting)
    engine = Engine(Bundle.load(write_bundle(chain, made, tmp_path / "bundle")))
    names = engine.card.channels
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    said = []
    samples = open_source([f"udp://:{port}"], names, 0.1, said.append)
    assert next(samples) is None  # it listens
    time_s, rows = trial.time_s[:COUNT], trial.matrix(names)[:COUNT]
    room = threading.Semaphore(IN_FLIGHT)
    sender = threading.Thread(target=send, args=(port, names, time_s, rows, room), daemon=True)
    sender.start()
    live, came, silent = [], 0, 0
    while came < COUNT and silent < 50:
        item = next(samples)
        silent += item is None
        if item is not None:
            came += 1
            room.release()
            live += engine.push(*item)
    samples.close()
    sender.join(timeout=10)
    offline = forecasts(made, series)[: len(live)]
    worst = np.abs(np.stack([f.values for f in live]) - offline).max()
    assert came == COUNT
    assert len(live) > COUNT // 2
    assert worst < 1e-4 * series.targets.std()
    assert not said
