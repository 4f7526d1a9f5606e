"""Talks to a Hugging Face Hub: which one, whether at all, and what it says about a model.

huggingface_hub reads its settings when it is imported; the user may change them at any time. So they are handed to it
with every client that is made here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from studio import __version__
from studio.domain.errors import InputError, OfflineError
from studio.domain.hub import Gate, HubFile, HubModel, HubQuery
from studio.domain.i18n import _
from studio.library.hub_errors import explain, is_passing
from studio.library.reading import task_of
from studio.library.safety import RESERVED, stays_below
from studio.library.written_card import pipeline_tag
from studio.tasks import find_task

DEFAULT_ENDPOINT = "https://huggingface.co"
#: How many search results are asked about at a time, for their sizes.
_AT_ONCE = 4
#: A search looks at so many models for each one that it shall find, before it gives up.
_LOOK_AT = 4
#: Longer answers than these are not a model of the Hub.
_MOST_FILES = 20_000
_MOST_CHARACTERS = 200
_MOST_CONFIGURATION_BYTES = 1_000_000


def endpoint() -> str:
    """The address of the Hub in use, without a slash at the end: a mirror where ``HF_ENDPOINT`` names one."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).strip().rstrip("/")


def is_offline() -> bool:
    """Whether the network is not to be used."""
    given = (os.environ.get("HF_HUB_OFFLINE", ""), os.environ.get("TRANSFORMERS_OFFLINE", ""))
    return any(value.strip().lower() in {"1", "true", "yes", "on"} for value in given)


def check_online() -> None:
    """Do nothing, or refuse.

    Raises:
        OfflineError: The network is not to be used.
    """
    if is_offline():
        raise OfflineError(
            _("The network is switched off in the settings, and this needs it."),
            _("Allow it in Settings under Privacy (`studio settings offline no`), or unset HF_HUB_OFFLINE."),
        )


def check_hub_id(hub_id: str) -> str:
    """``hub_id``, if it can be a model's name on a Hub.

    Raises:
        InputError: It can't.
    """
    import re

    part = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
    given = hub_id.strip().removeprefix(f"{endpoint()}/").removeprefix(f"{DEFAULT_ENDPOINT}/").strip("/")
    if not re.fullmatch(rf"(?:{part}/)?{part}", given) or ".." in given or "--" in given:
        raise InputError(
            _("{id!r} can't be a model on the Hub.").format(id=hub_id),
            _("It is called author/model there, such as onnx-community/Qwen3-0.6B-ONNX."),
        )
    return given


def prepare_library() -> None:
    """Make huggingface_hub do as the studio says: plain HTTP, no telemetry, no bars, no token but the given one."""
    switches = ("DISABLE_XET", "DISABLE_TELEMETRY", "DISABLE_PROGRESS_BARS", "DISABLE_IMPLICIT_TOKEN")
    for name in switches:
        os.environ[f"HF_HUB_{name}"] = "1"
    from huggingface_hub import constants, logging
    from huggingface_hub.utils import reset_sessions

    # Somebody may have imported it before, with other settings.
    for name in switches:
        setattr(constants, f"HF_HUB_{name}", True)
    constants.HF_HUB_ENABLE_HF_TRANSFER = False
    if is_offline() != constants.HF_HUB_OFFLINE:
        constants.HF_HUB_OFFLINE = is_offline()
        reset_sessions()
    # What goes wrong becomes a sentence; a line on standard error beside it helps nobody.
    logging.set_verbosity(logging.CRITICAL)


def ask(hub_id: str, revision: str, token: Callable[[], str | None]) -> HubModel:
    """What the Hub says about a model; ``token`` is only asked for where the Hub will be.

    Raises:
        InputError: That can't be a model's id.
        OfflineError: The network is not to be used.
        HubAccessError: A token or accepted terms are needed.
        HubError: There is no such model, or the Hub can't be reached.
    """
    hub_id = check_hub_id(hub_id)
    check_online()
    api = _api(token())
    try:
        return _model(api, api.model_info(hub_id, revision=revision or None, files_metadata=True, timeout=20))
    except Exception as error:
        raise explain(error, hub_id, endpoint()) from error


def configuration_of(model: HubModel, token: Callable[[], str | None]) -> dict[str, Any]:
    """The ``config.json`` of a model that is not here; empty where it has none, or none that can be read.

    Raises:
        OfflineError, HubAccessError, HubError: see `ask`.
    """
    file = model.file("config.json")
    if file is None or file.size > _MOST_CONFIGURATION_BYTES:
        return {}
    check_online()
    prepare_library()
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    url = hf_hub_url(model.id, file.name, revision=model.revision, endpoint=endpoint())
    try:
        answer = get_session().get(url, headers=build_hf_headers(token=token() or False), timeout=20, stream=True)
        hf_raise_for_status(answer)
        found = json.loads(answer.raw.read(_MOST_CONFIGURATION_BYTES, decode_content=True))
    except (ValueError, RecursionError):
        return {}
    except Exception as error:
        raise explain(error, model.id, endpoint()) from error
    return found if isinstance(found, dict) else {}


