"""A bundle's step as C99 without dependencies, for microcontrollers."""

from gaitcast.deploy.c99.compiler import compile_bundle
from gaitcast.deploy.c99.footprint import DEVICES, Device, Footprint

__all__ = ["DEVICES", "Device", "Footprint", "compile_bundle"]
