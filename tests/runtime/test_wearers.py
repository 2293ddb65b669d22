"""Many wearers on one machine: apart from each other, no more than fit, kept from day to day."""

import json
import socket
import threading
from contextlib import contextmanager

import numpy as np
import pytest

from gaitcast.deploy import write_bundle
from gaitcast.errors import GaitcastError
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.addresses import parse_address
from gaitcast.runtime.binary_packets import read_forecasts, samples_frame
from gaitcast.runtime.serving import serve_wearers
from gaitcast.runtime.wearers import Wearers, measured_capacity
from gaitcast.signal import Butterworth, Chain
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

CHANNELS = ("right_foot_gyr_x", "right_ankle_angle_flexion")


def walk(seed, count=300):
    draw = np.random.default_rng(seed)
    phase = np.arange(count) / 100 / draw.uniform(0.9, 1.2) * 2 * np.pi + seed
    return np.column_stack([100 * np.cos(phase), 10 * np.sin(phase)])


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    signature = Signature(CHANNELS, CHANNELS[1:], 30, 5, 100.0)
    chain, made = Chain([Butterworth(20)], CHANNELS, 100.0), {}
    for name, options in (("gru", {"units": 4}), ("wearer-memory", {"memory_s": 3.0, "rank": 4})):
        rows = walk(0).astype(np.float32)
        series = Series(Span("t", 0, len(rows)), rows, rows[:, 1:])
        forecaster = build(name, signature, options)
        scalers = (Scaler.fit("standard", [x]) for x in (series.features, series.targets))
        predictor = Predictor(name, options, forecaster, *scalers)
        if name == "wearer-memory":
            forecaster.fit(signature.windows(predictor.scaled([series])))
        path = write_bundle(chain, predictor, tmp_path_factory.mktemp("b") / name)
        made[name] = Bundle.load(path)
    return made


@pytest.mark.parametrize("name", ["gru", "wearer-memory"])
def test_what_one_wearer_sends_reaches_no_other(bundles, name):
    bundle, draw = bundles[name], np.random.default_rng(0)
    wearers, alone = Wearers(bundle, capacity=3), Engine(bundle)
    for who in ("anna", "ben", "carl"):
        wearers.admit(who)
    own, ben = walk(1), walk(2)
    found, wanted = [], []
    for k in range(len(own)):
        spoilt = np.where(draw.random(2) < 0.5, np.nan, 1e9 * draw.standard_normal(2))
        wearers.push("carl", float(draw.normal()), spoilt)
        found += [f.values for f in wearers.push("anna", k / 100, own[k])]
        wearers.push("ben", k / 100, ben[k])
        wanted += [f.values for f in alone.push(k / 100, own[k])]
    assert len(found) > 200
    np.testing.assert_array_equal(found, wanted)


def test_no_more_than_the_capacity_are_admitted(bundles):
    wearers = Wearers(bundles["gru"], capacity=2)
    wearers.admit("anna")
    with pytest.raises(GaitcastError, match="is here already"):
        wearers.admit("anna")
    wearers.admit("ben")
    with pytest.raises(GaitcastError, match=r"'carl' cannot be served: there are 2 already"):
        wearers.admit("carl")
    with pytest.raises(GaitcastError, match="was not admitted"):
        wearers.push("carl", 0.0, np.zeros(2))
    wearers.push("ben", 0.0, np.zeros(2), now_s=100.0)
    assert wearers.leave_silent(101.0, 60.0) == ["anna"]
    assert len(wearers) == 1
    wearers.admit("carl")
    with pytest.raises(GaitcastError, match="a capacity of 0"):
        Wearers(bundles["gru"], capacity=0)


def test_the_capacity_is_measured(bundles):
    assert measured_capacity(bundles["gru"]) > measured_capacity(bundles["gru"], 400.0) >= 1


def test_what_was_learnt_of_each_wearer_is_kept(bundles, tmp_path):
    first, second = (
        Wearers(bundles["wearer-memory"], capacity=2, profiles=tmp_path) for _ in range(2)
    )
    engine = first.admit("anna")
    begins = {k: v.copy() for k, v in engine.profile().items()}
    for k, row in enumerate(walk(3)):
        first.push("anna", k / 100, row)
    learnt = engine.profile()
    first.leave("anna")
    today = second.admit("anna").profile()
    assert any((learnt[k] != begins[k]).any() for k in learnt)
    for key, value in learnt.items():
        np.testing.assert_array_equal(value, today[key])
    assert [p.name for p in tmp_path.iterdir()] == ["anna.npz"]


@contextmanager
def served(bundle, said):
    """A server of at most two wearers, and a device that is connected to it."""
    ended = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, channels = parse_address(f"udp://:{port}"), bundle.card.channels
    wearers = Wearers(bundle, capacity=2)
    server = threading.Thread(
        target=serve_wearers, args=(wearers, channels, address, said.append, ended.is_set)
    )
    server.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.connect(("127.0.0.1", port))
        device.settimeout(10)
        threading.Event().wait(0.3)
        try:
            yield device
        finally:
            ended.set()
            server.join(timeout=10)
    assert not server.is_alive()


