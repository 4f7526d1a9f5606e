"""Speech recognition: what is said in a recording, word for word, or in English."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.places import resources_folder
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Option, Sample, Task

#: The starter model knows the ten English digits and nothing else.
_DIGITS = ("starter/digits-small",)


def _open(spec: LoadSpec) -> Runner:
    if spec.backend == "pytorch":
        from studio.baseline.speech import open_speech

        return open_speech(spec)
    from studio.runtime.speech import open_speech_model

    return open_speech_model(spec)


def _read(text: str) -> Inputs:
    return {"audio": text.strip()}


def _check(inputs: Inputs) -> None:
    path = inputs.get("audio")
    if not isinstance(path, (str, Path)) or not str(path):
        raise InputError(_("There is no recording."), _("Choose a file, drop one here, or record one."))
    from studio.media.audio import audio_seconds

    audio_seconds(str(path))


def _sample(name: str) -> Inputs:
    return {"audio": str(resources_folder() / "samples" / "digits" / name)}


def _probes(folder: Path) -> Sequence[Inputs]:
    """Recordings that a conversion is compared with its original on: always the same, or figures mean nothing.

    Tones that rise and fall, chords, noise, and pauses, loud and soft, from half a second to four.
    """
    import numpy as np
    import soundfile

    rate, chance = 16_000, np.random.default_rng(17)
    found = []
    for number in range(10):
        seconds = (0.5, 1.0, 2.0, 3.0, 4.0)[number % 5]
        at = np.arange(int(seconds * rate)) / rate
        marks = np.linspace(0, seconds, 2 + int(seconds * 8))
        pitch = np.interp(at, marks, chance.uniform(80, 400, len(marks)))
        loud = np.interp(at, marks, chance.uniform(0, 1, len(marks)) ** 2)
        phase = 2 * np.pi * np.cumsum(pitch) / rate
        voice = sum(chance.uniform(0, 1) / harmonic * np.sin(harmonic * phase) for harmonic in range(1, 12))
        noise = chance.normal(0, 0.01 * (1 + number % 3), len(at))
        sound = loud * voice / np.abs(voice).max() * (0.8, 0.2)[number % 2] + noise
        # Whole numbers, so that both sides hear the very same samples.
        path = folder / f"sound-{number:02}.wav"
        soundfile.write(path, sound.clip(-1, 1), rate, subtype="PCM_16")
        found.append({"audio": str(path)})
    return found


TASK = Task(
    id="automatic-speech-recognition",
    title=N_("Speech recognition"),
    purpose=N_("Writes down what is said in a recording: voice messages, calls, meetings, commands."),
    inputs=(Field("audio", "audio", N_("Recording"), N_("Drop a recording here, choose a file, or record one")),),
    output="transcript",
    options=(
        Option(
            "language",
            "text",
            None,
            N_("Language"),
            N_("What is spoken, such as en or English. Empty: the model finds out, or knows one language only."),
            advanced=False,
        ),
        Option(
            "translate",
            "bool",
            False,
            N_("Translate to English"),
            N_("For models that can (Whisper): English words, whatever is spoken."),
        ),
        Option(
            "timestamps",
            "bool",
            True,
            N_("Times"),
            N_("When each part was said. Recordings over 30 seconds are read by times in any case."),
        ),
        Option(
            "num_beams",
            "int",
            None,
            N_("Beams"),
            N_("For Whisper: how many transcripts are followed at once; 1 is the fastest. Empty: the model's own."),
            low=1,
            high=16,
        ),
    ),
    metrics=("wer", "cer", "real_time_factor"),
    place=80,
    samples=(
        Sample(N_("Three digits"), _sample("three-01.flac"), models=_DIGITS, answer="eight four six"),
        Sample(N_("Three other digits"), _sample("three-05.flac"), models=_DIGITS),
        Sample(N_("The digit seven"), _sample("seven.flac"), models=_DIGITS, answer="seven"),
        Sample(N_("The digit zero"), _sample("zero.flac"), models=_DIGITS, answer="zero"),
    ),
    architectures=("ForCTC", "WhisperForConditionalGeneration"),
    needs=(("preprocessor_config.json",), ("tokenizer.json", "vocab.json")),
    export_task="automatic-speech-recognition",
    streams=True,
    probes=_probes,
    open=_open,
    read_text=_read,
    check=_check,
)
