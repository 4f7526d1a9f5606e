"""Names, places, days and months in both languages, for showing one sentence with many of them."""

from __future__ import annotations

import csv
from pathlib import Path


def _tables() -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {}
    with Path(__file__).with_suffix(".tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            tables.setdefault(row["group"], {})[row["en"]] = row["zh"]
    return tables


_TABLES = _tables()
MONTHS, DAYS = _TABLES["months"], _TABLES["days"]
#: What a Chinese weekday begins with; Sunday is left out, for it ends in 日 or 天.
DAY_PREFIXES = ("星期", "周", "礼拜")
#: Names by gender, so that "he" and "she" stay right; cities; countries.
GROUPS = tuple(_TABLES[name] for name in ("men", "women", "cities", "countries"))
#: Other spellings of the same name that the sentences use; they become the one in the table.
SPELLINGS = {"玛莉": "玛丽", "澳洲": "澳大利亚"}
