"""Ankle impedance over stance: identification, quasi-stiffness, where a line fits best."""

from gaitcast.impedance.least_squares import REASONS, Impedance, identify
from gaitcast.impedance.stances import Stances, cut_stances, local_polynomial_ms

__all__ = ["REASONS", "Impedance", "Stances", "cut_stances", "identify", "local_polynomial_ms"]
