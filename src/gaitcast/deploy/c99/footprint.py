"""What a compiled bundle needs of a device, and which devices have it: an estimate."""

from __future__ import annotations

from dataclasses import dataclass

#: Bytes of machine code for a line of the step (`gcc -Os` for x86-64 makes 9 to 13 of it), and of
#: the mathematical functions with start-up code.
CODE_BYTES_PER_LINE, LIBRARY_BYTES = 13, 12_000
#: Bytes of stack and of what else runs on the device.
STACK_BYTES = 4_096


@dataclass(frozen=True)
class Device:
    """A class of microcontrollers, by typical parts: bytes of RAM for static arrays, of flash."""

    name: str
    ram: int
    flash: int


#: Of an ESP32's 520 kB, ESP-IDF gives 160 kB to static arrays.
DEVICES = (
    Device("Cortex-M4", 256_000, 1_000_000),
    Device("Cortex-M7", 1_000_000, 2_000_000),
    Device("ESP32", 160_000, 4_000_000),
)


@dataclass(frozen=True)
class Footprint:
    """What the code of one bundle takes.

    Parameters
    ----------
    state_bytes, work_bytes : int
        RAM: carried from step to step, and working memory.
    weight_bytes : int
        Flash: constants, exact.
    code_lines : int
        Of the function ``gaitcast_step``.
    lines : int
        Of all generated C.
    multiply_adds : int
        Of matrix operators, per step.
    operators : tuple of str
        Of the graph, once each.
    """

    state_bytes: int
    work_bytes: int
    weight_bytes: int
    code_lines: int
    lines: int
    multiply_adds: int
    operators: tuple[str, ...]

    @property
    def ram_bytes(self) -> int:
        """State, working memory and an allowance for the stack."""
        return self.state_bytes + self.work_bytes + STACK_BYTES

    @property
    def flash_bytes(self) -> int:
        """Constants, and an estimate of the machine code with the mathematical functions."""
        return self.weight_bytes + CODE_BYTES_PER_LINE * self.code_lines + LIBRARY_BYTES

    def fits(self, device: Device) -> bool:
        """Whether RAM and flash of a device hold it."""
        return self.ram_bytes <= device.ram and self.flash_bytes <= device.flash
