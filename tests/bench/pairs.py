"""Engines in processes of their own, asked in turn: A B A B …, so that a drifting machine treats both alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


class EngineError(Exception):
    """An engine could not be started or did not answer."""


class Engine:
    """One engine's process; it answers each line on its standard input with one line of JSON."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        self.name = name
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.engine", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._read()

    def ask(self) -> dict[str, float]:
        """One measured run."""
        assert self._process.stdin
        try:
            self._process.stdin.write("run\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise EngineError(f"{self.name} ended") from error
        return self._read()

    def close(self) -> None:
        """End the process."""
        try:
            self._process.communicate("end\n", timeout=10)
        except (subprocess.TimeoutExpired, ValueError, OSError):
            self._process.kill()

    def _read(self) -> dict[str, float]:
        assert self._process.stdout and self._process.stderr
        while line := self._process.stdout.readline():
            if line.startswith("{"):
                return json.loads(line)
        tail = self._process.stderr.read().strip().splitlines()
        raise EngineError(f"{self.name}: {tail[-1] if tail else 'no answer'}")


@dataclass(frozen=True)
class Compared:
    """Two engines over the same rounds.

    Attributes:
        ours: Medians of our figures.
        theirs: Medians of the other's.
        ratios: Ours / theirs, round by round, of the figure compared.
    """

    ours: Mapping[str, float]
    theirs: Mapping[str, float]
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return median(self.ratios)


def compare(ours: Sequence[str], theirs: Sequence[str], figure: str, rounds: int) -> Compared:
    """Ask both in turn, after one discarded round.

    Args:
        ours: Arguments of our engine's process.
        theirs: Arguments of the other's.
        figure: The key compared.
        rounds: Measured pairs.

    Raises:
        EngineError: One of them is not installed, or failed.
    """
    first = Engine("studio", ours)
    try:
        second = Engine(theirs[0], theirs)
        try:
            first.ask(), second.ask()
            answers = [(first.ask(), second.ask()) for _ in range(rounds)]
        finally:
            second.close()
    finally:
        first.close()
    return Compared(
        _medians([a for a, _ in answers]),
        _medians([b for _, b in answers]),
        tuple(a[figure] / b[figure] for a, b in answers),
    )


def _medians(answers: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: median(answer[key] for answer in answers) for key in answers[0]}
