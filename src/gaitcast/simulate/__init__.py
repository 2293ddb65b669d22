"""A simulated cohort whose truth is known."""

from gaitcast.simulate.camera import film
from gaitcast.simulate.cohort import load_simulated, simulate
from gaitcast.simulate.imu import virtual_imu

__all__ = ["film", "load_simulated", "simulate", "virtual_imu"]
