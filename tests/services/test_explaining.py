"""Explanations: occlusion against brute force, planted words, and the check against chance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.errors import InputError, StoppedError
from studio.domain.explanation import Explanation, parts_of, parts_within, without
from studio.domain.prediction import Labels, Prediction
from studio.domain.running import ignore_text, never_cancelled
from studio.library.store import Library
from studio.project.codec import decode, encode
from studio.runtime.encoder import TextClassifier
from studio.services.candidates import resolve
from studio.services.explaining import explain, kind_of
from studio.services.explaining_document import document_of
from studio.services.explaining_words import method_words, sentences
from studio.services.pool import CandidatePool
from studio.services.teaching import TeachRequest, teach
from studio.services.teaching_examples import Examples
from studio.tasks import all_tasks, find_task

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("explaining")

TASK = find_task("text-classification")
TEXT = "please cancel order 4411, I don't need it any more"


@pytest.fixture(scope="module")
def pool() -> Iterator[CandidatePool]:
    with CandidatePool(keep=2) as made:
        yield made


def test_words_and_characters() -> None:
    assert [part.text for part in parts_of("Don't stop, 退款 now!", 10)] == ["Don't", "stop", "退", "款", "now"]
    grouped = parts_of("a b c d e", 2)
    assert [part.text for part in grouped] == ["a b c", "d e"]
    text = "one  two, three"
    assert without(text, (parts_of(text, 9)[1],)) == "one , three"
    assert without("first line\nsecond  line", ()) == "first line\nsecond line"
    assert parts_of("… !", 9) == ()
    shared = parts_within(("one two three four", "five", ""), 3)
    assert [[part.text for part in parts] for parts in shared] == [["one two", "three four"], ["five"], []]


def test_weights_equal_brute_force(pool: CandidatePool) -> None:
    _candidate, spec = resolve(TASK, "starter/support-intents-small", Library.open())
    options = TASK.resolve_options({})
    found = explain(TASK, spec, {"text": TEXT}, options, pool)
    model = TextClassifier(spec)

    def probability(text: str) -> float:
        answer: Prediction = model.run({"text": text}, options, ignore_text, never_cancelled)
        assert isinstance(answer.output, Labels)
        return next(score.score for score in answer.output.scores if score.label == found.answer)

    whole = probability(TEXT)
    assert found.score == pytest.approx(whole, abs=0.02)
    for part, weight in zip(found.parts, found.weights, strict=True):
        # int8 in a batch differs in the last digits from one by one.
        assert weight == pytest.approx(whole - probability(without(TEXT, (part,))), abs=0.03)
    assert found.faithfulness is not None
    assert found.faithfulness.shares == tuple(sorted(found.faithfulness.shares))
    document = document_of(TASK, "m", TEXT, found)
    assert [part["text"] for part in document["parts"]] == [part.text for part in found.parts]
    assert sentences(found) and "occlusion" in method_words(found)
    assert decode(Explanation, encode(found)) == found


def test_planted_words_are_found(tmp_path: Path, pool: CandidatePool) -> None:
    """A model that was taught to depend on one word leans on that word."""
    library = Library(tmp_path / "library", Library.open().shipped)
    fillers = ["the order", "my shoes", "a lamp", "this phone", "the chair", "two jackets"]
    texts = [
        f"{first} {filler} {word}" for filler in fillers for word in ("cancel", "praise") for first in ("now", "soon")
    ]
    answers = ["stop" if "cancel" in text else "thanks" for text in texts]
    examples = Examples("planted", "0" * 64, ("text", "label"), tuple(texts), tuple(answers))
    teach(TeachRequest(TASK, "planted", examples), library, pool)
    spec = resolve(TASK, "planted", library)[1]
    for text in texts[:4]:
        found = explain(TASK, spec, {"text": text}, TASK.resolve_options({}), pool, check=False)
        heaviest = max(range(len(found.parts)), key=lambda place: found.weights[place])
        assert found.parts[heaviest].text in ("cancel", "praise"), text


def test_what_can_not_be_explained_is_refused(pool: CandidatePool) -> None:
    spec = resolve(TASK, "starter/support-intents-tiny", Library.open())[1]
    with pytest.raises(InputError, match="no words"):
        explain(TASK, spec, {"text": "?! …"}, TASK.resolve_options({}), pool)
    speech = find_task("automatic-speech-recognition")
    spec = resolve(speech, "starter/digits-small", Library.open())[1]
    with pytest.raises(InputError, match="can't be explained"):
        explain(speech, spec, {"audio": "x.wav"}, speech.resolve_options({}), pool)
    assert not speech.explainable and all(t.explainable == (kind_of(t) is not None) for t in all_tasks())


def test_it_can_be_stopped(pool: CandidatePool) -> None:
    import threading

    stop = threading.Event()
    spec = resolve(TASK, "starter/support-intents-tiny", Library.open())[1]
    with pytest.raises(StoppedError):
        explain(TASK, spec, {"text": TEXT}, TASK.resolve_options({}), pool, lambda _share: stop.set(), stop)
