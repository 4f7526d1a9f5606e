"""Prints each ratio of the benchmark suite: ``python -m tests.bench [SECTION …] [--rounds N] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import platform
from dataclasses import asdict
from pathlib import Path

from tests.bench.line import Line
from tests.bench.pairs import EngineError
from tests.bench.sections import SECTIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="what to measure; everything by default")
    parser.add_argument("--rounds", type=int, default=7, help="measured pairs of each comparison")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    from studio.runtime.cores import available_cores

    print(f"{platform.processor() or platform.machine()}, {available_cores()} cores used, {args.rounds} pairs each")
    print(f"{'':58}{'measured':>10}{'target':>10}   ours / other (medians)")
    found: list[Line] = []
    for name in args.sections or SECTIONS:
        for measure in SECTIONS[name]:
            try:
                line = measure(args.rounds)
            except EngineError as error:
                print(f"{name}: left out, {error}")
                continue
            found.append(line)
            print(line.text(), flush=True)
    if args.json:
        args.json.write_text(json.dumps([asdict(line) for line in found], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
