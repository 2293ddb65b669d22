"""A ROS 2 node: sensor_msgs/Imu and JointState in, forecasts as std_msgs/Float32MultiArray out.

python ros2_node.py my-bundle right_shank=/imu/shank encoder=/joints
"""

import sys
import time
from functools import partial
from typing import Any

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Imu, JointState
from std_msgs.msg import Float32MultiArray, MultiArrayDimension

from gaitcast.runtime import Bundle, Engine, Forecast
from gaitcast.runtime.joined import JoinedClocks

DEG = 180 / np.pi


def sensor_of(channel: str) -> str:
    """Body segment of an IMU's channel, or ``encoder``."""
    segment, quantity, _ = channel.rsplit("_", 2)
    return segment if quantity in ("acc", "gyr") else "encoder"


def imu_values(message: Any) -> dict[str, float]:
    """REP 145: m/s^2 with gravity, rad/s; axes x ahead, y left, z up as REP 103."""
    turn, push = message.angular_velocity, message.linear_acceleration
    rates = {f"gyr_{axis}": DEG * getattr(turn, axis) for axis in "xyz"}
    return {**rates, **{f"acc_{axis}": getattr(push, axis) for axis in "xyz"}}


class Forecaster(Node):
    """`topics`: body segment -> topic of its IMU; ``encoder`` -> topic of joint angles, rad."""

    def __init__(self, bundle: str, topics: dict[str, str]) -> None:
        super().__init__("gaitcast")
        self.engine = Engine(Bundle.load(bundle))
        card = self.engine.card
        self.parts = {name: [c for c in card.channels if sensor_of(c) == name] for name in topics}
        given = [channel for part in self.parts.values() for channel in part]
        if sorted(given) != sorted(card.channels):
            raise SystemExit(f"topics give {given}, the bundle takes {list(card.channels)}")
        places = [[card.channels.index(c) for c in part] for part in self.parts.values()]
        shared = [True] * len(places)  # ROS stamps are on one clock
        self.joined = JoinedClocks(places, len(given), card.max_gap_s, 0.05, shared)
        self.out = self.create_publisher(Float32MultiArray, "gaitcast/forecast", 10)
        for number, (name, topic) in enumerate(topics.items()):
            kind, take = JointState if name == "encoder" else Imu, partial(self.take, number, name)
            self.create_subscription(kind, topic, take, qos_profile_sensor_data)

    def take(self, number: int, name: str, message: Any) -> None:
        """One message of a sensor: what it completes is pushed."""
        if name == "encoder":  # joints are named as the bundle's channels
            values = dict(zip(message.name, DEG * np.array(message.position), strict=True))
        else:
            values = {f"{name}_{key}": value for key, value in imu_values(message).items()}
        row = np.array([values.get(channel, np.nan) for channel in self.parts[name]])
        stamp_s = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        for at_s, sample in self.joined.add(number, stamp_s, row, time.monotonic()):
            for forecast in self.engine.push(at_s, sample):
                self.publish(forecast)
        if not self.engine.health.good:
            self.get_logger().warning(str(self.engine.health), throttle_duration_sec=1.0)

    def publish(self, forecast: Forecast) -> None:
        """A forecast, (step, target)."""
        message = Float32MultiArray(data=[float(v) for v in forecast.values.ravel()])
        for label, size in zip(("step", "target"), forecast.values.shape, strict=True):
            message.layout.dim.append(MultiArrayDimension(label=label, size=size))
        self.out.publish(message)


if __name__ == "__main__":
    rclpy.init()
    rclpy.spin(Forecaster(sys.argv[1], dict(word.split("=", 1) for word in sys.argv[2:])))
