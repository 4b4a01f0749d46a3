"""Usage and prices, and how models are told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.chat import LikelihoodModel, Message, Model, Price, Usage, transcript

counts = st.integers(0, 10**7)
usages = st.builds(Usage, counts, counts, counts, counts)


@given(usages, usages, usages)
def test_usage_adds_up(a, b, c):
    assert (a + b) + c == a + (b + c) == c + a + b
    assert a + Usage() == a


def test_each_part_is_added_to_its_own():
    assert Usage(1, 2, 3, 4) + Usage(10, 20, 30, 40) == Usage(11, 22, 33, 44)


@pytest.mark.parametrize(
    ("price", "usd"),
    [
        (Price(2.0, 8.0), 2.0 + 4.0),
        (Price(2.0, 8.0, cached=0.5), 1.5 + 0.125 + 4.0),
        (Price(2.0, 8.0, cached=0.0), 1.5 + 4.0),
        (Price(0.0, 0.0), 0.0),
    ],
)
def test_cached_tokens_have_a_price_of_their_own(price, usd):
    assert price.cost(Usage(1_000_000, 500_000, cached=250_000, reasoning=400_000)) == pytest.approx(usd)


@given(usages, usages)
def test_cost_adds_up(a, b):
    price = Price(3.0, 15.0, cached=0.3)
    assert price.cost(a + b) == pytest.approx(price.cost(a) + price.cost(b))


def test_a_model_that_reports_no_likelihoods_is_told_apart():
    class Chat:
        name, identity, host, price = "m", {}, "", None

        async def complete(self, request): ...
        async def aclose(self): ...

    class Both(Chat):
        async def likelihoods(self, request): ...

    assert isinstance(Chat(), Model)
    assert not isinstance(Chat(), LikelihoodModel)
    assert isinstance(Both(), LikelihoodModel)


def test_a_transcript_holds_every_turn():
    assert transcript((Message("system", "a"), Message("user", "b"))) == "a\n\nb"
