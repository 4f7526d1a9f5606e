"""How long requests take when they come at random and wait for a free machine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: A queue that is busier than this has no steady state that anybody would plan for.
BUSIEST = 0.95
MOST_SERVERS = 10_000


@dataclass(frozen=True)
class Queue:
    """Requests at a mean rate, and the times that measured requests took.

    Attributes:
        per_s: Requests a second, coming independently of each other (Poisson).
        service_s: Measured times of single requests.
        servers: Machines that each do one request at a time.
    """

    per_s: float
    service_s: Sequence[float]
    servers: int

    @property
    def mean_s(self) -> float:
        """Mean time of a request."""
        return float(np.mean(self.service_s))

    @property
    def utilisation(self) -> float:
        """Share of time that a machine is busy."""
        return self.per_s * self.mean_s / self.servers

    def chance_to_wait(self) -> float:
        """Erlang's C formula: the chance that all machines are busy."""
        load = self.per_s * self.mean_s
        if load >= self.servers:
            return 1.0
        blocked = 1.0
        # Erlang B by its recursion, which does not overflow; then C from B.
        for server in range(1, self.servers + 1):
            blocked = load * blocked / (server + load * blocked)
        share = load / self.servers
        return blocked / (1 - share + share * blocked)

    def mean_wait_s(self) -> float:
        """Mean waiting time (Allen–Cunneen): that of M/M/c, scaled by how much service times vary."""
        if self.utilisation >= 1:
            return math.inf
        varies = float(np.var(self.service_s)) / self.mean_s**2 if self.mean_s > 0 else 0.0
        markov = self.chance_to_wait() * self.mean_s / (self.servers * (1 - self.utilisation))
        return markov * (1 + varies) / 2

    def percentile_s(self, percent: float = 95.0) -> float:
        """The time, waiting included, that so many of 100 requests don't exceed.

        Who waits at all waits for a time that is spread exponentially; the time at a machine is one of those measured.
        """
        wait = self.mean_wait_s()
        if not math.isfinite(wait):
            return math.inf
        chance = self.chance_to_wait()
        if chance < 1e-12 or wait <= 0:
            return float(np.quantile(self.service_s, percent / 100))
        times = np.asarray(self.service_s, float)
        mean = wait / chance

        def share_within(limit: float) -> float:
            left = limit - times
            within = np.where(left >= 0, 1 - chance * np.exp(-np.maximum(left, 0) / mean), 0.0)
            return float(within.mean())

        low, high = 0.0, float(times.max()) + 50 * mean
        for _step in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if share_within(middle) < percent / 100 else (low, middle)
        return high


def servers_needed(per_s: float, service_s: Sequence[float], target_s: float) -> int | None:
    """Fewest machines with which 95 of 100 requests are done in time; None where a request alone takes longer."""
    alone = float(np.quantile(service_s, 0.95))
    if alone > target_s:
        return None
    mean = float(np.mean(service_s))

    def enough(servers: int) -> bool:
        queue = Queue(per_s, service_s, servers)
        return queue.utilisation <= BUSIEST and queue.percentile_s() <= target_s

    # The more machines, the shorter the wait: the fewest that are enough lie between two that were tried.
    low, high = max(1, math.ceil(per_s * mean / BUSIEST)), MOST_SERVERS
    if low > high or not enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
