"""Opens a speech model of either kind."""

from __future__ import annotations

from studio.domain.running import LoadSpec, Runner
from studio.runtime.folder import files_of


def open_speech_model(spec: LoadSpec) -> Runner:
    """A Whisper where the folder has an encoder and a decoder, else a CTC model.

    Raises:
        ModelFolderError: The folder has no such precision, or is no speech model that the studio can run.
    """
    if "encoder" in files_of(spec.folder, spec.precision).roles:
        from studio.runtime.whisper import Whisper

        return Whisper(spec)
    from studio.runtime.ctc import open_ctc

    return open_ctc(spec)
