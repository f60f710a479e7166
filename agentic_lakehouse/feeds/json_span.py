"""Whether a JSON value ends in a text, told without decoding it: a decoded number takes thirty times its own room."""

from __future__ import annotations

import re

LARGE = 1 << 20
"""Characters from which on this is asked before a value is decoded again."""

# A string without end is one mark to the end of the text: nothing in it is looked at twice.
_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def closes(text: str) -> bool:
    """Whether the array or object with which `text` begins ends in it; of any other value, it is said that it does."""
    depth = 0
    for found in _MARK.finditer(text):
        mark = text[found.start()]
        depth += (mark in "[{") - (mark in "]}")
        if depth <= 0:
            return True
    return False
