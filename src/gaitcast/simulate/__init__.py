"""A simulated cohort whose truth is known."""

from gaitcast.simulate.cohort import load_simulated, simulate

__all__ = ["load_simulated", "simulate"]
