"""Run a `Bundle` live: needs only numpy and onnxruntime."""

from gaitcast.runtime.bundle import Bundle, Card
from gaitcast.runtime.engine import Engine
from gaitcast.runtime.first_seconds import FirstSeconds
from gaitcast.runtime.forecast import Forecast
from gaitcast.runtime.latency import Latency, measure
from gaitcast.runtime.rate import RateAdapter, UniformClock

__all__ = [
    "Bundle",
    "Card",
    "Engine",
    "FirstSeconds",
    "Forecast",
    "Latency",
    "RateAdapter",
    "UniformClock",
    "measure",
]
