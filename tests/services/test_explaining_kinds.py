"""Explanations of every kind of answer, against what brute force says, with the models that ship."""

from __future__ import annotations

import base64
import io
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio.domain.errors import InputError, StoppedError
from studio.domain.explanation import Explanation, remaining
from studio.domain.prediction import FoundPassage, GeneratedText, Labels, LabelScore
from studio.domain.running import LoadSpec, RemoteSetup, ignore_text, never_cancelled
from studio.domain.task import Message
from studio.library.store import Library
from studio.project.codec import decode, encode
from studio.services.candidates import resolve
from studio.services.explaining import explain, methods_of
from studio.services.explaining_document import document_of
from studio.services.explaining_words import method_words, sentences
from studio.services.pool import CandidatePool
from studio.tasks import find_task

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("explaining")


@pytest.fixture(scope="module")
def pool() -> Iterator[CandidatePool]:
    with CandidatePool(keep=2) as made:
        yield made


def _explained(
    task_id: str, model: str, inputs: Any, pool: CandidatePool, check: bool = False, **given: Any
) -> Explanation:
    task = find_task(task_id)
    spec = resolve(task, model, Library.open())[1]
    shares: list[float] = []
    found = explain(task, spec, inputs, task.resolve_options(given), pool, shares.append, check=check)
    # On many processors all parts of a short input are looked at together.
    assert shares == sorted(shares) and 0 < shares[0] <= 1 and shares[-1] == 1
    assert decode(Explanation, encode(found)) == found
    assert document_of(task, model, "", found)["kind"] == found.kind
    assert method_words(found)
    return found


