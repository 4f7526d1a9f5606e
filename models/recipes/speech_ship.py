"""Puts the trained recogniser of digits among the models that ship: exports it, measures it, and writes its card.

    python models/recipes/speech_ship.py digits-small --trained OUT --data DIR

int8 ships. fp32 is measured as well, so that the card says what quantization costs.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import soundfile
from card import Card, Training, write_card
from exporting import export, record
from speech_data import ABOUT, HELD_OUT, RATE, WORDS, Clip, read_clips, set_aside
from speech_samples import together

from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.metrics._metric import Answers, Parts
from studio.metrics.cer import METRIC as CER
from studio.metrics.wer import METRIC as WER
from studio.tasks import find_task

MODELS = Path(__file__).resolve().parents[1]
TASK = "automatic-speech-recognition"
#: Recordings of three digits that are measured.
_ROWS_OF_THREE = 200
_CAN = (
    "Writes down English digits, zero to nine, said one after another: an order number, a code, a quantity. It shows "
    "what speech recognition in the studio is about, with times, without a download."
)
_CANNOT = (
    "It knows ten words. Anything else that is said becomes one of them, or nothing.",
    "It was trained on four men and on the voices of two speech synthesizers, at 8 kHz, close to the microphone. "
    "Other accents, children, women and rooms with much noise are new to it.",
    "Digits that follow each other without any pause are at times taken for one.",
)
_NOTE = (
    "Lower is better. `wer`, `cer` and `wer_three` say how a stranger fares: they were measured on the model of the "
    f"first round of training, which had heard nothing of the speaker {HELD_OUT}. `wer` and `cer` are over all his "
    f"recordings of a single digit, `wer_three` over {_ROWS_OF_THREE} recordings of three digits, put together from "
    "single ones with pauses between. The model that ships went on for a short second round with him as well, so that "
    "it knows four people instead of three; `wer_known` is its own figure on 100 of his recordings that were set aside "
    "and ship as samples. No epoch was chosen by any figure, but how recordings are varied in training was chosen with "
    "an eye on his, so another stranger may fare worse. Measured on the ONNX files by the last command below. int8 "
    "ships; fp32 was measured on the same export, to show what int8 costs."
)
Row = tuple[str, str, str]


def answers(folder: Path, precision: str, recordings: Sequence[Sequence[Clip]], scratch: Path) -> list[Row]:
    """What a model writes down of some recordings, through the studio's own runner.

    Args:
        folder: The model's.
        precision: Which of its files.
        recordings: Clips that are said after each other; one is taken as it is.
        scratch: Folder for files in between.
    """
    runner = find_task(TASK).open(LoadSpec(task=TASK, folder=folder, precision=precision))
    file = scratch / "sound.wav"
    rows = []
    for place, clips in enumerate(recordings):
        soundfile.write(file, clips[0].wave if len(clips) == 1 else together(list(clips)), RATE, subtype="PCM_16")
        output = runner.run({"audio": str(file)}, {}, ignore_text, never_cancelled).output
        rows.append((f"recording {place}", output.text, " ".join(WORDS[clip.digit] for clip in clips)))
    return rows


def _rate(metric: Any, rows: Sequence[Row]) -> float:
    parts = metric.measure(Answers([row[2] for row in rows], [row[1] for row in rows]), {})
    assert isinstance(parts, Parts)
    return round(float(parts.value(parts.table.sum(0))), 4)


def each_digit(rows: Sequence[Row]) -> list[str]:
    """A table of how each digit fares, and what it is most often taken for."""
    lines = ["| digit | recordings | right | most often taken for |", "| --- | --- | --- | --- |"]
    for word in WORDS:
        own = [row[1] for row in rows if row[2] == word]
        wrong = sorted({text for text in own if text != word}, key=lambda text: (-own.count(text), text))
        taken = ", ".join(f"{text or 'nothing'} ({own.count(text)})" for text in wrong[:2]) or "–"
        lines.append(f"| {word} | {len(own)} | {own.count(word) / len(own):.2f} | {taken} |")
    return lines


def card_of(name: str, facts: dict[str, Any], figures: dict[str, dict[str, float]], rows: Sequence[Row]) -> Card:
    """The card, from what training recorded and what was measured."""
    training = Training(**facts)
    return Card(
        title="Digits, small",
        task=TASK,
        languages=["en"],
        can=_CAN,
        cannot=_CANNOT,
        data=[ABOUT],
        training=training,
        commands=[
            f"python models/recipes/speech_ctc.py {name} --data DIR --out OUT --seed {training.seed}",
            f"python models/recipes/speech_ship.py {name} --trained OUT --data DIR",
        ],
        figures=figures,
        figures_note=_NOTE,
        rows=len(rows) + _ROWS_OF_THREE,
        sections={"Each digit of the stranger (int8)": each_digit(rows)},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["digits-small"])
    parser.add_argument("--trained", type=Path, required=True, help="what the recipe was given as --out")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--library", type=Path, default=MODELS)
    args = parser.parse_args()
    clips = read_clips(args.data)
    stranger = [clip for clip in clips if clip.speaker == HELD_OUT]
    chance = random.Random(7)
    single = [(clip,) for clip in stranger]
    three = [tuple(chance.choices(stranger, k=3)) for _row in range(_ROWS_OF_THREE)]
    known = [(clip,) for own in set_aside(clips).values() for clip in own]
    trained, held = args.trained / args.name, f"{args.name}-held"
    figures: dict[str, dict[str, float]] = {}
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        first = export(args.trained / held, held, work / "first", "fp32,int8", "speech_ctc.py")
        final = export(trained, args.name, work / "final", "fp32,int8", "speech_ctc.py")
        for precision in ("fp32", "int8"):
            rows = answers(first, precision, single, work)
            figures[precision] = {
                "wer": _rate(WER, rows),
                "cer": _rate(CER, rows),
                "wer_three": _rate(WER, answers(first, precision, three, work)),
                "wer_known": _rate(WER, answers(final, precision, known, work)),
            }
    print(json.dumps(figures), flush=True)
    folder = export(trained, args.name, args.library.resolve(), "int8", "speech_ctc.py")
    facts = json.loads((args.trained / f"{args.name}.json").read_text(encoding="utf-8"))
    write_card(folder, card_of(args.name, facts, figures, rows))
    record(folder, figures)


if __name__ == "__main__":
    main()
