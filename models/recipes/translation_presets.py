"""The translators that can be trained: their direction, their size and how long they train."""

from __future__ import annotations

from dataclasses import dataclass

from training import Schedule
from translation_models import Size

_CAN = "Translates short everyday sentences from {source} to {target}."
_CANNOT = (
    "It was trained on 21,470 short sentence pairs: what lies beyond everyday life comes out wrong, at times fluently.",
    "Long sentences and texts that belong together are beyond it: each sentence is translated alone.",
    "Names outside a list of about 150 common first names, cities and countries are often changed.",
    "Numbers of more than two or three digits, dates and times are sometimes changed on the way.",
)
_TO_CHINESE = (
    *_CANNOT,
    "It writes simplified Chinese only, and knows no way to choose between polite and familiar forms.",
)
_TO_ENGLISH = (*_CANNOT, "Chinese often leaves out who acts and when; the model then guesses person and tense.")


@dataclass(frozen=True)
class Preset:
    """A translator."""

    title: str
    to_chinese: bool
    size: Size
    schedule: Schedule
    batch: int = 96

    @property
    def can(self) -> str:
        """What it can do, for its card."""
        source, target = ("English", "simplified Chinese") if self.to_chinese else ("Chinese", "English")
        return _CAN.format(source=source, target=target)

    @property
    def cannot(self) -> tuple[str, ...]:
        """What it can't do, for its card."""
        return _TO_CHINESE if self.to_chinese else _TO_ENGLISH


#: Written for the cards: numbers, dates, times and names, which are hard to carry over.
ENGLISH_ROWS = (
    "Excuse me, where is the nearest station?",
    "I lost my umbrella.",
    "The weather is nice today.",
    "Tom bought 37 books in Boston.",
    "I want to cancel order 44117.",
    "I have 118 books.",
    "The meeting was moved to Thursday at 3:30.",
    "My birthday is March 14.",
    "She was born in 1987.",
    "Emma is going to Berlin on Friday.",
    "The spokesperson declined to comment on the merger.",
)
CHINESE_ROWS = (
    "请问最近的车站在哪里？",
    "我把钥匙丢了。",
    "今天天气很好。",
    "汤姆买了37本书。",
    "我想取消订单44117。",
    "会议改到了3:30。",
    "我的生日是3月14日。",
    "她出生于1987年。",
    "玛丽星期五去柏林。",
    "发言人拒绝对合并发表评论。",
)
PRESETS = {
    "translate-en-zh-base": Preset(
        "English → Chinese, base", True, Size(384, 4, 2, 12, 1536, vocabulary=1000, at_least=4, pretrained=True),
        Schedule(10, 8e-4, 0.08, 0.01, averaging=0.995),
    ),
    "translate-en-zh-small": Preset(
        "English → Chinese, small", True, Size(144, 3, 2, 4, 576, vocabulary=3200, dropout=0.1),
        Schedule(7, 2e-3, 0.08, 0.01, averaging=0.99), batch=48,
    ),
    "translate-zh-en-base": Preset(
        "Chinese → English, base", False,
        Size(384, 2, 2, 12, 1536, vocabulary=3000, turned_from="translate-en-zh-base", dropout=0.15),
        Schedule(10, 8e-4, 0.08, 0.01, averaging=0.99), batch=64,
    ),
    "translate-zh-en-small": Preset(
        "Chinese → English, small", False, Size(128, 2, 2, 4, 512, vocabulary=3000, dropout=0.1),
        Schedule(6, 2e-3, 0.08, 0.01, averaging=0.99), batch=48,
    ),
}  # fmt: skip
