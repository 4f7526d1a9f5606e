"""The README's pictures, picked from those that ``make screenshots`` took and made small. ``make pictures`` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

#: Picture in the documents → screenshot; the first that was taken.
PICTURES = {
    "home": ("home-light-en-1280",),
    "try": ("try-text-classification-light-en-1280",),
    "translation": ("try-translation-baseline1-light-en-1280", "try-translation-light-en-1280"),
    "chat": ("try-chat-light-en-1280",),
    "blind": ("try-text-classification-blind1-light-en-1280",),
    "documents": ("try-question-answering-light-en-1280",),
    "search": ("try-feature-extraction-light-en-1280",),
    "image": ("try-image-classification-light-en-1280",),
    "why": ("try-translation-why1-light-en-1280",),
    "dark": ("try-text-classification-dark-zh_CN-1280",),
}


def pick(taken: Path, target: Path) -> list[Path]:
    """Write each picture as a PNG of 256 colours, a third of the size; returns those written."""
    written = []
    for name, choices in PICTURES.items():
        found = next((file for choice in choices if (file := taken / f"{choice}.png").is_file()), None)
        if found is None:
            continue
        file = target / f"{name}.png"
        _few_colours(QImage(str(found))).save(str(file), quality=0)
        written.append(file)
    return written


def _few_colours(image: QImage) -> QImage:
    """The image in its own 256 most frequent colours; Qt's own choice is a fixed palette that fits no theme."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(plain.constBits(), dtype=np.uint32)
    colours, counts = np.unique(pixels, return_counts=True)
    table = [int(colour) for colour in colours[np.argsort(-counts)][:256]]
    return plain.convertToFormat(QImage.Format.Format_Indexed8, table, Qt.ImageConversionFlag.ThresholdDither)


def main() -> None:
    """Command line: the folder of screenshots and the folder of the documents' pictures."""
    taken, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    for file in pick(taken, target):
        sys.stdout.write(f"{file} {file.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main()
