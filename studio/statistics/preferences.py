"""From "A or B?" to an order: win rates, and strengths for three candidates and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from studio.statistics.proportions import wilson

#: Half a won and half a lost game against everybody keeps a candidate that won all from an infinite strength.
_PRIOR = 0.5
_RESAMPLES = 400


@dataclass(frozen=True)
class Game:
    """One vote; ``score`` is 1 where ``a`` was better, 0 where ``b`` was, 0.5 for a tie."""

    a: int
    b: int
    score: float


@dataclass(frozen=True)
class Strength:
    """How often a candidate would be preferred over a middling one, 0 to 1, with its 95 % interval."""

    value: float
    low: float
    high: float
    games: int


def win_rates(games: Sequence[Game]) -> dict[int, Strength]:
    """Share of games won, a tie counting half, with Wilson's interval."""
    won: dict[int, float] = {}
    played: dict[int, int] = {}
    for game in games:
        for player, score in ((game.a, game.score), (game.b, 1 - game.score)):
            won[player] = won.get(player, 0.0) + score
            played[player] = played.get(player, 0) + 1
    return {player: Strength(won[player] / n, *wilson(won[player], n), n) for player, n in sorted(played.items())}


def bradley_terry(games: Sequence[Game], seed: int = 0) -> dict[int, Strength]:
    """Strengths from all games together, so that who met whom does not matter; intervals by bootstrap over games.

    Bradley & Terry (1952); fitted by the minorise–maximise steps of Hunter (2004), "MM algorithms for generalized
    Bradley–Terry models". Ties count half for each.
    """
    players = sorted({player for game in games for player in (game.a, game.b)})
    if not players:
        return {}
    place = {player: number for number, player in enumerate(players)}
    first = np.array([place[game.a] for game in games])
    second = np.array([place[game.b] for game in games])
    score = np.array([game.score for game in games])
    fitted = _fit(len(players), first, second, score)
    chance = np.random.default_rng(seed)
    drawn = []
    for _draw in range(_RESAMPLES):
        picked = chance.integers(0, len(games), len(games))
        drawn.append(_fit(len(players), first[picked], second[picked], score[picked]))
    low, high = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    count: Mapping[int, int] = {
        player: int(np.count_nonzero(first == place[player]) + np.count_nonzero(second == place[player]))
        for player in players
    }
    return {
        player: Strength(float(fitted[i]), float(low[i]), float(high[i]), count[player])
        for i, player in enumerate(players)
    }


def _fit(players: int, first: np.ndarray, second: np.ndarray, score: np.ndarray) -> np.ndarray:
    wins = np.full((players, players), _PRIOR / players)
    np.fill_diagonal(wins, 0.0)
    np.add.at(wins, (first, second), score)
    np.add.at(wins, (second, first), 1 - score)
    games = wins + wins.T
    strength = np.ones(players)
    for _step in range(500):
        shared = games / (strength[:, None] + strength[None, :])
        new = wins.sum(1) / shared.sum(1)
        new /= np.exp(np.log(new).mean())
        if np.abs(new - strength).max() < 1e-9:
            break
        strength = new
    # Against a candidate of middling strength, which is 1.
    return strength / (strength + 1)
