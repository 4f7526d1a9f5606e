"""A PyTorch model from weights that were read back from a graph (`studio.baseline.graph_weights`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.errors import ConversionError, UnsafeModelError
from studio.domain.i18n import _

#: Parts that some graphs leave out: nothing reads them, or they are all zero, as they begin in a fresh model.
_MAY_LACK = ("pooler.", "position_ids", "final_logits_bias", ".self_attn.q_proj.bias", ".self_attn.k_proj.bias",
             ".self_attn.v_proj.bias")  # fmt: skip


def rebuilt(folder: Path, weights: Mapping[str, NDArray[Any]]) -> Any:
    """The model of ``folder/config.json`` with these weights, in float32.

    Raises:
        UnsafeModelError: It needs code of its own.
        ConversionError: A weight is missing, or has another shape.
    """
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    listed = getattr(config, "architectures", None) or [""]
    kind = getattr(transformers, str(listed[0]), None)
    if kind is None or not issubclass(kind, transformers.PreTrainedModel):
        raise UnsafeModelError(
            _("The base needs program code of its own, which the studio does not run."),
            _("Choose another base."),
            f"architectures: {listed}",
        )
    config.dtype = torch.float32
    torch.manual_seed(0)
    model = kind(config).float().eval()
    # Tables that are computed, such as waves for places, are exact already.
    computed = {name for name, value in model.named_parameters() if not value.requires_grad}
    wanted = {name: value for name, value in model.state_dict().items() if name not in computed}
    given = _fitting(weights, wanted, model.base_model_prefix)
    wrong = [name for name, value in given.items() if value.shape != tuple(wanted[name].shape)]
    tied = {name for group in _tied(model) for name in group if any(other in given for other in group)}
    lacking = [name for name in wanted if name not in given and name not in tied and not _may_lack(name)]
    if wrong or lacking:
        raise ConversionError(
            _("The weights of {name} can't be read back from its graph: {n} are not found there.").format(
                name=folder.name, n=len(wrong) + len(lacking)
            ),
            _("Add the base again with `studio models add … --keep-weights`, or choose another base."),
            f"missing: {lacking[:20]}, of another shape: {wrong[:20]}",
        )
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in given.items()}, strict=False)
    model.tie_weights()
    return model


def _fitting(
    weights: Mapping[str, NDArray[Any]], wanted: Mapping[str, Any], prefix: str
) -> dict[str, NDArray[np.float32]]:
    """Those that the model has; an exporter leaves out or adds the name of the model around its body."""
    found = {}
    for name, value in weights.items():
        for each in (name, f"{prefix}.{name}", name.removeprefix(f"{prefix}.")):
            if each in wanted:
                found[each] = value
                break
    return found


def _may_lack(name: str) -> bool:
    return any(part in name for part in _MAY_LACK)


def _tied(model: Any) -> list[set[str]]:
    """Names of the same numbers."""
    places: dict[int, set[str]] = {}
    for name, value in model.state_dict(keep_vars=True).items():
        places.setdefault(value.data_ptr(), set()).add(name)
    return [names for names in places.values() if len(names) > 1]
