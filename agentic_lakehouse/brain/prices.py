"""What a call costs, by public price lists; `None` where no list knows the model."""

from __future__ import annotations

from collections.abc import Sequence

from genai_prices import Usage, calc_price
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse

from agentic_lakehouse.brain.models import Rung

CHARACTERS_PER_TOKEN = 4
"""Of English prose and JSON, roughly; used only to stop before spending, never to report."""


def cost_of(response: ModelResponse) -> float | None:
    """Return the price of a response in US dollars."""
    try:
        return float(response.cost().total_price)
    except LookupError:
        return None


def cost_of_sending(rung: Rung, words: str, history: Sequence[ModelMessage]) -> tuple[int, float | None]:
    """Estimate the tokens of a request and what they cost before any answer."""
    if rung.is_free:
        return 0, 0.0
    tokens = (len(words) + len(ModelMessagesTypeAdapter.dump_json(list(history)))) // CHARACTERS_PER_TOKEN
    try:
        price = calc_price(Usage(input_tokens=tokens), model_ref=rung.model.model_name, provider_id=rung.model.system)
    except LookupError:
        return tokens, None
    return tokens, float(price.total_price)
