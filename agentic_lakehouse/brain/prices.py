"""What a call costs, by public price lists; `None` where no list knows the model."""

from __future__ import annotations

from collections.abc import Sequence

from genai_prices import Usage, calc_price
from pydantic_ai.messages import ModelMessage, ModelResponse

from agentic_lakehouse.brain.models import Rung

CHARACTERS_PER_TOKEN = 4
"""Of English prose and JSON, roughly; used only to stop before spending, never to report."""


def cost_of(rung: Rung, response: ModelResponse) -> float | None:
    """Return the price of a response in US dollars, of the model that answered or else of the one asked."""
    if rung.is_free:
        return 0.0
    try:
        return float(response.cost().total_price)
    except LookupError:
        usage = response.usage
        return _price(rung, Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens))


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
