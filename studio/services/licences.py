"""What a model's licence means for a product, in one word; a hint, not legal advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studio.domain.i18n import N_

#: ``free``: commercial use without more than naming the authors. ``conditions``: commercial use under conditions.
#: ``restricted``: no commercial use, or no licence stated, which means none is given.
Light = Literal["free", "conditions", "restricted"]


@dataclass(frozen=True)
class LicenceLight:
    """A licence at a glance.

    Attributes:
        light: See `Light`.
        words: A few words for a tag.
        meaning: What it means, in a sentence.
    """

    light: Light
    words: str
    meaning: str


_FREE = LicenceLight(
    "free", N_("free to use"), N_("Commercial use is allowed; keep the authors' names and the licence text.")
)
_NOTICE = LicenceLight(
    "conditions", N_("conditions apply"), N_("Commercial use is allowed under conditions; read the licence first.")
)
_NON_COMMERCIAL = LicenceLight(
    "restricted", N_("not for products"), N_("The licence excludes commercial use or changes.")
)
_NONE = LicenceLight(
    "restricted",
    N_("no licence stated"),
    N_("The model's card states no licence, so nobody has allowed you to use it."),
)
#: Of what answers behind an endpoint, no card is known here: of a service, and of a server on this computer.
UNSEEN = LicenceLight(
    "conditions",
    N_("licence not known here"),
    N_("The studio can't see what a server on this computer runs: read the licence on that model's card."),
)
SERVICE_TERMS = LicenceLight(
    "conditions",
    N_("terms of its provider"),
    N_("What may be done with its answers, and what is done with your texts, the terms of whoever runs it say."),
)
_FREE_IDS = (
    "apache-2.0",
    "mit",
    "bsd",
    "isc",
    "unlicense",
    "cc0",
    "wtfpl",
    "zlib",
    "ncsa",
    "bsl-1.0",
    "cdla-perm",
    "pddl",
)
_NON_COMMERCIAL_PARTS = ("-nc", "non-commercial", "noncommercial", "research", "cc-by-nd")


def licence_light(licence: str) -> LicenceLight:
    """The light of a licence id as the Hugging Face Hub writes it, such as ``"apache-2.0"``.

    Of several licences the strictest counts. What is not known for sure has conditions.
    """
    ids = [part.strip().lower() for part in licence.split(",") if part.strip()]
    if not ids or ids == ["unknown"]:
        return _NONE
    if any(part in licence_id for licence_id in ids for part in _NON_COMMERCIAL_PARTS):
        return _NON_COMMERCIAL
    return _FREE if all(licence_id.startswith(_FREE_IDS) for licence_id in ids) else _NOTICE