def search(
    query: HubQuery,
    token: Callable[[], str | None],
    fits: Callable[[HubModel], bool],
    on_found: Callable[[HubModel], None],
    cancelled: Callable[[], bool],
) -> tuple[HubModel, ...]:
    """Search the Hub; see `studio.services.catalog.search`. ``fits`` decides what the Hub itself can't filter."""
    from concurrent.futures import ThreadPoolExecutor

    check_online()
    api = _api(token())
    filters = [*(["onnx"] if query.only_onnx else []), *([query.language] if query.language else [])]
    if query.licence and query.licence != "free":
        filters.append(f"license:{query.licence}")
    try:
        listed = api.list_models(
            pipeline_tag=pipeline_tag(find_task(query.task).id),
            search=query.text.strip() or None,
            filter=filters or None,
            sort="downloads",
            direction=-1,
            limit=query.limit * _LOOK_AT,
        )
        ids = [info.id for info in listed]
    except Exception as error:
        raise explain(error, "", endpoint()) from error
    found: list[HubModel] = []

    def look(hub_id: str) -> HubModel | None:
        if cancelled() or len(found) >= query.limit:
            return None
        try:
            return _model(api, api.model_info(hub_id, files_metadata=True, timeout=20))
        except Exception as error:
            if is_passing(error):
                raise explain(error, hub_id, endpoint()) from error
            return None  # One model that can't be read must not hide the others.

    with ThreadPoolExecutor(_AT_ONCE, "hub-search") as pool:
        for model in pool.map(look, ids):
            if model and len(found) < query.limit and not cancelled() and fits(model):
                found.append(model)
                on_found(model)
    return tuple(found)


def account_of(token: str) -> str:
    """The name of the account that a token belongs to.

    Raises:
        HubAccessError: The Hub does not know it.
        OfflineError, HubError: see `ask`.
    """
    check_online()
    try:
        return str(_api(token).whoami(token=token).get("name") or "")
    except Exception as error:
        raise explain(error, "", endpoint()) from error


def _api(token: str | None) -> Any:
    prepare_library()
    from huggingface_hub import HfApi

    return HfApi(endpoint(), token=token or False, library_name="prototype-studio", library_version=__version__)


def _model(api: Any, info: Any) -> HubModel:
    """A `HubModel` from what the Hub answered; everything in it comes from outside."""
    siblings = list(info.siblings or ())[:_MOST_FILES]
    names = [str(s.rfilename) for s in siblings]
    safe = [s for s, name in zip(siblings, names, strict=True) if is_safe_name(name)]
    card = _mapping(info.card_data)
    licence, link = _licence(card, info.tags)
    languages = _texts(card.get("language"))
    config = info.config if isinstance(info.config, dict) else {}
    tag = next(iter(_texts(info.pipeline_tag or card.get("pipeline_tag"))), "")
    original = _texts(card.get("base_model"))
    if original and not (licence and languages):
        above = _above(api, original[0])
        licence, link = (licence, link) if licence else (above[0], above[1])
        languages = languages or above[2]
    task = task_of(config, tag)
    gated: Gate = "manual" if info.gated == "manual" else "auto" if info.gated else ""
    return HubModel(
        id=str(info.id),
        revision=str(info.sha or ""),
        task=task.id if task else None,
        files=tuple(_file(sibling) for sibling in safe),
        licence=licence,
        licence_link=link,
        languages=languages,
        gated=gated,
        downloads=int(info.downloads or 0),
        last_modified=info.last_modified,
        pipeline_tag=tag,
        refused=tuple(name for name in names if not is_safe_name(name)),
    )


def is_safe_name(name: str) -> bool:
    """Whether a file of this name may be written below a folder, on every system."""
    parts = name.split("/")
    return (
        stays_below(name)
        and "\\" not in name
        and ":" not in name
        and all(part.strip(". ") and not part.endswith((".", " ")) and not RESERVED.fullmatch(part) for part in parts)
        and all(character.isprintable() for character in name)
        and len(name) < 400
    )


def _above(api: Any, hub_id: str) -> tuple[str, str, tuple[str, ...]]:
    """Licence, its link and languages of the model that one was made from; conversions often don't repeat them."""
    try:
        info = api.model_info(check_hub_id(hub_id), timeout=10)
    except Exception:  # noqa: BLE001 - it is an extra: without it nothing is claimed
        return "", "", ()
    card = _mapping(info.card_data)
    return (*_licence(card, info.tags), _texts(card.get("language")))


def _licence(card: dict[str, Any], tags: Iterable[str] | None) -> tuple[str, str]:
    stated = ", ".join(_texts(card.get("license")))
    if stated == "other" and isinstance(card.get("license_name"), str):
        stated = _clean(str(card["license_name"]))
    if not stated:
        named = (str(tag).removeprefix("license:") for tag in tags or () if str(tag).startswith("license:"))
        stated = _clean(next(named, ""))
    link = next(iter(_texts(card.get("license_link"))), "")
    return stated, link if link.startswith("https://") else ""


def _file(sibling: Any) -> HubFile:
    lfs = sibling.lfs
    sha256 = str(lfs.get("sha256") if isinstance(lfs, dict) else getattr(lfs, "sha256", "")) if lfs else ""
    return HubFile(str(sibling.rfilename), max(0, int(sibling.size or 0)), sha256, str(sibling.blob_id or ""))


def _mapping(card: Any) -> dict[str, Any]:
    found = card.to_dict() if hasattr(card, "to_dict") else card
    return found if isinstance(found, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(text for text in (_clean(v) for v in values if isinstance(v, str)) if text)


def _clean(text: str) -> str:
    """One line that can't drive a terminal; cards are written by anybody."""
    return "".join(character for character in text if character.isprintable()).strip()[:_MOST_CHARACTERS]
