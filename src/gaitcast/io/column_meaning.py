"""What a column holds, as far as its name says, and why a name says too little."""

from __future__ import annotations

from dataclasses import dataclass


class UnclearError(ValueError):
    """Why a column's name says nothing that can be used."""


@dataclass(frozen=True)
class Meaning:
    """What a column holds, as far as its name says.

    Parameters
    ----------
    side, segment : str
        As in channel names; empty where the name does not give them.
    quantity, axis : str
        As in channel names.
    sign : float
        -1 where the name's positive direction is the negative one here.
    unit : str
        As :func:`gaitcast.units.factor` takes it; empty where nothing states it.
    remark : str
        What a user should know.
    gravity_free : bool
        Of an acceleration whose name says that gravity was taken off.
    """

    side: str
    segment: str
    quantity: str
    axis: str
    sign: float = 1.0
    unit: str = ""
    remark: str = ""
    gravity_free: bool = False

    @property
    def channel(self) -> str:
        """Name of the channel, with ``SIDE`` and ``SEGMENT`` for what is asked."""
        return "_".join((self.side or "SIDE", self.segment or "SEGMENT", self.quantity, self.axis))

    @property
    def asked(self) -> str:
        """What the name does not say; empty if it says all."""
        missing = [
            word for word, known in (("side", self.side), ("segment", self.segment)) if not known
        ]
        return " and ".join(missing)


class PlaneUnclearError(UnclearError):
    """The name of a joint's column says x, y or z, which is no plane.

    Parameters
    ----------
    meaning : Meaning
        With that axis.
    """

    def __init__(self, meaning: Meaning) -> None:
        super().__init__(f"'{meaning.axis}' of a joint says no plane")
        self.meaning = meaning
