"""What a taught model may be called."""

from __future__ import annotations

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.library.add import is_taken
from studio.library.reading import looks_like_model
from studio.library.safety import check_id
from studio.library.store import Library


def check_name(name: str, library: Library, replaces: bool) -> None:
    """Refuse a name that can't be one, or that is another model's.

    Args:
        name: What the model shall be called.
        library: Where it goes to.
        replaces: Whether it may take the place of a model of one's own.

    Raises:
        InputError: It can't be called so.
    """
    check_id(name)
    taken = is_taken(name, library)
    if looks_like_model(library.shipped / name) and not library.writes_shipped:
        raise InputError(
            _("{id} comes with the studio and is not replaced.").format(id=name),
            _("Choose another name, such as {name}.").format(name=f"mine/{name.rsplit('/', 1)[-1]}"),
        )
    if taken and not replaces:
        raise InputError(
            _("There is already a model {id}.").format(id=name),
            _("Choose another name, or replace it: in a terminal with --replace."),
        )
