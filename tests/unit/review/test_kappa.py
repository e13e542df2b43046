"""Agreement beyond chance: published figures, and what holds of any two reviewers."""

from __future__ import annotations

from math import isclose, sqrt

from hypothesis import given
from hypothesis import strategies as st

from ivr.core.review.kappa import Z_95, agreement

CARCINOMA = ((22, 2, 2, 0), (5, 7, 14, 0), (0, 2, 36, 0), (0, 1, 17, 10))
"""Two pathologists; kappa 0.493, standard error 0.057: Agresti, Categorical Data Analysis, 10.5."""
PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=60)


def test_it_is_the_figure_that_the_literature_gives() -> None:
    found = agreement(
        [
            (str(row), str(column))
            for row, counts in enumerate(CARCINOMA)
            for column, n in enumerate(counts)
            for _ in range(n)
        ]
    )
    assert found.kappa is not None
    assert found.high is not None
    assert (found.pairs, found.agreed, round(found.kappa, 3)) == (118, 75, 0.493)
    assert round((found.high - found.kappa) / Z_95, 3) == 0.057


def test_of_two_answers_it_is_what_the_formula_of_two_by_two_says() -> None:
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = agreement(pairs)
    by_chance = 0.5 * 0.6 + 0.5 * 0.4
    assert found.kappa is not None
    assert isclose(found.kappa, (0.7 - by_chance) / (1 - by_chance))
    assert found.low is not None
    assert found.kappa - found.low < 3 * sqrt(0.7 * 0.3 / (50 * (1 - by_chance) ** 2)), "of the size of Cohen's own"


def test_nothing_is_said_where_nothing_can_be() -> None:
    assert agreement([]).kappa is None
    assert agreement([("yes", "yes")] * 40).kappa is None


@given(PAIRS)
def test_it_lies_within_its_interval_and_the_order_of_reviewers_or_answers_does_not_matter(
    pairs: list[tuple[str, str]],
) -> None:
    found, turned = agreement(pairs), agreement([(other, one) for one, other in reversed(pairs)])
    assert (found.pairs, found.agreed) == (turned.pairs, turned.agreed)
    if found.kappa is None or found.low is None or found.high is None or turned.kappa is None:
        assert found == turned
        return
    assert -1 <= found.low <= found.kappa <= found.high <= 1
    assert isclose(found.kappa, turned.kappa, abs_tol=1e-9)
    assert (found.kappa == 1) == (found.agreed == found.pairs)
