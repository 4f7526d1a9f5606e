"""The text classifiers that can be trained: their data, their size and how long they train."""

from __future__ import annotations

from dataclasses import dataclass

from data import CLINC150, GOEMOTIONS, SUPPORT, DataSet
from training import Schedule


@dataclass(frozen=True)
class Shape:
    """A BERT's shape, where it is trained from nothing."""

    vocabulary: int
    width: int
    layers: int
    heads: int = 4


@dataclass(frozen=True)
class Cut:
    """How MiniLM's vocabulary is cut, where the model starts from MiniLM.

    Attributes:
        at_least: How often a word piece must occur in the training texts to be kept.
        most_common: How many of the commonest English words are kept whether they occur or not.
    """

    at_least: int
    most_common: int


@dataclass(frozen=True)
class Preset:
    """A classifier.

    Attributes:
        word_drop: Share of words that training replaces by [UNK], so that an unknown word is nothing new.
        show_rows: Whether a card may quote the data; not where it contains profanity.
        own_rows: Sentences of our own with their labels, which the card shows instead.
    """

    data: DataSet
    title: str
    start: Shape | Cut
    schedule: Schedule
    can: str
    cannot: tuple[str, ...]
    max_tokens: int = 128
    dropout: float = 0.2
    word_drop: float = 0.1
    show_rows: bool = True
    own_rows: tuple[tuple[str, str], ...] = ()


_SUPPORT_CAN = (
    "Recognises which of 27 customer-support intents an English message has: cancel an order, get a refund, track a "
    "parcel, reach a person, and so on."
)
_ENGLISH = "It reads English only."
_SUPPORT_CANNOT = (
    "It knows no label for a message about anything else: every message gets one of the 27 labels.",
    _ENGLISH,
    "The training messages were made from templates, so figures on real messages will be lower than those below.",
)
_CLINC_CAN = "Recognises which of 150 requests to a voice assistant an English sentence is, or that it is none (oos)."
_CLINC_CANNOT = (
    _ENGLISH,
    "Only 100 of the training sentences are out of scope, so many requests it does not know get a wrong label.",
)
_MOOD_CAN = "Tells whether a short English comment is negative, neutral or positive."
_MOOD_CANNOT = (
    _ENGLISH,
    "It learned from comments of one forum; irony, and words it has not seen, mislead it.",
    "People disagree on many of these comments, which limits what any model can reach on them.",
)
#: Written for the cards, some of them hard on purpose: irony, negation, mixed feelings.
_MOOD_ROWS = (
    ("Great work, I am very happy with it", "positive"),
    ("Thank you so much, this helped a lot!", "positive"),
    ("The delivery was late and the box was broken.", "negative"),
    ("I am so tired of waiting for an answer.", "negative"),
    ("The meeting is at three o'clock.", "neutral"),
    ("Which train goes to the airport?", "neutral"),
    ("Not bad at all.", "positive"),
    ("Oh great, it crashed again.", "negative"),
    ("I expected more.", "negative"),
    ("The food was good, but we will not come back.", "negative"),
    ("I could not be happier with this phone.", "positive"),
    ("Nothing to complain about.", "positive"),
)
PRESETS = {
    "support-intents-tiny": Preset(
        SUPPORT, "Support intents, tiny", Shape(2500, 96, 2), Schedule(20, 2e-3), _SUPPORT_CAN, _SUPPORT_CANNOT
    ),
    "support-intents-small": Preset(
        SUPPORT, "Support intents, small", Shape(3000, 192, 3), Schedule(10, 1e-3), _SUPPORT_CAN, _SUPPORT_CANNOT
    ),
    "clinc150-tiny": Preset(
        CLINC150, "Assistant requests, tiny", Shape(4000, 128, 2), Schedule(30, 2e-3), _CLINC_CAN, _CLINC_CANNOT, 64
    ),
    "clinc150-minilm": Preset(
        CLINC150, "Assistant requests, MiniLM", Cut(2, 2500), Schedule(8, 6e-4), _CLINC_CAN, _CLINC_CANNOT, 64,
        dropout=0.1, word_drop=0.05,
    ),
    "sentiment-tiny": Preset(
        GOEMOTIONS, "Sentiment, tiny", Shape(8000, 128, 2), Schedule(8, 1e-3), _MOOD_CAN, _MOOD_CANNOT,
        show_rows=False, own_rows=_MOOD_ROWS,
    ),
    "sentiment-minilm": Preset(
        GOEMOTIONS, "Sentiment, MiniLM", Cut(6, 3000), Schedule(2, 4e-4), _MOOD_CAN, _MOOD_CANNOT,
        dropout=0.1, word_drop=0.05, show_rows=False, own_rows=_MOOD_ROWS,
    ),
}  # fmt: skip
