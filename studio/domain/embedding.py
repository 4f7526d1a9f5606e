"""How a sentence-transformers folder turns tokens into one vector, whoever runs it.

Read from ``modules.json``, ``1_Pooling/config.json``, ``sentence_bert_config.json`` and
``config_sentence_transformers.json``, so that ONNX Runtime and the PyTorch baseline agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from studio.domain.errors import DamagedModelError, ModelFolderError
from studio.domain.i18n import _

#: Ways to make one vector of those of the tokens, in the order in which several of them are joined.
Pooling = Literal["cls", "max", "mean", "mean_sqrt_len", "weightedmean", "lasttoken"]
POOLINGS: tuple[Pooling, ...] = ("cls", "max", "mean", "mean_sqrt_len", "weightedmean", "lasttoken")
_POOLING_KEYS: dict[str, Pooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
#: What a text is in a search. Some models want different words put in front of each.
Role = Literal["", "query", "document"]
#: Names of a role in a folder's prompts, the usual one first.
_PROMPT_NAMES: dict[Role, tuple[str, ...]] = {
    "query": ("query",),
    "document": ("document", "passage", "corpus"),
    "": (),
}
#: The file with the longest text is named after the architecture in older folders.
_LENGTH_FILES = ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class EmbeddingRecipe:
    """What happens around the encoder.

    Attributes:
        poolings: Which vectors are made of the tokens' and joined; usually one.
        normalised: Whether the vector is scaled to length 1.
        max_tokens: Longest text, special tokens included; None where the folder states none.
        lower_case: Whether texts are put in lower case first.
        prompts: Words put in front of a text, by name.
        default_prompt: Name of the prompt for texts without a role; None for no prompt.
        pools_prompt: Whether the tokens of a prompt take part in pooling.
        further: Modules behind pooling that change the vector, such as ``"Dense"``; only a graph with a
            ``sentence_embedding`` output has them.
    """

    poolings: tuple[Pooling, ...] = ("mean",)
    normalised: bool = False
    max_tokens: int | None = None
    lower_case: bool = False
    prompts: Mapping[str, str] = field(default_factory=dict)
    default_prompt: str | None = None
    pools_prompt: bool = True
    further: tuple[str, ...] = ()

    @classmethod
    def open(cls, folder: Path) -> EmbeddingRecipe:
        """The recipe of a model's folder; the mean of all tokens where it says nothing.

        Raises:
            DamagedModelError: One of its small files is there but can't be read.
        """
        modules = _modules(folder)
        pooling = _object(folder, _path_of(modules, "Pooling") or "1_Pooling")
        sentence: dict[str, Any] = {}
        for name in _LENGTH_FILES:
            sentence = sentence or _object(folder, f"sentence_{name.replace('-', '_')}_config.json")
            sentence = sentence or _object(folder, f"sentence_{name}_config.json")
        spoken = _object(folder, "config_sentence_transformers.json")
        prompts = spoken.get("prompts")
        default = spoken.get("default_prompt_name")
        longest = sentence.get("max_seq_length")
        known = {"Transformer", "Pooling", "Normalize", "Dropout"}
        return cls(
            poolings=_poolings(pooling),
            normalised=any(kind == "Normalize" for kind, _path in modules),
            max_tokens=longest if isinstance(longest, int) and not isinstance(longest, bool) and longest > 0 else None,
            lower_case=sentence.get("do_lower_case") is True,
            prompts={str(k): v for k, v in prompts.items() if isinstance(v, str)} if isinstance(prompts, dict) else {},
            default_prompt=default if isinstance(default, str) else None,
            pools_prompt=pooling.get("include_prompt") is not False,
            further=tuple(kind for kind, _path in modules if kind not in known),
        )

    def prompt(self, role: Role) -> str:
        """The words in front of a text in that role; empty for none."""
        for name in _PROMPT_NAMES[role]:
            if name in self.prompts:
                return self.prompts[name]
        return self.prompts.get(self.default_prompt, "") if self.default_prompt else ""

    def needs_whole_graph(self, name: str) -> ModelFolderError:
        """The error for a graph that ends before what follows pooling in this folder.

        Args:
            name: The graph's file name.
        """
        return ModelFolderError(
            _("{name} lacks the last part of this embedding model: {parts}.").format(
                name=name, parts=", ".join(self.further)
            ),
            _("Choose a model whose ONNX file gives whole sentence embeddings."),
        )


def _modules(folder: Path) -> list[tuple[str, str]]:
    """Kind and folder of each module, in order."""
    listed = _value(folder / "modules.json")
    if not isinstance(listed, list):
        return []
    found = [item for item in listed if isinstance(item, dict)]
    return [(str(item.get("type", "")).rpartition(".")[2], str(item.get("path", ""))) for item in found]


def _path_of(modules: list[tuple[str, str]], kind: str) -> str | None:
    """The folder of a module inside the model's; a path that leads out of it counts as none."""
    for module, path in modules:
        pure = PurePosixPath(path)
        if module == kind and path and not pure.is_absolute() and ".." not in pure.parts and "\\" not in path:
            return path
    return None


def _poolings(config: Mapping[str, Any]) -> tuple[Pooling, ...]:
    mode = config.get("pooling_mode")
    named = [mode] if isinstance(mode, str) else mode if isinstance(mode, list) else []
    wanted = {_POOLING_KEYS[key] for key in _POOLING_KEYS if config.get(key) is True} | set(map(str, named))
    return tuple(one for one in POOLINGS if one in wanted) or ("mean",)


def _object(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    value = _value(path if path.suffix == ".json" else path / "config.json")
    return value if isinstance(value, dict) else {}


def _value(path: Path) -> Any:
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("too large")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedModelError(
            _("The file {name} of the model is damaged.").format(name=path.name),
            _("Add or repair the model."),
            f"{path}: {error}",
        ) from error