def test_a_translation_leans_on_its_source(pool: CandidatePool) -> None:
    from studio.runtime.seq2seq import Translator

    text = "Where is the station? I lost my umbrella."
    found = _explained("translation", "starter/translate-en-zh-small", {"text": text}, pool, check=True)
    assert [text[part.start : part.end] for part in found.parts] == [part.text for part in found.parts]
    assert "".join(step.text for step in found.steps) == found.answer
    assert all(found.answer[step.start : step.end] == step.text for step in found.steps)
    # Words of one sentence do nothing to those of another, which is read by itself.
    second = text.index("I lost")
    border = found.answer.index("？") + 1
    for step in found.steps:
        for part, weight in zip(found.parts, step.weights, strict=True):
            assert weight == 0 or (part.start >= second) == (step.start >= border)
    # Brute force, sentence by sentence, with the runner itself.
    task = find_task("translation")
    runner = Translator(resolve(task, "starter/translate-en-zh-small", Library.open())[1])
    options = task.resolve_options({})
    output = runner.run({"text": "Where is the station?"}, options, ignore_text, never_cancelled).output
    assert isinstance(output, GeneratedText)
    ids = [token for token in output.token_ids if token not in runner._ends]
    # What the model never writes, as its configuration says, has no share of the probability.
    ruled_out = runner._config["pad_token_id"]

    def probabilities(source: str) -> list[float]:
        rows = runner.answer_logits(runner.prompt_ids({"text": source}, options), ids).astype(np.float64)
        rows[:, ruled_out] = -np.inf
        chances = np.exp(rows - rows.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        return [float(chances[place, token]) for place, token in enumerate(ids)]

    whole = probabilities("Where is the station?")
    first = [step for step in found.steps if step.start < border]
    assert math.prod(step.probability for step in first) == pytest.approx(math.prod(whole), rel=0.02)
    for place, part in enumerate(found.parts[:4]):
        without = probabilities(remaining("Where is the station?", [part]))
        falls = [step.weights[place] for step in first]
        assert falls[-1] == pytest.approx(whole[-1] - without[-1], abs=0.02)
    assert found.faithfulness is not None and sentences(found)


def test_a_chat_and_its_alternatives(pool: CandidatePool) -> None:
    messages = (Message("user", "I want to cancel order 4411"),)
    found = _explained(
        "chat", "starter/assistant-small", {"messages": messages}, pool, system="Be brief.", max_new_tokens=12
    )
    assert found.text == "Be brief.\n\nI want to cancel order 4411"
    assert [found.text[part.start : part.end] for part in found.parts] == [part.text for part in found.parts]
    assert "4411" in found.answer
    number = next(step for step in found.steps if step.text.startswith("4411"))
    leaned = max(range(len(found.parts)), key=lambda place: number.weights[place])
    assert found.parts[leaned].text == "4411"
    assert number.probability == pytest.approx(math.prod(token.probability for token in number.tokens))
    for step in found.steps:
        for token in step.tokens:
            chances = [each.probability for each in token.alternatives]
            assert chances == sorted(chances, reverse=True) and len(chances) <= 5 and sum(chances) <= 1.0001


def test_a_prompt_is_explained_as_it_was_filled_in(pool: CandidatePool) -> None:
    inputs = {"text": "I want to cancel order {{order}}", "variables": ("order=4411",)}
    found = _explained("text-generation", "starter/assistant-small", inputs, pool, check=True, max_new_tokens=6)
    assert found.text == "I want to cancel order 4411"
    assert found.steps


def test_a_picture_equals_brute_force(pool: CandidatePool, tmp_path: Path) -> None:
    from studio.runtime.image_classifier import ImageClassifier

    task = find_task("image-classification")
    picture = Image.open(task.samples[0].inputs["image"]).convert("RGB").resize((160, 160))
    path = tmp_path / "dress.png"
    picture.save(path)
    found = _explained("image-classification", "starter/clothes-small", {"image": str(path)}, pool)
    assert found.grid is not None and (found.grid.rows, found.grid.columns) == (8, 8)
    assert Image.open(io.BytesIO(base64.b64decode(found.grid.thumbnail))).size == (160, 160)
    runner = ImageClassifier(resolve(task, "starter/clothes-small", Library.open())[1])

    def probability(image: Image.Image) -> float:
        covered = tmp_path / "covered.png"
        image.save(covered)
        output = runner.run({"image": str(covered)}, task.resolve_options({}), ignore_text, never_cancelled).output
        assert isinstance(output, Labels)
        return next(each.score for each in output.scores if each.label == found.answer)

    whole = probability(picture)
    assert found.score == pytest.approx(whole, abs=0.02)
    for place in (0, 9, 27, 36, 63):
        row, column = divmod(place, 8)
        image = picture.copy()
        image.paste((127, 127, 127), (column * 20, row * 20, column * 20 + 20, row * 20 + 20))
        # int8 of several pictures at once differs in the last digits from one by one.
        assert found.weights[place] == pytest.approx(whole - probability(image), abs=0.03)
        assert found.parts[place].text == f"{'ABCDEFGH'[column]}{row + 1}"


def test_a_planted_patch_is_found(tmp_path: Path) -> None:
    """A judge that only looks for red sees nothing but the red patch."""
    from studio.services.explaining_methods import occlusion
    from studio.services.explaining_picture import PictureGame

    class Judge:
        def outputs(self, batch: Any) -> list[Labels]:
            found = []
            for inputs in batch:
                pixels = Image.open(inputs["image"]).convert("RGB").tobytes()
                red = sum(
                    pixels[at] > 200 and pixels[at + 1] < 60 and pixels[at + 2] < 60 for at in range(0, len(pixels), 3)
                )
                share = min(1.0, red / 900)
                found.append(Labels((LabelScore("red", share), LabelScore("none", 1 - share))))
            return found

    picture = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(picture).rectangle((240, 60, 269, 89), fill=(230, 20, 20))
    path = tmp_path / "planted.png"
    picture.save(path)
    game = PictureGame(find_task("image-classification"), {"image": str(path)}, Judge())  # type: ignore[arg-type]
    weights = occlusion(game.whole, game.ask([frozenset((place,)) for place in range(len(game.parts))])).weights
    wide, high = 320 / game.columns, 240 / game.rows
    for place, weight in enumerate(weights):
        row, column = divmod(place, game.columns)
        overlaps = column * wide < 270 and (column + 1) * wide > 240 and row * high < 90 and (row + 1) * high > 60
        assert (weight > 0) == overlaps
    assert sum(weights) == pytest.approx(1.0)


def test_an_answer_from_a_document(pool: CandidatePool) -> None:
    task = find_task("question-answering")
    sample = task.samples[0].inputs
    # Less to read: two chapters of it.
    inputs = {**sample, "document": sample["document"][sample["document"].index("## Delivery") :].split("## Guar")[0]}
    found = _explained("question-answering", "starter/minilm-embeddings", inputs, pool, passages=3)
    chosen = [each for each in found.considered if each.chosen]
    assert len(chosen) == 1 and found.answer in chosen[0].text
    spec = resolve(task, "starter/minilm-embeddings", Library.open())[1]
    runner = task.open(spec)

    def answer(**changed: str) -> FoundPassage:
        options = task.resolve_options({"passages": 3})
        output = runner.run({**inputs, **changed}, options, ignore_text, never_cancelled).output
        assert isinstance(output, FoundPassage)
        return output

    other = answer(document=inputs["document"].replace(chosen[0].text, ""))
    assert (chosen[0].answer_without, chosen[0].score_without) == (other.text, pytest.approx(other.score, abs=1e-3))
    for part, weight in zip(found.parts[:4], found.weights[:4], strict=True):
        without = answer(question=remaining(inputs["question"], [part]))
        expected = found.score - (without.score if without.text == found.answer else 0.0)
        assert weight == pytest.approx(expected, abs=1e-3)
    assert any("Without the passage" in said for said in sentences(found))


def test_a_hit_of_a_search(pool: CandidatePool) -> None:
    inputs = {"query": "money back", "texts": ("Where is my parcel?", "When do I get my\nmoney back?", "The lamp")}
    found = _explained("feature-extraction", "starter/minilm-embeddings", inputs, pool)
    assert found.answer == "When do I get my money back?"
    assert found.text == f"money back\n{found.answer}"
    assert [found.text[part.start : part.end] for part in found.parts] == [part.text for part in found.parts]
    assert {found.parts[place].text for place in found.heaviest[:4]} == {"money", "back"}
    with pytest.raises(InputError, match="Only a text that was found"):
        _explained("feature-extraction", "starter/minilm-embeddings", {"query": "", "texts": inputs["texts"] * 4}, pool)


def test_shapley_values_of_words(pool: CandidatePool) -> None:
    task = find_task("text-classification")
    spec = resolve(task, "starter/support-intents-tiny", Library.open())[1]
    found = explain(
        task, spec, {"text": "cancel my order"}, task.resolve_options({}), pool, method="shapley", check=False
    )
    empty = explain(task, spec, {"text": "cancel"}, task.resolve_options({}), pool, check=False)
    assert found.faithfulness is None and found.method == "shapley"
    # They add up to the whole score less that of an empty text, which occlusion of the only word shows.
    assert sum(found.weights) == pytest.approx(found.score - (empty.score - empty.weights[0]), abs=0.02)
    assert found.parts[found.heaviest[0]].text == "cancel"


def test_what_can_not_be_done_is_said(pool: CandidatePool) -> None:
    options = find_task("chat").resolve_options({})
    chat = find_task("chat")
    spec = resolve(chat, "starter/assistant-small", Library.open())[1]
    with pytest.raises(InputError, match="by this method"):
        explain(chat, spec, chat.read_text("hello"), options, pool, method="shapley")
    remote = LoadSpec("chat", Path(), backend="openai", remote=RemoteSetup("http://127.0.0.1:1/v1", "m"))
    with pytest.raises(InputError, match="endpoint"):
        explain(chat, remote, chat.read_text("hello"), options, pool)
    assert methods_of(chat) == ("occlusion",) and methods_of(find_task("automatic-speech-recognition")) == ()


def test_a_chat_can_be_stopped(pool: CandidatePool) -> None:
    task = find_task("chat")
    spec = resolve(task, "starter/assistant-small", Library.open())[1]
    stop = threading.Event()
    inputs, options = task.read_text("I want to cancel order 4411"), task.resolve_options({})
    with pytest.raises(StoppedError):
        explain(task, spec, inputs, options, pool, lambda _share: stop.set(), stop)
