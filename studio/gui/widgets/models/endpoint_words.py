"""How endpoints are told of: who gets what is asked, keys, limits, prices; and the servers that people know."""

from __future__ import annotations

from dataclasses import dataclass

from studio.domain.comparison import Candidate
from studio.domain.endpoint import Endpoint, Price
from studio.domain.i18n import N_, _, ngettext
from studio.services.endpoint_keys import variable_of
from studio.services.figures import money


@dataclass(frozen=True)
class Known:
    """A server or service that speaks OpenAI's protocol.

    Attributes:
        title: What it is called (marked with ``N_`` where that is no name).
        name: What an endpoint of it is called at first.
        base_url: Its usual address; empty where everyone has another.
        wants_key: Whether it mostly wants a key.
    """

    title: str
    name: str
    base_url: str
    wants_key: bool = False


#: The usual ones; those on this computer first, since nothing leaves it for them.
KNOWN: tuple[Known, ...] = (
    Known("Ollama", "ollama", "http://localhost:11434/v1"),
    Known("LM Studio", "lm-studio", "http://localhost:1234/v1"),
    Known("llama.cpp", "llama-cpp", "http://localhost:8080/v1"),
    Known("vLLM", "vllm", "http://localhost:8000/v1"),
    Known("Foundry Local", "foundry-local", "http://localhost:5273/v1"),
    Known("OpenAI", "openai", "https://api.openai.com/v1", wants_key=True),
    Known(N_("Another address"), "", ""),
)


def candidate_like(endpoint: Endpoint) -> Candidate:
    """Any candidate of an endpoint: what its tag says is said of all of them."""
    return Candidate(f"{endpoint.name}/", "", endpoint.host, "openai")


def key_words(endpoint: Endpoint, source: str) -> str:
    """Where an endpoint's key is."""
    if source == "environment":
        return _("key from {variable}").format(variable=variable_of(endpoint.name))
    return _("key in the keyring") if source == "keyring" else _("no key")


def limit_words(endpoint: Endpoint) -> str:
    """How much is asked of an endpoint at a time."""
    parts = [
        ngettext("{n} request at a time", "{n} requests at a time", endpoint.requests_at_once).format(
            n=endpoint.requests_at_once
        )
    ]
    if endpoint.requests_per_minute:
        parts.append(_("at most {n} a minute").format(n=f"{endpoint.requests_per_minute:,}"))
    return ", ".join(parts)


def price_words(price: Price | None) -> str:
    """What a million tokens cost."""
    if price is None:
        return _("no price given")
    return _("{read} / {written} for a million tokens read / written").format(
        read=money(price.input_per_million, ""), written=money(price.output_per_million, price.currency)
    )
