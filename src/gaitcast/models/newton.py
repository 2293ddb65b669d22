"""Newton's law on the segments that carry sensors: ground reaction without training."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from annotated_types import Gt
from torch import Tensor

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.errors import GaitcastError
from gaitcast.models.base import State, StatefulForecaster
from gaitcast.models.signature import Signature

#: Share of the body mass that moves with each sensor (de Leva 1996, mean of women and men). The
#: mass above the hips is given to trunk and pelvis, half each where both have a sensor.
_MASS = {"thigh": 0.145, "shank": 0.046, "foot": 0.013}
_UPPER = 1 - 2 * sum(_MASS.values())
#: Shank angular velocity of mid-swing, deg/s, and longest time without a heel strike, s.
_SWING, _LONG = -100.0, 3.0


class Newton(StatefulForecaster):
    """Sum of mass times specific force over the segments, shared between the feet.

    The whole ground reaction is the sum over segments of mass share times accelerometer reading
    (acceleration and gravity in one). A foot takes over the load from its own heel strike on and
    hands it over at the other foot's, along half a cosine of `double_support_ms`. Heel strikes are
    zero crossings of the shanks' angular velocity after mid-swing.

    Parameters
    ----------
    signature : Signature
        Targets are ``SIDE_foot_grf_AXIS`` (N/kg); the inputs hold accelerometers of the pelvis or
        the trunk, and both shanks' ``gyr_y``; thighs and feet are used where present.
    double_support_ms : float
        Time that a foot takes to hand over the load.

    Raises
    ------
    GaitcastError
        If a target is not a ground reaction, or a needed sensor is not among the inputs.

    Notes
    -----
    State: per shank, its last angular velocity, whether it has swung, and the rest of the three
    seconds since its heel strike. Steps ahead of the present get the present force.

    Differences from Ren et al. (J Biomech 41:2750, 2008), whose smooth transition it uses: sensor
    axes are taken as level (x ahead, y left, z up) instead of turned by the segment's attitude,
    sensors as mounted at the centre of mass; all components are handed over alike, and the double
    support has the same duration for all people. Without a strike for three seconds a person is
    taken to stand, with half of the load on each foot.
    """

    scaling: ClassVar[str] = "none"
    weights: Tensor

    def __init__(
        self, signature: Signature, double_support_ms: Annotated[float, Gt(0)] = 140.0
    ) -> None:
        super().__init__(signature)
        targets = [Channel.parse(name) for name in signature.targets]
        for target in targets:
            if target.quantity != "grf" or target.side not in ("left", "right"):
                raise GaitcastError(
                    f"gives the ground reaction per mass and no '{target.name}'",
                    where="model 'newton'",
                )
        self.hand_over_s = double_support_ms / 1000
        self.register_buffer("weights", self._weights([VECTOR_AXES.index(t.axis) for t in targets]))
        self.shanks = [self._column(f"{side}_shank_gyr_y") for side in ("left", "right")]
        self.sides = [("left", "right").index(t.side) for t in targets]

    def _column(self, channel: str) -> int:
        if channel not in self.signature.inputs:
            raise GaitcastError(
                f"needs '{channel}' among the inputs",
                where="model 'newton'",
                hint="It reads IMUs of pelvis or trunk and of both shanks",
            )
        return self.signature.inputs.index(channel)

    def _weights(self, axes: list[int]) -> Tensor:
        """Mass shares by input and target, (columns, targets)."""
        inputs = self.signature.inputs
        upper = [p for p in ("center_pelvis", "center_trunk") if f"{p}_acc_z" in inputs]
        if not upper:
            self._column("center_pelvis_acc_z")
        mass = {place: _UPPER / len(upper) for place in upper}
        for part, share in _MASS.items():
            for side in ("left", "right"):
                carried = f"{side}_{part}"
                worn = f"{carried}_acc_z" in inputs
                for place in [carried] if worn else upper:
                    mass[place] = mass.get(place, 0.0) + share / (1 if worn else len(upper))
        weights = torch.zeros(self.signature.n_columns, len(axes))
        for place, share in mass.items():
            for number, axis in enumerate(axes):
                weights[self._column(f"{place}_acc_{VECTOR_AXES[axis]}"), number] = share
        return weights

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`; (B, 3, 2), zeros: no recent strike."""
        return {"shanks": torch.zeros(batch, 3, 2)}

    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulForecaster.forward`."""
        # The same memory layout for every source, so that equal samples give equal bits.
        whole = samples.contiguous() @ self.weights
        rate, shares, shanks = samples[..., self.shanks], [], state["shanks"]
        for now in range(samples.shape[1]):
            share, shanks = self._step(rate[:, now], shanks)
            shares.append(share)
        force = whole * torch.stack(shares, dim=1)[..., self.sides]
        steps = self.signature.n_steps
        return force[:, :, None, :].expand(-1, -1, steps, -1), {"shanks": shanks}

    def _step(self, rate: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One sample: share of the load that each foot carries, and the next state."""
        before, swung, left_s = state.unbind(1)
        strike = ((before < 0) & (rate >= 0)).float() * swung
        swung = torch.maximum(swung * (1 - strike), (rate < _SWING).float())
        since_s = (_LONG - left_s + 1 / self.signature.rate_hz) * (1 - strike)
        other_s = since_s.flip(-1)
        # The foot that struck last takes over from the other; in standing each carries half.
        last = (since_s < other_s).float()
        newest = torch.minimum(since_s, other_s)
        over = 0.5 - 0.5 * torch.cos(torch.pi * (newest / self.hand_over_s).clamp(max=1.0))
        walking = (newest < _LONG).float()
        share = walking * (last * over + (1 - last) * (1 - over)) + (1 - walking) / 2
        return share, torch.stack([rate, swung, (_LONG - since_s).clamp(min=0.0)], dim=1)
