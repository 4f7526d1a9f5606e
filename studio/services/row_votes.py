"""What blind votes on rows say: who is preferred, how surely, and whether voters agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from studio.domain.metric import Estimate
from studio.domain.project import Vote, VoteChoice
from studio.statistics.agreement import cohen_kappa, fleiss_kappa
from studio.statistics.preferences import Game, Strength, bradley_terry, win_rates

#: Votes as `studio.project.evaluations.Evaluations.votes` gives them: position, voter, vote.
RowVotes = Sequence[tuple[int, str, Vote]]
_SCORES: dict[VoteChoice, float] = {"a": 1.0, "b": 0.0, "tie": 0.5, "both bad": 0.5}


@dataclass(frozen=True)
class Agreement:
    """Whether people who voted on the same pairs agree.

    Attributes:
        measure: ``"cohen"`` for two people, ``"fleiss"`` for more.
        kappa: 1: always, 0: as by chance; None where it is undefined.
        voters: Their names; empty stands for whoever sits at this computer.
        shared: Pairs that all of them voted on.
    """

    measure: str
    kappa: float | None
    voters: tuple[str, ...]
    shared: int


def games(votes: RowVotes) -> list[Game]:
    """Votes as games, one for each pair of answers; a tie, and "both bad", count half for each.

    Several people who judge the same pair make its result surer, but are no further rows: their mean is one game.
    """
    found: dict[tuple[int, int, int], list[float]] = {}
    for position, _voter, vote in votes:
        first = _SCORES[vote.choice] if vote.a < vote.b else 1 - _SCORES[vote.choice]
        found.setdefault(_pair(position, vote), []).append(first)
    return [Game(a, b, sum(scores) / len(scores)) for (_position, a, b), scores in found.items()]


def win_estimates(votes: RowVotes) -> dict[int, Estimate]:
    """Share of pairs of answers won, by candidate, with Wilson's interval."""
    return {
        player: Estimate(rate.value, rate.low, rate.high, rate.games, "wilson")
        for player, rate in win_rates(games(votes)).items()
    }


def strengths(votes: RowVotes) -> dict[int, Strength]:
    """Bradley–Terry strengths, for three candidates and more; empty for fewer."""
    found = bradley_terry(games(votes))
    return found if len(found) > 2 else {}


def agreement(votes: RowVotes) -> Agreement | None:
    """How well the voters agree on pairs that all of them saw; None for a single voter, or nothing in common."""
    by_voter: dict[str, dict[tuple[int, int, int], str]] = {}
    for position, voter, vote in votes:
        by_voter.setdefault(voter, {})[_pair(position, vote)] = _seen(vote)
    voters = tuple(sorted(by_voter))
    if len(voters) < 2:
        return None
    shared = sorted(set.intersection(*(set(found) for found in by_voter.values())))
    if not shared:
        # Not all together, but two of them may have something in common.
        best = max(combinations(voters, 2), key=lambda two: len(set(by_voter[two[0]]) & set(by_voter[two[1]])))
        shared = sorted(set(by_voter[best[0]]) & set(by_voter[best[1]]))
        voters = best
    if not shared:
        return None
    if len(voters) == 2:
        first, second = ([by_voter[voter][pair] for pair in shared] for voter in voters)
        return Agreement("cohen", cohen_kappa(first, second), voters, len(shared))
    judged = [[by_voter[voter][pair] for voter in voters] for pair in shared]
    return Agreement("fleiss", fleiss_kappa(judged), voters, len(shared))


def _pair(position: int, vote: Vote) -> tuple[int, int, int]:
    return position, min(vote.a, vote.b), max(vote.a, vote.b)


def _seen(vote: Vote) -> str:
    """The choice, whichever way round the two were shown."""
    if vote.choice in ("a", "b"):
        return str(vote.a if vote.choice == "a" else vote.b)
    return vote.choice
