"""What the recipes do to the data: the same number, name or day on both sides, and Chinese written one way."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "models" / "recipes"


@pytest.fixture(autouse=True, scope="module")
def recipes_importable() -> Iterator[None]:
    sys.path.insert(0, str(RECIPES))
    yield
    sys.path.remove(str(RECIPES))


def digits(text: str) -> list[str]:
    return re.findall(r"\d+", text)


@pytest.mark.parametrize("seed", range(20))
def test_a_number_stays_the_same_on_both_sides(seed: int) -> None:
    from translation_data import Pair, varied

    pair = varied(Pair("Tom was born in 1987.", "汤姆1987年出生。"), random.Random(seed), rate=1.0)

    assert digits(pair.en) == digits(pair.zh)
    assert 1900 <= int(digits(pair.en)[0]) <= 2030


@pytest.mark.parametrize("seed", range(20))
def test_a_name_becomes_another_of_the_same_kind_on_both_sides(seed: int) -> None:
    from translation_data import Pair, varied
    from translation_names import GROUPS

    pair = varied(Pair("Mary lives in Boston.", "玛丽住在波士顿。"), random.Random(seed), rate=1.0)
    name, city = re.fullmatch(r"(\w+) lives in (.+?)\.?", pair.en).groups()  # type: ignore[union-attr]

    assert pair.zh == f"{GROUPS[1][name]}住在{GROUPS[2][city]}。"


def test_a_weekday_is_not_taken_for_a_number() -> None:
    from translation_data import Pair
    from translation_numbers import with_digits

    pair = Pair("We meet every three weeks.", "我们每逢星期三见面。")

    assert with_digits(pair, random.Random(1), rate=1.0) == pair


def test_a_number_word_becomes_digits_on_both_sides() -> None:
    from translation_data import Pair
    from translation_numbers import with_digits

    pair = with_digits(Pair("I saw five men.", "我看见五个男人。"), random.Random(1), rate=1.0)

    assert digits(pair.en) == digits(pair.zh) != []
    assert pair.zh == f"我看见{digits(pair.en)[0]}个男人。"


def test_every_template_has_the_same_numbers_on_both_sides() -> None:
    from translation_numbers import Templates

    fill, chance = Templates(), random.Random(5)
    for _ in range(300):
        pair = fill(chance)
        assert "{" not in pair.en + pair.zh
        # A date has its month as a word in English and as a number in Chinese.
        assert set(digits(pair.en)) <= set(digits(pair.zh))


def test_chinese_is_written_one_way(tmp_path: Path) -> None:
    from translation_data import Simplifier, chinese

    table = tmp_path / "table.txt"
    table.write_text("# comment\n這\t这\n湯\t汤 湯\n", encoding="utf-8")
    simplify = Simplifier(table)

    assert chinese("這 是3:30, 好嗎?", simplify) == "这是3:30，好嗎？"
    assert chinese("湯姆说:“好.”", simplify) == "汤姆说：“好。”"
