"""What goes wrong between here and a Hub, as sentences that say what to do."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from studio.domain.errors import HubAccessError, HubError, InputError, OfflineError, StudioError, is_disk_full
from studio.domain.i18n import _

#: Answers that may be different a little later.
_PASSING = (408, 425, 429, 500, 502, 503, 504)


def status_of(error: BaseException) -> int | None:
    """The HTTP status of an answer that was raised, or None where there was no answer."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def is_passing(error: BaseException) -> bool:
    """Whether the same request may succeed a little later: the connection broke, or the Hub is busy."""
    from requests import RequestException
    from requests.exceptions import InvalidSchema, InvalidURL, SSLError

    status = status_of(error)
    if status is not None:
        return status in _PASSING
    if isinstance(error, OSError) and "Consistency check failed" in str(error):
        return True
    return isinstance(error, RequestException) and not isinstance(error, (InvalidSchema, InvalidURL, SSLError))


def is_lost(error: BaseException) -> bool:
    """Whether nothing answered: the connection broke, and says nothing about what is at its other end."""
    from requests import RequestException

    return isinstance(error, RequestException) and status_of(error) is None


def explain(error: Exception, hub_id: str, endpoint: str) -> StudioError:
    """``error``, raised while talking to the Hub at ``endpoint`` about a model, as something a person can act on."""
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, StudioError):
        return error
    detail, host = f"{type(error).__name__}: {error}", urlsplit(endpoint).netloc or endpoint
    if isinstance(error, OfflineModeIsEnabled):
        return OfflineError(
            _("The network is switched off in the settings, and this needs it."),
            _("Allow it in Settings under Privacy (`studio settings offline no`), or unset HF_HUB_OFFLINE."),
            detail,
        )
    if isinstance(error, HFValidationError):
        return InputError(
            _("{id!r} can't be a model on the Hub.").format(id=hub_id),
            _("It is called author/model there, such as onnx-community/Qwen3-0.6B-ONNX."),
            detail,
        )
    if isinstance(error, GatedRepoError):
        return HubAccessError(
            _("{id} is only given to people who accepted its terms.").format(id=hub_id),
            _(
                "Accept them at {page}, then give the studio a token of that account "
                "(Models screen, or `studio models token set`)."
            ).format(page=f"{endpoint}/{hub_id}"),
            detail,
        )
    if isinstance(error, RevisionNotFoundError):
        return HubError(
            _("{id} does not have that version any more.").format(id=hub_id),
            _("Cancel this download and start it again: it then takes the newest."),
            detail,
        )
    if isinstance(error, EntryNotFoundError):
        return HubError(
            _("A file of {id} is not on {host} any more.").format(id=hub_id, host=host),
            _("Cancel this download and start it again: it then takes the newest."),
            detail,
        )
    if isinstance(error, RepositoryNotFoundError):
        return HubError(
            _("There is no model {id} on {host}, or it is a private one.").format(id=hub_id, host=host),
            _("Check the spelling; a private one needs a token (Models screen, or `studio models token set`)."),
            detail,
        )
    return _answered(error, status_of(error), hub_id, host, detail) or _on_the_way(error, host, detail)


def _answered(error: Exception, status: int | None, hub_id: str, host: str, detail: str) -> StudioError | None:
    if status is None:
        return None
    if status == 401:
        return HubAccessError(
            _("{host} does not accept the token.").format(host=host),
            _("Make a new one on its settings page and give it to the studio, or unset HF_TOKEN."),
            detail,
        )
    if status == 403:
        return HubAccessError(
            _("{host} does not allow this account or network to get {id}.").format(host=host, id=hub_id or host),
            _("Check that the token may read it, and that no proxy or mirror forbids it."),
            detail,
        )
    if status == 429:
        return HubError(
            _("{host} was asked too often and wants a pause.").format(host=host),
            _("Try again in some minutes; with a token more is allowed."),
            detail,
        )
    if status >= 500:
        return HubError(
            _("{host} has a problem of its own (error {status}).").format(host=host, status=status),
            _("Try again later; what has arrived is kept."),
            detail,
        )
    return HubError(
        _("{host} refused the request (error {status}).").format(host=host, status=status),
        _("Check the address of the Hub in Settings under Downloads."),
        detail,
    )


def _on_the_way(error: Exception, host: str, detail: str) -> StudioError:
    from requests import RequestException
    from requests.exceptions import InvalidSchema, InvalidURL, ProxyError, SSLError

    if isinstance(error, ProxyError):
        return HubError(
            _("The proxy on the way to {host} can't be reached, or refused.").format(host=host),
            _("Check the proxy in Settings under Downloads, or HTTPS_PROXY in the environment."),
            detail,
        )
    if isinstance(error, SSLError):
        return HubError(
            _("The connection to {host} is not trusted: its certificate could not be checked.").format(host=host),
            _("A company's firewall may put its own in place: set REQUESTS_CA_BUNDLE to its certificate file."),
            detail,
        )
    if isinstance(error, (InvalidSchema, InvalidURL)):
        return InputError(
            _("{host} is no address of a Hub.").format(host=host),
            _("It begins with https://; empty it in Settings under Downloads to go back to the usual one."),
            detail,
        )
    if isinstance(error, RequestException) and not isinstance(error, ValueError):
        return HubError(
            _("{host} can't be reached.").format(host=host),
            _("Check the internet connection, and the proxy and the address of the Hub in Settings under Downloads."),
            detail,
        )
    if isinstance(error, OSError) and not isinstance(error, ValueError):
        return disk_error(error, detail)
    return HubError(
        _("{host} answered something that no Hub answers.").format(host=host),
        _("A sign-in page of the network, or a wrong address of the Hub, may stand in the way."),
        detail,
    )


def disk_error(error: OSError, detail: str = "") -> StudioError:
    """What a failed write to the library means."""
    if is_disk_full(error):
        return InputError(
            _("The disk of the library is full."), _("Free some space, then go on: what has arrived is kept."), detail
        )
    return StudioError(
        _("A file could not be written: {reason}.").format(reason=error.strerror or error),
        _("Check the disk and the permissions of the library's folder."),
        detail or str(error),
    )


def wait_asked_for(error: BaseException) -> float | None:
    """Seconds after which an answer asked to come again (``Retry-After``), or None."""
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except (TypeError, ValueError):
        return None
