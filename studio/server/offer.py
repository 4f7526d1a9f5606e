"""What a server is asked to offer. Light, so that a window can name it without loading a server."""

from __future__ import annotations

from dataclasses import dataclass, field

from studio.domain.endpoint import leaves_this_computer


@dataclass(frozen=True)
class Offer:
    """What to serve, and to whom.

    Attributes:
        models: ``ID`` or ``ID:PRECISION``; empty for every model that is ready.
        host: Address to listen on; anything but this computer's own needs a key.
        port: 0 for any that is free.
        key: What every request has to show; empty for none.
        device: Provider id.
        threads: Threads for one operator; 0 for one each core.
    """

    models: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    key: str = field(default="", repr=False)
    device: str = "cpu"
    threads: int = 0

    @property
    def local(self) -> bool:
        """Whether only this computer is served."""
        return not leaves_this_computer(f"[{self.host}]" if ":" in self.host else self.host)
