"""The examples for other languages: built and run as far as the machine allows."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from gaitcast.deploy import write_bundle
from gaitcast.deploy.c99 import compile_bundle
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, Engine
from gaitcast.signal import Butterworth, Chain
from gaitcast.tasks import Scaler
from gaitcast.training import Predictor

EXAMPLES = Path(__file__).parents[2] / "examples"
CHANNELS = ("right_foot_acc_x", "right_ankle_angle_flexion")


@pytest.fixture
def bundle(tmp_path):
    signature = Signature(CHANNELS, CHANNELS[1:], 5, 3, 100.0)
    scalers = (Scaler(np.zeros(n), np.ones(n)) for n in (2, 1))
    made = Predictor("gru", {}, build("gru", signature, {"units": 4}), *scalers)
    return Bundle.load(
        write_bundle(Chain([Butterworth(20)], CHANNELS, 100.0), made, tmp_path / "b")
    )


@pytest.mark.skipif(shutil.which("g++") is None, reason="compiles with g++")
def test_the_cpp_example_builds_and_gives_forecasts(bundle, tmp_path):
    compile_bundle(bundle, tmp_path / "c")
    flags = ["-Wall", "-Wextra", "-Werror"]
    for command in (
        ["gcc", "-std=c99", *flags, "-c", tmp_path / "c" / "gaitcast.c"],
        ["g++", "-std=c++17", *flags, f"-I{tmp_path / 'c'}", "-c", EXAMPLES / "small_device.cpp"],
        ["g++", "gaitcast.o", "small_device.o", "-lm", "-o", "example"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True)
    table = "\n".join(f"{k}, {k % 7}" for k in range(20))
    done = subprocess.run(
        [tmp_path / "example"], input=table, capture_output=True, text=True, check=True
    )
    assert len([float(line) for line in done.stdout.split()]) == 20 - bundle.card.warmup + 1
    assert len((EXAMPLES / "small_device.cpp").read_text().splitlines()) <= 30


#: Stands for onnxruntime-web: each state comes back one larger.
STUB = """
import { Forecaster } from "%s";
const card = %s;
const seen = [];
class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } }
const session = { async run(feed) {
  seen.push(feed);
  const out = { forecast: new Tensor("float32", Float32Array.of(feed.sample.data[0]), [1]) };
  for (const name of Object.keys(card.state)) {
    out[`${name}_next`] = new Tensor("float32", feed[name].data.map((v) => v + 1), feed[name].dims);
  }
  return out;
} };
const ort = { Tensor, InferenceSession: { create: async () => session } };
const model = await Forecaster.load(ort, "graph.onnx", card);
const made = await Promise.all([0, 1, 2, 3, 4, 5].map((k) => model.step([k, 0], k ? 0.01 : 0)));
let refused = "";
try { await model.step([NaN, 0], 0.01); } catch (error) { refused = error.message; }
await model.step([6, 0], 0.01);
const gap = await model.step([7, 0], 1.0);
model.reset();
await model.step([8, 0], 0);
console.log(JSON.stringify({
  made: made.map((v) => v && [...v]),
  carried: seen.map((feed) => Object.keys(card.state).map((name) => feed[name].data[0])),
  dims: Object.keys(card.state).map((name) => seen[0][name].dims),
  dt: seen.map((feed) => feed.dt_s.data[0]), gap, refused,
}));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="runs with node")
def test_the_browser_example_carries_the_state(bundle, tmp_path):
    card, example = bundle.card, EXAMPLES / "browser.mjs"
    subprocess.run(["node", "--check", example], check=True)
    script = tmp_path / "stub.mjs"
    script.write_text(STUB % (example.as_uri(), card.to_json()))
    done = subprocess.run(["node", script], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert said["made"] == [None] * 4 + [[4], [5]]  # the warm-up of five samples
    assert [row[0] for row in said["carried"]] == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    assert said["dims"] == [list(size) for size in card.state.values()]
    assert said["dt"][0] == said["dt"][7] == said["dt"][8] == 0
    assert said["gap"] is None
    assert "finite number" in said["refused"]


class StubNode:
    """What rclpy's Node offers to the example."""

    def __init__(self, name):
        self.name, self.takers, self.published, self.warned = name, {}, [], []

    def create_publisher(self, *_):
        return SimpleNamespace(publish=self.published.append)

    def create_subscription(self, _kind, topic, take, _qos):
        self.takers[topic] = take

    def get_logger(self):
        return SimpleNamespace(warning=lambda text, **_: self.warned.append(text))


def stub_of_ros(monkeypatch):
    def message(**content):
        return SimpleNamespace(layout=SimpleNamespace(dim=[]), **content)

    for name, content in {
        "rclpy": {},
        "rclpy.node": {"Node": StubNode},
        "rclpy.qos": {"qos_profile_sensor_data": None},
        "sensor_msgs": {},
        "sensor_msgs.msg": {"Imu": "Imu", "JointState": "JointState"},
        "std_msgs": {},
        "std_msgs.msg": {"Float32MultiArray": message, "MultiArrayDimension": message},
    }.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    spec = importlib.util.spec_from_file_location("ros2_node", EXAMPLES / "ros2_node.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def header(at_s):
    sec = int(at_s)
    return SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=round(1e9 * (at_s - sec))))


def test_the_ros_node_gives_what_the_engine_gives(tmp_path, monkeypatch):
    channels = ("right_shank_gyr_z", "right_shank_acc_x", "right_ankle_angle_flexion")
    signature = Signature(channels, channels[2:], 5, 3, 100.0)
    scalers = (Scaler(np.zeros(n), np.ones(n)) for n in (3, 1))
    made = Predictor("gru", {}, build("gru", signature, {"units": 4}), *scalers)
    path = write_bundle(Chain([], channels, 100.0), made, tmp_path / "b")
    ros = stub_of_ros(monkeypatch)
    topics = {"right_shank": "/imu", "encoder": "/joints"}
    with pytest.raises(SystemExit, match="the bundle takes"):
        ros.Forecaster(path, {"right_shank": "/imu"})
    node, engine, wanted = ros.Forecaster(path, topics), Engine(Bundle.load(path)), []
    draw = np.random.default_rng(0)
    for k in range(40):
        at_s, (turn, push, bend) = 1.7e9 + k / 100, draw.standard_normal(3)
        turned, pushed = (SimpleNamespace(x=x, y=0.0, z=z) for x, z in ((0.0, turn), (push, 0.0)))
        imu = SimpleNamespace(
            header=header(at_s), angular_velocity=turned, linear_acceleration=pushed
        )
        node.takers["/imu"](imu)
        joints = SimpleNamespace(header=header(at_s), name=[channels[2]], position=[bend])
        node.takers["/joints"](joints)
        sample = np.array([np.degrees(turn), push, np.degrees(bend)])
        wanted += [f.values for f in engine.push(at_s, sample)]
    assert len(node.published) == len(wanted) > 30
    np.testing.assert_allclose(
        [m.data for m in node.published], np.reshape(wanted, (len(wanted), -1)), atol=1e-3
    )
    assert [(d.label, d.size) for d in node.published[0].layout.dim] == [("step", 3), ("target", 1)]
    assert len((EXAMPLES / "ros2_node.py").read_text().splitlines()) <= 80
