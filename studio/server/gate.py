"""Who may ask: the key, programs of this computer and no web pages, and nothing that is too large."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request

from studio.domain.endpoint import leaves_this_computer
from studio.domain.i18n import _
from studio.server.refusals import Refusal

#: Longest request, in bytes: a context of a million tokens fits.
MOST_BYTES = 8 * 1024 * 1024


class Gate:
    """Lets requests in.

    Args:
        key: What every request has to show; empty where none is wanted.
        local: Whether only this computer is served.
    """

    def __init__(self, key: str, local: bool) -> None:
        self._key, self._local = key, local

    def check(self, request: Request) -> None:
        """Do nothing, or refuse.

        Raises:
            Refusal: It comes from a web page or under another name than this computer's, or shows no right key.
        """
        if self._local and leaves_this_computer(request.headers.get("host", "")):
            # A web page can point a name of its own at this computer, and would then be taken for it.
            raise Refusal(403, _("This server answers under this computer's own names only."))
        if request.headers.get("origin"):
            raise Refusal(403, _("Web pages can't ask this server."))
        if self._key:
            given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
            if not hmac.compare_digest(given.encode(), self._key.encode()):
                raise Refusal(401, _("The key is missing or wrong."), code="invalid_api_key")

    async def body(self, request: Request) -> Mapping[str, Any]:
        """The JSON object that a request holds.

        Raises:
            Refusal: It is too large, or no JSON object.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            # Anything else a web page could send without being asked whether it may.
            raise Refusal(415, _("A request is JSON: set Content-Type to application/json."))
        data = bytearray()
        try:
            async for piece in request.stream():
                data += piece
                if len(data) > MOST_BYTES:
                    raise Refusal(413, _("The request is larger than {most} MB.").format(most=MOST_BYTES // 2**20))
        except ClientDisconnect as error:
            raise Refusal(499, _("The client is gone.")) from error
        try:
            found = json.loads(bytes(data))
        except (ValueError, RecursionError) as error:
            raise Refusal(400, _("The request is no JSON: {reason}.").format(reason=error)) from error
        if not isinstance(found, dict):
            raise Refusal(400, _("The request must be a JSON object."))
        return found
