"""A head on embeddings: logistic regression for labels, ridge regression for numbers.

Alain and Bengio 2016 call such heads linear probes: the encoder stays as it is, so a few examples are enough.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.running import never_cancelled

Array = NDArray[Any]

#: Strengths of regularisation that are tried, the strongest first: with few examples a strong one is right.
_C = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_ALPHA = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1)


@dataclass(frozen=True)
class Head:
    """A linear layer behind an embedding.

    Attributes:
        weights: float32, shape ``(dimension, outputs)``.
        bias: float32, shape ``(outputs,)``.
        labels: Names of the outputs; empty for a number.
        strength: The regularisation that was chosen: C of logistic regression, alpha of ridge.
    """

    weights: Array
    bias: Array
    labels: tuple[str, ...]
    strength: float

    def scores(self, vectors: Array) -> Array:
        """The raw outputs, shape ``(rows, outputs)``."""
        found: Array = vectors @ self.weights + self.bias
        return found

    def answers(self, vectors: Array) -> list[str]:
        """The likeliest label of each row."""
        return [self.labels[place] for place in self.scores(vectors).argmax(1)]


def fit_labels(
    vectors: Array,
    labels: Sequence[str],
    validation: tuple[Array, Sequence[str]],
    seed: int = 0,
    cancelled: Callable[[], bool] = never_cancelled,
    on_both: bool = True,
) -> Head:
    """Logistic regression; its regularisation is the one that is best on the validation rows, then fitted on both.

    Args:
        vectors: Embeddings of the examples, shape ``(rows, dimension)``.
        labels: Their labels.
        validation: Embeddings and labels of the rows that choose; may be empty.
        seed: Of the solver.
        cancelled: Asked between fits; once true, the best so far is taken.
        on_both: Whether the validation rows are learned from in the end; not where they choose once more.
    """
    from sklearn.metrics import log_loss

    best, best_loss = _C[2], math.inf
    known = [place for place, label in enumerate(validation[1]) if label in set(labels)]
    if known:
        for strength in _C:
            if cancelled():
                break
            model = _logistic(vectors, labels, strength, seed)
            wanted = [validation[1][place] for place in known]
            loss = log_loss(wanted, model.predict_proba(validation[0][known]), labels=list(model.classes_))
            if loss < best_loss:
                best, best_loss = strength, float(loss)
    if on_both and len(validation[1]):
        vectors, labels = np.concatenate([vectors, validation[0]]), [*labels, *validation[1]]
    model = _logistic(vectors, labels, best, seed)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        # Two labels have one score in scikit-learn; a softmax over (0, score) is the same.
        weights, bias = np.concatenate([np.zeros_like(weights), weights]), np.concatenate([np.zeros_like(bias), bias])
    return Head(
        np.ascontiguousarray(weights.T, np.float32), bias.astype(np.float32), tuple(map(str, model.classes_)), best
    )


def _logistic(vectors: Array, labels: Sequence[str], strength: float, seed: int) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=strength, max_iter=400, class_weight="balanced", random_state=seed)
    # Threads cost these small products more than they gain, and beside other work a hundred times more.
    with threadpool_limits(1), warnings.catch_warnings():
        # After 400 steps the labels no longer change, whatever the last digits do.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(vectors, np.asarray(labels))


def fit_numbers(vectors: Array, numbers: Array, validation: tuple[Array, Array], on_both: bool = True) -> Head:
    """Ridge regression; see `fit_labels`.

    Args:
        vectors: Embeddings of the examples, shape ``(rows, dimension)``.
        numbers: Their numbers, shape ``(rows,)``.
        validation: Embeddings and numbers of the rows that choose; may be empty.
        on_both: See `fit_labels`.
    """
    from sklearn.linear_model import Ridge

    best, best_error = _ALPHA[2], math.inf
    if len(validation[1]):
        for strength in _ALPHA:
            model = Ridge(alpha=strength).fit(vectors, numbers)
            error = float(np.abs(model.predict(validation[0]) - validation[1]).mean())
            if error < best_error:
                best, best_error = strength, error
        if on_both:
            vectors = np.concatenate([vectors, validation[0]])
            numbers = np.concatenate([numbers, validation[1]])
    model = Ridge(alpha=best).fit(vectors, numbers)
    return Head(
        np.ascontiguousarray(model.coef_.reshape(1, -1).T, np.float32),
        np.array([model.intercept_], np.float32),
        (),
        best,
    )
