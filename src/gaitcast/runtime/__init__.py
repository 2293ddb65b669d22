"""Run a `Bundle` live: needs only numpy and onnxruntime."""

from gaitcast.runtime.bundle import Bundle, Card
from gaitcast.runtime.clock import UniformClock
from gaitcast.runtime.engine import Engine, Forecast
from gaitcast.runtime.latency import Latency, measure

__all__ = ["Bundle", "Card", "Engine", "Forecast", "Latency", "UniformClock", "measure"]
