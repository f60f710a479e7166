"""What a call costs, by public price lists; `None` where no list knows the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple

from genai_prices import Usage, calc_price
from genai_prices.types import StartDateConstraint
from pydantic_ai.messages import ModelMessage, ModelResponse

from agentic_lakehouse.brain.models import Rung

CHARACTERS_PER_TOKEN = 4
"""Of English prose and JSON, roughly; for what no provider counted, or not yet."""
MOST_TOKENS = 100_000_000
"""More than any model takes or gives in one call: a provider that says so did not count."""


class Taken(NamedTuple):
    """What one call took, as its provider counted it or else as it is estimated."""

    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """`None` where the price is not known."""


NOTHING = Taken(0, 0, 0.0)


def price_list() -> str:
    """Name the list that prices are taken from, with its version and the date of its newest price."""
    from genai_prices.data_snapshot import get_snapshot

    variants = (v for p in get_snapshot().providers for m in p.models for v in m.price_variants or ())
    dates = (v.constraint.start_date for v in variants if isinstance(v.constraint, StartDateConstraint))
    newest = max((date for date in dates if date <= datetime.now(UTC).date()), default=None)
    return f"genai-prices {version('genai-prices')}" + (f", newest price of {newest}" if newest else "")


def taken_by(rung: Rung, response: ModelResponse, sent: Taken) -> Taken:
    """Return what a response took, at the price of the model that answered or else of the one asked.

    A server that counts nothing would pass every budget: what it does not count, or counts absurdly, is estimated.
    """
    used, produced = response.usage.input_tokens, response.usage.output_tokens
    if rung.is_free:
        return Taken(used, produced, 0.0)
    if not (0 < used < MOST_TOKENS and 0 <= produced < MOST_TOKENS):
        used, produced = sent.input_tokens, len(response.text or "") // CHARACTERS_PER_TOKEN
        return Taken(used, produced, _price(rung, Usage(input_tokens=used, output_tokens=produced)))
    try:
        return Taken(used, produced, float(response.cost().total_price))
    except LookupError:
        return Taken(used, produced, _price(rung, Usage(input_tokens=used, output_tokens=produced)))


def cost_of_sending(rung: Rung, messages: Sequence[ModelMessage]) -> tuple[int, float | None]:
    """Estimate the tokens of a request and what they cost before any answer."""
    if rung.is_free:
        return 0, 0.0
    told = (getattr(part, "content", None) or getattr(part, "args", None) or "" for m in messages for part in m.parts)
    tokens = sum(len(str(text)) for text in told) // CHARACTERS_PER_TOKEN
    return tokens, _price(rung, Usage(input_tokens=tokens))


def _price(rung: Rung, usage: Usage) -> float | None:
    try:
        price = calc_price(usage, model_ref=rung.model.model_name, provider_id=rung.model.system)
    except LookupError:
        return None
    return float(price.total_price)
