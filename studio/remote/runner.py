"""What runners of endpoints have in common; they live in a worker process as all runners do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from studio.domain.endpoint import host_of, leaves_this_computer
from studio.domain.errors import EndpointAccessError, EndpointError, EndpointUnreachableError, Failure, StoppedError
from studio.domain.i18n import _
from studio.domain.prediction import GeneratedText, Prediction, PredictionTable
from studio.domain.running import (
    Inputs,
    LoadSpec,
    Options,
    Placement,
    RemotePlace,
    RemoteSetup,
)
from studio.remote.asking import Asker
from studio.remote.client import network_s
from studio.remote.failures import error_of


class RemoteRunner:
    """A model of an endpoint; see `studio.domain.running.ConcurrentRunner`. Tasks say in `_answer` how it is asked.

    Opening it asks the endpoint for its models: that shows whether it is there and takes the key, and measures the
    way there and back.
    """

    def __init__(self, spec: LoadSpec) -> None:
        if spec.remote is None:
            raise EndpointError(_("There is no endpoint to ask."))
        self._setup: RemoteSetup = spec.remote
        self._asker = Asker(spec.remote)
        self._check()
        host = host_of(spec.remote.base_url)
        place = RemotePlace(host, leaves_this_computer(host), network_s(self._asker.client), spec.remote.price)
        self._placement = Placement(host, (host,), remote=place)

    def _check(self) -> None:
        try:
            self._asker.client.models.list()
        except Exception as error:  # noqa: BLE001 - whatever a server makes the library raise becomes a sentence
            status = getattr(error, "status_code", 0)
            told = error_of(error, self._setup)
            # Without an answer, or without the right to ask, no row could be answered. Anything else need not hold up
            # what is asked: some servers answer questions and list no models.
            if status == 0 or (isinstance(told, EndpointAccessError) and status in (401, 402, 403)):
                raise told from None

    @property
    def placement(self) -> Placement:
        return self._placement

    @property
    def at_once(self) -> int:
        return max(1, self._setup.at_once)

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Answer one input; what comes is shown as it comes.

        Raises:
            InputError: It can't be asked as it is, or is too long.
            EndpointError: The endpoint did not answer it.
        """
        return self._answer(inputs, options, on_text, cancelled)

    def run_each(
        self, batch: Sequence[Inputs], options: Sequence[Options], cancelled: Callable[[], bool]
    ) -> PredictionTable:
        """Answer several inputs, some at the same time. Where nobody is there, the rest is not asked but stopped."""
        gone = threading.Event()

        def answer(inputs: Inputs, own: Options) -> Prediction | Failure:
            if gone.is_set():
                return _not_answered()
            try:
                prediction = self._answer(inputs, own, None, cancelled)
            except Exception as error:  # noqa: BLE001 - one row's failure is no other's
                found = error_of(error, self._setup)
                if isinstance(found, EndpointUnreachableError):
                    gone.set()
                return Failure.of(found)
            output = prediction.output
            if isinstance(output, GeneratedText) and output.finish_reason == "cancelled":
                # Half an answer is none: it is asked again when the evaluation goes on.
                return _not_answered()
            return prediction

        with ThreadPoolExecutor(self.at_once) as threads:
            return PredictionTable(tuple(threads.map(answer, batch, options)))

    def _answer(
        self,
        inputs: Inputs,
        options: Options,
        on_text: Callable[[str], None] | None,
        cancelled: Callable[[], bool],
    ) -> Prediction:
        raise NotImplementedError


def _not_answered() -> Failure:
    return Failure.of(StoppedError(_("Stopped before it answered.")))
