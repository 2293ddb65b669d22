"""People: size, segments, gait style, knees and ankles, drawn from published distributions.

Sources: stature and body mass index of European adults; segment lengths as shares of stature by
Drillis and Contini (in Winter, *Biomechanics and Motor Control of Human Movement*, 2009, fig. 4.1);
segment masses, centres of mass and radii of gyration by de Leva (*J Biomech* 29:1223, 1996, table
4); preferred speed by Bohannon and Andrews (*Physiotherapy* 97:182, 2011); the constant ratio of
step length to cadence by Sekiya and Nagasaki (*Gait Posture* 7:225, 1998); frontal knee alignment
by Moreland et al. (*J Bone Joint Surg Am* 69:745, 1987); ankle stiffness about heel strike as the
study of its prediction from the swing implies (an RMSE of 0.78 N m/rad/kg is 39 % of the mean).
Means and spreads are rounded. What these works do not give (the trunk with the head as one segment,
the distance of the hips, step width, styles) is combined or chosen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

SIDES = ("right", "left")


class Segment(NamedTuple):
    """Inertia of a segment: shares of body mass and of segment length (de Leva 1996)."""

    mass: float
    #: From the joint nearer to the hips; for the foot from the heel along the sole.
    centre: float
    #: About the medio-lateral axis through the centre of mass.
    radius: float


#: Women, men. Pelvis and trunk are measured upwards from their lower end. The trunk is everything
#: above the navel except the arms (upper and middle trunk and head together); the forearm includes
#: the hand; the radii of these three are our estimates. Only the foot's is used in the forces.
SEGMENTS: dict[str, tuple[Segment, Segment]] = {
    "pelvis": (Segment(0.1247, 0.51, 0.40), Segment(0.1117, 0.39, 0.55)),
    "trunk": (Segment(0.3678, 0.41, 0.30), Segment(0.3923, 0.41, 0.30)),
    "arm": (Segment(0.0255, 0.5754, 0.260), Segment(0.0271, 0.5772, 0.269)),
    "forearm": (Segment(0.0194, 0.66, 0.44), Segment(0.0223, 0.68, 0.45)),
    "thigh": (Segment(0.1478, 0.3612, 0.364), Segment(0.1416, 0.4095, 0.329)),
    "shank": (Segment(0.0481, 0.4416, 0.267), Segment(0.0433, 0.4459, 0.249)),
    "foot": (Segment(0.0129, 0.4014, 0.279), Segment(0.0137, 0.4415, 0.245)),
}
#: SD between people of offsets of joint angles.
POSTURE_SD_DEG = {
    "pelvis_tilt": 4.0, "trunk_lean": 2.0, "hip_rotation": 4.0, "elbow": 8.0, "shoulder": 4.0,
}  # fmt: skip
#: Lengths as shares of stature; distance of the hips, pelvis, trunk and shoulders are our choice.
_LENGTHS = {
    "thigh": 0.245, "shank": 0.246, "foot": 0.152, "ankle": 0.039, "arm": 0.186, "forearm": 0.146,
    "hips": 0.100, "shoulders": 0.240, "pelvis": 0.065, "trunk": 0.400, "shoulder": 0.245,
}  # fmt: skip


@dataclass(frozen=True)
class Ankle:
    """Second-order impedance of the ankle after heel strike, per kg of body mass."""

    stiffness: float
    """N m/rad/kg."""
    damping: float
    """N m s/rad/kg."""
    inertia: float
    """N m s^2/rad/kg."""


@dataclass(frozen=True)
class Person:
    """One person: size, knees, ankles and gait style."""

    name: str
    sex: str
    mass_kg: float
    height_m: float
    speed_m_s: float
    """Preferred."""
    walk_ratio: float
    """Step length over cadence, m per step per minute."""
    step_width_m: float
    toe_out_deg: float
    knee_alignment_deg: dict[str, float]
    """By side; varus positive."""
    affected_side: str
    """``right``, ``left`` or ``none``."""
    ankle: Ankle
    crouch: float
    """How much lower than in other people the hips are carried, as a share of leg length."""
    landing: float
    """The sole's pitch at heel strike relative to the mean."""
    push: float
    """The roll over the ball relative to the mean."""
    posture_deg: dict[str, float]
    """Offsets of joint angles: this person's posture and swing."""
    mounting: dict[str, tuple[Rotation, np.ndarray]]
    """By sensor: rotation from its segment, and shift of its place in m."""
    encoder_zero_deg: dict[str, float]

    def length(self, part: str) -> float:
        """Length of a body part.

        Parameters
        ----------
        part : str
            A key of the table of lengths.

        Returns
        -------
        float
            m.
        """
        return _LENGTHS[part] * self.height_m

    @property
    def leg_m(self) -> float:
        """Hip joint to sole when standing straight."""
        return sum(self.length(p) for p in ("thigh", "shank", "ankle"))

    def segment(self, name: str) -> Segment:
        """Mass in kg, centre of mass and radius of gyration in m of a segment.

        Parameters
        ----------
        name : str
            A key of :data:`SEGMENTS`.
        """
        share = SEGMENTS[name][self.sex == "male"]
        long = self.length(name)
        return Segment(share.mass * self.mass_kg, share.centre * long, share.radius * long)

    def covariates(self) -> dict[str, float | str]:
        """Row of the subject table.

        Returns
        -------
        dict of str to float or str
            Mass, height, sex, speed, alignment, affected side.
        """
        return {
            "sex": self.sex,
            "mass_kg": self.mass_kg,
            "height_m": self.height_m,
            "speed_m_s": self.speed_m_s,
            "right_knee_alignment_deg": self.knee_alignment_deg["right"],
            "left_knee_alignment_deg": self.knee_alignment_deg["left"],
            "affected_side": self.affected_side,
        }