def test_wearers_are_served_over_udp(bundles):
    said = []
    rows, alone = walk(1, 60), Engine(bundles["gru"])
    wanted = [f.values for k in range(60) for f in alone.push(k / 100, rows[k])]
    with served(bundles["gru"], said) as device:
        found = []
        for k in range(60):
            sample = dict(zip(CHANNELS, rows[k].tolist(), strict=True))
            for who in ("anna", "ben"):
                packet = {"wearer": who, "time_s": k / 100, **sample}
                device.send(json.dumps(packet).encode())
            if k >= alone.card.warmup - 1:
                found += [json.loads(device.recv(9999)) for _ in range(2)]
        for who in ("../etc", "carl", None):
            packet = {"wearer": who, "time_s": 0, CHANNELS[0]: 1.0}
            device.send(json.dumps(packet).encode())
        answer = json.loads(device.recv(9999))
    assert answer["wearer"] == "carl"
    assert "cannot be served" in answer["error"]
    assert sum("without the name of a wearer" in line for line in said) == 1
    for who in ("anna", "ben"):
        own = [f["values"] for f in found if f["wearer"] == who]
        np.testing.assert_allclose(own, wanted, atol=1e-4)


def test_a_gateway_sends_samples_of_many_in_one_packet(bundles):
    said, rows, alone = [], [walk(k, 60) for k in (1, 2)], Engine(bundles["gru"])
    wanted = [f.values[:, 0] for k in range(60) for f in alone.push(k / 100, rows[1][k])]
    with served(bundles["gru"], said) as device:
        numbers = []
        for who in ("anna", "ben"):
            device.send(json.dumps({"wearer": who, "frames": True}).encode())
            numbers.append(json.loads(device.recv(9999))["number"])
        device.send(json.dumps({"wearer": "carl", "frames": True}).encode())
        assert "cannot be served" in json.loads(device.recv(9999))["error"]
        device.send(b"GCS1 and no samples")
        device.send(samples_frame([1], [0.0], np.zeros((1, 3))))
        found = []
        for k in range(60):
            stranger = 1 + max(numbers)
            samples = np.array([rows[0][k], rows[1][k], [np.nan, 1.0]])
            device.send(samples_frame([*numbers, stranger], np.full(3, k / 100), samples))
            if k >= alone.card.warmup - 1:
                found.append(read_forecasts(device.recv(9999)))
    assert len(set(numbers)) == 2
    assert sum("packets that are no samples" in line for line in said) == 1
    read = np.concatenate(found)
    assert set(read["number"]) == set(numbers)
    own = read["values"][read["number"] == numbers[1]]
    np.testing.assert_allclose(own, wanted, atol=1e-3)


def test_a_wearer_says_what_the_bundle_asks_of_them(tmp_path):
    signature = Signature(CHANNELS, CHANNELS[1:], 30, 5, 100.0, covariates=("mass_kg",))
    rows = walk(0).astype(np.float32)
    columns = np.column_stack([rows, np.linspace(60, 80, len(rows))]).astype(np.float32)
    forecaster = build("gru", signature, {"units": 4})
    features, targets = (Scaler.fit("standard", [x]) for x in (columns, rows[:, 1:]))
    ends = (np.array([-1e30, -1e30, 60.0]), np.array([1e30, 1e30, 80.0]))
    predictor = Predictor(
        "gru", {"units": 4}, forecaster, Scaler(features.offset, features.scale, *ends), targets
    )
    bundle = Bundle.load(write_bundle(Chain([], CHANNELS, 100.0), predictor, tmp_path / "b"))
    said = []
    with served(bundle, said) as device:

        def send(who, count, **more):
            for k in range(count):
                sample = dict(zip(CHANNELS, rows[k].tolist(), strict=True))
                device.send(
                    json.dumps({"wearer": who, "time_s": k / 100, **sample, **more}).encode()
                )
            return json.loads(device.recv(9999))

        refused = send("carl", 1)
        given = send("anna", 30, covariates={"mass_kg": 70})
        heavy = send("ben", 30, covariates={"mass_kg": 120})
        device.send(b'{"wearer": "eve", "time_s": 0, "right_foot_gyr_x": 1, "covariates": [7]}')
    assert "mass_kg of the wearer is not given" in refused["error"]
    for answer, mass in ((given, 70.0), (heavy, 120.0)):
        engine = Engine(bundle, {"mass_kg": mass})
        wanted = [f.values for k in range(30) for f in engine.push(k / 100, rows[k])]
        np.testing.assert_allclose(answer["values"], wanted[0], atol=1e-4)
    assert sum("mass_kg" in line and "ben" in line for line in said) == 1
