"""Ankle impedance over stance: identification, quasi-stiffness, and the windows that fit best."""

from gaitcast.impedance.ensemble import Ensemble, across_steps
from gaitcast.impedance.least_squares import identify
from gaitcast.impedance.noise import with_noise
from gaitcast.impedance.perturbed import response
from gaitcast.impedance.phases import PHASES, Order, quasi_stiffness, turn_before_flat
from gaitcast.impedance.raw import ankles, stances_of
from gaitcast.impedance.refit import refit
from gaitcast.impedance.stance_fits import REASONS, Impedance
from gaitcast.impedance.stances import Stances, cut_stances
from gaitcast.impedance.step_table import step_table
from gaitcast.impedance.sweep import Sweep, sweep
from gaitcast.impedance.swing_stiffness import (
    STIFFNESS,
    shuffled_swings,
    swings,
    swings_to_events,
)

__all__ = [
    "PHASES",
    "REASONS",
    "STIFFNESS",
    "Ensemble",
    "Impedance",
    "Order",
    "Stances",
    "Sweep",
    "across_steps",
    "ankles",
    "cut_stances",
    "identify",
    "quasi_stiffness",
    "refit",
    "response",
    "shuffled_swings",
    "stances_of",
    "step_table",
    "sweep",
    "swings",
    "swings_to_events",
    "turn_before_flat",
    "with_noise",
]
