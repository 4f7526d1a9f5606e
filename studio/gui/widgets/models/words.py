"""How models are told of: states, sizes, fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.domain.i18n import N_, _

if TYPE_CHECKING:
    from studio.domain.model import Model
    from studio.gui.viewmodels.models_library import Listed

#: Words and tone of a state.
STATES: dict[str, tuple[str, str]] = {
    "ready": (N_("ready"), "good"),
    "incomplete": (N_("incomplete"), "warn"),
    "damaged": (N_("damaged"), "bad"),
}
#: Tone of a licence light and of fit advice.
LIGHTS = {"free": "good", "conditions": "warn", "restricted": "bad"}
FITS = {"fits": "good", "tight": "warn", "too large": "bad"}


def name_of(model: Model) -> str:
    """What people call it."""
    return model.title or model.id.rsplit("/", 1)[-1]


def size_words(size_mb: float) -> str:
    """A size as people read it."""
    from studio.services.fit import gigabytes

    return (
        gigabytes(size_mb)
        if size_mb >= 1000
        else _("{n} MB").format(n=f"{size_mb:.0f}" if size_mb >= 10 else f"{size_mb:.1f}")
    )


def smallest_fit(listed: Listed) -> str:
    """Advice for the precision that needs least; empty where there is none."""
    if not listed.fits:
        return ""
    fit = min(listed.fits.values(), key=lambda each: max(each.need.memory_mb, each.need.device_mb))
    return fit.words
