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
#: Qt says "American English" and "español de España" of codes that name no country.
_WITHOUT_COUNTRY = {"en": "English", "es": "español", "pt": "português"}
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


def parameter_words(millions: float) -> str:
    """A number of parameters as people say it: ``"135 M parameters"``."""
    if not millions:
        return ""
    return _("{n} parameters").format(n=f"{millions / 1000:.3g} B" if millions >= 1000 else f"{millions:.3g} M")


def language_names(codes: tuple[str, ...], most: int = 4) -> str:
    """Language codes as the languages call themselves; the first few and how many more."""
    from PySide6.QtCore import QLocale

    names = []
    for code in codes:
        locale = QLocale(code)
        known = locale.language() not in (QLocale.Language.C, QLocale.Language.AnyLanguage)
        native = _WITHOUT_COUNTRY.get(code) or locale.nativeLanguageName()
        names.append(native if known and native else code)
    shown = ", ".join(names[:most])
    more = len(names) - most
    return _("{names} and {n} more").format(names=shown, n=more) if more > 0 else shown
