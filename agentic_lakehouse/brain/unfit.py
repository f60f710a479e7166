"""A proposal that does not pass, in words that the model which made it can act on."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError


class Unfit(Exception):
    """A proposal that its facts refute; each error is worded for the model that made it."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__(*errors)
        self.errors = tuple(errors)


def worded(error: ValidationError) -> list[str]:
    """Say each fault of a validation in one line, without the input, which the model knows."""
    return [
        f"{'.'.join(str(part) for part in fault['loc']) or 'answer'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    ]
