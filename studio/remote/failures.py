"""What can go wrong between here and an endpoint, in plain sentences. No sentence and no detail ever holds the key."""

from __future__ import annotations

import email.utils
import json
import time
from typing import Any

from studio.domain.endpoint import host_of
from studio.domain.errors import (
    EndpointAccessError,
    EndpointAnswerError,
    EndpointBusyError,
    EndpointError,
    EndpointUnreachableError,
    InputError,
    StudioError,
)
from studio.domain.i18n import _
from studio.domain.running import RemoteSetup
from studio.remote.secrets import plain

#: Refused for the moment: asked again after a while.
_FOR_THE_MOMENT = (408, 409, 425, 429, 500, 502, 503, 504, 529)
#: A quota that is used up comes with the status of a limit, and no waiting helps.
_USED_UP = ("insufficient_quota", "billing_hard_limit_reached", "access_terminated")
_TOO_LONG = ("context_length_exceeded", "context length", "maximum context", "context window", "exceed_context_size")
#: Beyond these a wait is the user's to decide about.
LONGEST_WAIT_S = 120.0
_FIRST_WAIT_S = 0.5


class CutError(Exception):
    """An answer ended before it was whole."""


class TooMuchError(Exception):
    """A server sends without end."""


class NotTheProtocolError(Exception):
    """A server answered something that is not OpenAI's protocol."""


def error_of(error: Exception, setup: RemoteSetup) -> StudioError:
    """The sentence for anything that asking an endpoint raised."""
    import openai

    host = host_of(setup.base_url)
    detail = _detail(error, setup.key)
    if isinstance(error, StudioError):
        return error
    if isinstance(error, openai.APITimeoutError) and not _never_there(error):
        return too_slow(setup, detail)
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, setup, host, detail)
    if isinstance(error, CutError):
        return EndpointAnswerError(
            _("The answer of {host} was cut off in the middle.").format(host=host), _("Try again."), detail
        )
    if isinstance(error, TooMuchError):
        return EndpointAnswerError(
            _("{host} sent far more than was asked for, so it was stopped.").format(host=host),
            _("Look whether the address is that of a model."),
            detail,
        )
    if isinstance(error, openai.APIConnectionError):
        if _is_certificate(error):
            return EndpointUnreachableError(
                _("{host} can't prove who it is: its certificate is not valid.").format(host=host),
                _("Check the address and this computer's clock; a company's own certificate must be known to it."),
                detail,
            )
        return EndpointUnreachableError(
            _("{host} can't be reached.").format(host=host),
            _("Check that it runs, the address, and the network or proxy."),
            detail,
        )
    if isinstance(error, (NotTheProtocolError, json.JSONDecodeError, openai.APIResponseValidationError, UnicodeError)):
        return EndpointAnswerError(
            _("{host} answers, but not in OpenAI's protocol.").format(host=host),
            _("Check the address; it mostly ends with /v1."),
            detail,
        )
    if isinstance(error, openai.APIError):
        # An error in the middle of a stream, told by the server itself.
        return EndpointAnswerError(
            _("{host} broke off: {reason}.").format(host=host, reason=_reason(error, setup.key)),
            _("Try again."),
            detail,
        )
    return EndpointAnswerError(
        _("{host} answered something that can't be read.").format(host=host),
        _("The details help whoever looks into it."),
        detail,
    )


def too_slow(setup: RemoteSetup, detail: str = "") -> EndpointError:
    """The error for an answer that took longer than allowed."""
    return EndpointError(
        _("{host} took longer than {seconds:g} s, so it was stopped.").format(
            host=host_of(setup.base_url), seconds=setup.timeout_s
        ),
        _("Allow more time in the endpoint's settings, or ask for shorter answers."),
        detail,
    )


def _of_status(error: Any, setup: RemoteSetup, host: str, detail: str) -> StudioError:
    status, code = error.status_code, str(error.code or "")
    reason = _reason(error, setup.key)
    if status == 401:
        if not setup.key:
            return EndpointAccessError(
                _("{host} wants a key.").format(host=host), _("Set the endpoint's key, then try again."), detail
            )
        return EndpointAccessError(
            _("{host} does not accept the key.").format(host=host),
            _("Copy it again from the provider's page, or make a new one there."),
            detail,
        )
    if status in (402, 403) or code in _USED_UP:
        return EndpointAccessError(
            _("{host} does not allow this: {reason}.").format(host=host, reason=reason),
            _("Look at the provider's page what this key may do, and whether the account is paid up."),
            detail,
        )
    if status == 404:
        return EndpointAccessError(
            _("{host} has no model {model}, or nothing at this address.").format(host=host, model=setup.model),
            _("Test the endpoint: that lists its models."),
            detail,
        )
    if status == 413 or any(mark in f"{code} {reason}".lower() for mark in _TOO_LONG):
        return InputError(
            _("The text is longer than {model} reads.").format(model=setup.model or host), _("Shorten it."), detail
        )
    if status == 429:
        return EndpointBusyError(
            _("{host} takes no more requests for now.").format(host=host),
            _("Try later, or set a lower number of requests per minute for this endpoint."),
            detail,
        )
    if status >= 500:
        return EndpointBusyError(
            _("{host} has a problem of its own (error {status}).").format(host=host, status=status),
            _("Try again later."),
            detail,
        )
    if 300 <= status < 400:
        return EndpointError(
            _("{host} points to another address, where nothing is sent.").format(host=host),
            _("Give the endpoint the address that it points to, if you trust it."),
            detail,
        )
    return EndpointError(
        _("{host} refuses the request: {reason}.").format(host=host, reason=reason),
        _("The details show what it said."),
        detail,
    )


def wait_before_again(error: Exception, tries: int) -> float | None:
    """Seconds to wait before the same request is sent again; None where that would not help.

    Args:
        error: What went wrong.
        tries: How often it was tried before, 0 at first.
    """
    import openai

    if isinstance(error, openai.APITimeoutError) and not _never_there(error):
        return None
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in _FOR_THE_MOMENT or str(error.code or "") in _USED_UP:
            return None
        asked = _retry_after_s(error.response.headers)
        if asked is not None:
            return asked if asked <= LONGEST_WAIT_S else None
    elif not isinstance(error, (openai.APIConnectionError, CutError)) or _is_certificate(error):
        return None
    return float(min(_FIRST_WAIT_S * 2**tries, 30.0))


def _retry_after_s(headers: Any) -> float | None:
    """What a server asks to wait: seconds or a date (RFC 9110), or milliseconds as OpenAI writes them."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if 0 <= seconds < 1e9:
            return seconds
    found = email.utils.parsedate_tz(headers.get("retry-after", ""))
    return max(0.0, email.utils.mktime_tz(found) - time.time()) if found else None


def _never_there(error: Exception) -> bool:
    """Whether nobody took the connection, which is no slow answer."""
    return type(error.__cause__).__name__ == "ConnectTimeout"


def _is_certificate(error: Exception) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _reason(error: Any, key: str) -> str:
    """What the server said, on one line."""
    body = error.body if isinstance(error.body, dict) else {}
    said = body.get("message") or body.get("detail") or error.message
    return plain(" ".join(str(said).split()), key, 300).rstrip(".")


def _detail(error: Exception, key: str) -> str:
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 4:
        parts.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__cause__ or cause.__context__
    return plain("\n".join(parts), key, 4000)
