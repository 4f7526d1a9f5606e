"""Opens the PyTorch original of a model; see `studio.domain.running.Runner`."""

from __future__ import annotations

from studio.domain.running import LoadSpec, Runner


def open_classification(spec: LoadSpec) -> Runner:
    """A classifier.

    Raises:
        MissingDependencyError: torch or transformers is not installed.
        ModelFolderError: The weights are not there.
        UnsafeModelError: The model needs code of its own.
    """
    from studio.baseline.classification import EagerClassifier

    return EagerClassifier(spec)


def open_regression(spec: LoadSpec) -> Runner:
    """A model with one number as its output; errors as in `open_classification`."""
    from studio.baseline.classification import EagerRegressor

    return EagerRegressor(spec)


def open_translation(spec: LoadSpec) -> Runner:
    """An encoder-decoder that translates; errors as in `open_classification`."""
    from studio.baseline.generation_seq2seq import EagerTranslation

    return EagerTranslation(spec)


def open_chat(spec: LoadSpec) -> Runner:
    """A decoder that chats or continues a text; errors as in `open_classification`."""
    from studio.baseline.generation_causal import EagerChat

    return EagerChat(spec)
