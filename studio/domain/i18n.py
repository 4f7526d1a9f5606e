"""Translation of the sentences that people read.

``_("… {x} …").format(x=x)``: the template is looked up first and filled in afterwards, so that translations can
reorder it. The language comes from ``STUDIO_LANGUAGE``, which worker processes inherit; English needs no catalogue.
"""

from __future__ import annotations

import gettext
import os
from functools import lru_cache

from studio.domain.places import resources_folder


@lru_cache(maxsize=4)
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("studio", resources_folder() / "locale", languages=[language], fallback=True)


def _(message: str) -> str:
    """``message`` in the user's language."""
    language = os.environ.get("STUDIO_LANGUAGE", "")
    return _catalogue(language).gettext(message) if language else message


def N_(message: str) -> str:
    """Mark a string of a declaration for translation; it is translated where it is shown, with `_`."""
    return message
