"""Shipped study files, one TOML each."""
