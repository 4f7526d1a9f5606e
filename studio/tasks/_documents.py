"""The documents that ship with the studio, as examples."""

from __future__ import annotations

from studio.domain.places import resources_folder


def sample_document(name: str) -> str:
    """The text of one of them."""
    return (resources_folder() / "samples" / "faq" / name).read_text(encoding="utf-8")
