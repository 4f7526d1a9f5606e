"""The files that say how pictures are prepared for a model."""

from __future__ import annotations

from studio.domain.errors import ModelFolderError
from studio.domain.i18n import _

#: One of them is enough; newer versions of transformers write the second.
PREPARATION_FILES = ("preprocessor_config.json", "processor_config.json")


def no_preparation() -> ModelFolderError:
    """The error for a model that has none of them."""
    return ModelFolderError(
        _("The model's folder has no {name}, which says how pictures are prepared for it.").format(
            name=PREPARATION_FILES[0]
        ),
        _("Add the model again, with all its files."),
    )
