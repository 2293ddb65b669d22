"""Studies looked at again: leaks, explanations, limb synergy."""