def draw_person(name: str, rng: np.random.Generator) -> Person:
    """Draw one adult.

    Parameters
    ----------
    rng : numpy.random.Generator
        Used in a fixed order, so that a seed always gives the same person.

    Returns
    -------
    Person
        Every second person has an affected knee.
    """
    sex = ("female", "male")[int(rng.integers(2))]
    height_m = rng.normal(*((1.635, 0.065) if sex == "female" else (1.765, 0.07)))
    mass_kg = np.clip(rng.normal(23.8, 2.8), 18.5, 33) * height_m**2
    affected = ("none", "none", "right", "left")[int(rng.integers(4))]
    alignment = {side: rng.normal(1.3, 2.0) for side in SIDES}
    burden = rng.choice([-1.0, 1.0], p=[0.25, 0.75]) * rng.uniform(3.0, 8.0)
    if affected != "none":
        alignment[affected] += burden
    stiffness = np.clip(rng.normal(2.0, 0.5), 0.9, 3.5)
    return Person(
        name=name,
        sex=sex,
        mass_kg=float(mass_kg),
        height_m=float(height_m),
        speed_m_s=float(np.clip(rng.normal(1.3, 0.13), 0.95, 1.65)),
        walk_ratio=float(np.clip(rng.normal(0.0064, 0.0004), 0.0054, 0.0074)),
        step_width_m=float(np.clip(rng.normal(0.10, 0.02), 0.05, 0.16)),
        toe_out_deg=float(rng.normal(7, 4)),
        knee_alignment_deg={side: float(a) for side, a in alignment.items()},
        affected_side=affected,
        ankle=Ankle(float(stiffness), float(0.018 * stiffness), 2e-4),
        crouch=float(np.clip(rng.normal(0.003, 0.004), -0.003, 0.012)),
        landing=float(np.clip(rng.normal(1.0, 0.15), 0.6, 1.4)),
        push=float(np.clip(rng.normal(1.0, 0.07), 0.8, 1.2)),
        posture_deg={part: float(rng.normal(0, sd)) for part, sd in POSTURE_SD_DEG.items()},
        mounting={
            f"{side}_{part}": (Rotation.from_rotvec(rng.normal(0, 5, 3), degrees=True),
                               rng.normal(0, 0.015, 3))
            for part in ("foot", "shank", "thigh", "pelvis")
            for side in (("center",) if part == "pelvis" else SIDES)
        },
        encoder_zero_deg={side: float(rng.normal(0, 1.0)) for side in SIDES},
    )  # fmt: skip
