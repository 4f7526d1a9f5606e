"""The cache that the Hugging Face libraries keep on this computer: models in it can be used where they lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from studio.domain.hub import CachedModel
from studio.library.reading import read_model
from studio.library.store import Library


def cache_folder() -> Path:
    """Where the cache is: ``HF_HUB_CACHE``, ``HF_HOME``, or the usual place."""
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if given:
        return Path(given).expanduser()
    home = os.environ.get("HF_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".cache" / "huggingface") / "hub"


def cached_models(library: Library) -> tuple[CachedModel, ...]:
    """Every model of the cache, by id, each in its newest version; those that can run come first."""
    from studio.library.hub_client import prepare_library

    folder = cache_folder()
    if not folder.is_dir():
        return ()
    prepare_library()
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir(folder).repos
    except (CacheNotFound, OSError, ValueError):
        return ()
    linked = {model.folder.resolve() for model in library.all() if model.linked and model.folder.exists()}
    found = [_cached(repository, linked) for repository in repositories if repository.repo_type == "model"]
    return tuple(sorted((model for model in found if model), key=lambda m: (not m.usable, m.hub_id.lower())))


def _cached(repository: Any, linked: set[Path]) -> CachedModel | None:
    revisions = sorted(repository.revisions, key=lambda r: ("main" in r.refs, r.last_modified))
    if not revisions:
        return None
    newest = revisions[-1]
    folder = Path(newest.snapshot_path)
    model = read_model(folder, str(repository.repo_id))
    return CachedModel(
        hub_id=str(repository.repo_id),
        folder=str(folder),
        revision=str(newest.commit_hash),
        size_mb=model.size_mb,
        task=model.task,
        precisions=tuple(files.precision for files in model.precisions),
        usable=model.state == "ready",
        problem=model.problem,
        linked=folder.resolve() in linked,
    )
