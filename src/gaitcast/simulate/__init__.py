"""A simulated cohort with known truth."""

from gaitcast.simulate.camera import film
from gaitcast.simulate.imu import virtual_imu
from gaitcast.simulate.laboratory import simulate_ankles
from gaitcast.simulate.population import load_simulated, simulate

__all__ = ["film", "load_simulated", "simulate", "simulate_ankles", "virtual_imu"]
