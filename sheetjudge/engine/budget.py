"""The ceiling on money, tokens and calls. Calls in flight reserve the most that they can cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sheetjudge.core.chat import AnyRequest, Price, Request, Usage, transcript
from sheetjudge.core.keys import canonical
from sheetjudge.errors import BudgetReached, ConfigError


@dataclass(frozen=True, slots=True)
class Amount:
    """Something spent or to be spent: US dollars, tokens, calls."""

    usd: float = 0.0
    tokens: int = 0
    calls: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.usd + other.usd, self.tokens + other.tokens, self.calls + other.calls)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.usd - other.usd, self.tokens - other.tokens, self.calls - other.calls)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most a run may spend; None is no limit."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None

    def holds(self, amount: Amount) -> bool:
        """Is `amount` within every limit?"""
        pairs = ((self.usd, amount.usd), (self.tokens, amount.tokens), (self.calls, amount.calls))
        # Sums of prices carry rounding of about 1e-16 each: a run that fits exactly must not stop for that.
        return all(limit is None or value <= limit * (1 + 1e-9) for limit, value in pairs)

    def __str__(self) -> str:
        parts = []
        if self.usd is not None:
            parts.append(f"${self.usd:,.2f}" if self.usd >= 0.01 else f"${self.usd:g}")  # noqa: PLR2004 - cents
        if self.tokens is not None:
            parts.append(f"{self.tokens:,} tokens")
        if self.calls is not None:
            parts.append(f"{self.calls:,} calls")
        return " and ".join(parts)


def most_of(request: AnyRequest, price: Price | None) -> Amount:
    """The most that one call can cost.

    A token is at least one byte of UTF-8, so the bytes bound the prompt's tokens; each message adds a few marks.
    """
    texts = [transcript(request.messages)]
    if isinstance(request, Request):
        texts.append(canonical(request.schema).decode() if request.schema else "")
        reply = request.max_tokens or 0
    else:
        texts += [request.context, *request.continuations]
        reply = 0
    prompt = sum(len(t.encode("utf-8", "surrogatepass")) for t in texts) + 16 * (len(request.messages) + 1)
    usage = Usage(prompt=prompt, completion=reply)
    return Amount(price.cost(usage) if price else 0.0, prompt + reply, 1)


class Budget:
    """What was spent and what is reserved, against a ceiling.

    Attributes:
        spent: what finished calls cost. A call that got no answer but may have been billed counts with the most
            that it can have cost.
        lease: notes how many dollars the run may have spent by the time it is killed, and answers up to how many are
            noted; asked before a call that could pass those. None where nobody has to know.
    """

    def __init__(self, ceiling: Ceiling) -> None:
        self.ceiling = ceiling
        self._is_bound = ceiling != Ceiling()
        self.lease: Callable[[float], float] | None = None
        self._leased = 0.0
        self.spent = Amount()
        self._reserved = Amount()
        self._settled = asyncio.Event()

    def require_prices(self, prices: dict[str, Price | None]) -> None:
        """Refuse a budget in money where a judge's price is unknown.

        Raises:
            ConfigError: names the judge, and what to do.
        """
        if self.ceiling.usd is None:
            return
        for name, price in prices.items():
            if price is None:
                raise ConfigError(
                    f"The price of {name} is unknown, so a budget in dollars can't be kept.",
                    "Give its price with --price PROMPT,COMPLETION (dollars per million tokens; in a job, price:), or"
                    " use --budget-tokens or --budget-calls (in a job, tokens: or calls: under budget:).",
                )

    def has_room(self, most: Amount) -> bool:
        """Would `most` fit now?"""
        return not self._is_bound or self.ceiling.holds(self.spent + self._reserved + most)

    async def reserve(self, most: Amount) -> None:
        """Set `most` aside for a call about to be made; waits while calls in flight may still free some.

        Raises:
            BudgetReached: it would not fit even with nothing in flight.
        """
        while not self.has_room(most):
            if not self._reserved.calls:
                raise BudgetReached(
                    f"The budget of {self.ceiling} could be passed by the next call: {self._room(most)}.",
                    "Raise it and run the same command again: what was judged is not paid for twice.",
                )
            self._settled.clear()
            await self._settled.wait()
        self._reserved += most
        if self.lease is not None and (usd := self.spent.usd + self._reserved.usd) > self._leased:
            self._leased = self.lease(usd)

    def _room(self, most: Amount) -> str:
        """What is spent of each ceiling, and what one more call can take."""
        ceiling, parts = self.ceiling, []
        if ceiling.usd is not None:
            parts.append(f"${self.spent.usd:,.4f} is spent, and it can cost ${most.usd:,.4f}")
        if ceiling.tokens is not None:
            parts.append(f"{self.spent.tokens:,} tokens are used, and it can use {most.tokens:,}")
        if ceiling.calls is not None:
            parts.append(f"{self.spent.calls:,} were made")
        return "; ".join(parts)

    def settle(self, reserved: Amount, spent: Amount) -> None:
        """A call for which `reserved` was set aside has cost `spent`."""
        self._reserved -= reserved
        self.spent += spent
        self._settled.set()
