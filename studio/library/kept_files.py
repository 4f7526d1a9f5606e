"""Which files of a model's folder it needs besides graphs and weights."""

from __future__ import annotations

import re

#: What models need besides graphs and weights, or what their licence asks to be passed on.
_ENDINGS = (".json", ".txt", ".model", ".spm", ".jinja", ".md", ".bpe", ".tiktoken", ".vocab")
_NAMES = ("license", "licence", "notice", "copying", "use_policy", "attribution")
#: How sentence-transformers pools, and whether it normalises, stands in folders numbered by step.
_POOLING = re.compile(r"[0-9]_[A-Za-z]+/config\.json")
_NOT_KEPT = ("studio.json", "trainer_state.json", "training_args.json", "genai_config.json")


def is_kept(name: str) -> bool:
    """Whether a file of that name, relative to the model's folder, belongs to every precision of the model."""
    return (
        ("/" not in name or _POOLING.fullmatch(name) is not None)
        and name not in _NOT_KEPT
        and not name.endswith(".index.json")
        and (name.lower().endswith(_ENDINGS) or name.lower().startswith(_NAMES))
    )
