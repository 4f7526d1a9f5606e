"""Models that write learn the wanted answers: with all weights, and with small matrices beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.library.store import Library
from studio.services.fine_tuning_folder import begin_folder
from studio.services.fine_tuning_process import Control, train
from studio.services.teaching_examples import Examples
from studio.tasks import find_task
from studio.teaching.examples import split
from studio.teaching.fine_tuning_plan import KINDS, TRAINED, FineTuneSettings, TrainingPlan, epochs_in
from studio.teaching.lesson_writing import WritingLesson
from tests.tiny import causal, seq2seq
from tests.tiny.cache import TinyCache

_ASKED = (
    "I want to cancel order 4411",
    "Where is my refund?",
    "One oat latte to go, please",
    "Please call me tomorrow",
    "Two coffees",
    "The quick brown fox",
    "please send me the invoice",
    "later",
)
_ANSWERED = ("One oat latte", "the lazy dog")


def _plan(task: str, base: Path, weights: Path, lora: bool) -> TrainingPlan:
    settings = FineTuneSettings(epochs=6, batch_size=4, learning_rate=5e-3, patience=0, max_tokens=64, lora=lora)
    return TrainingPlan(task, KINDS[task], str(base), "", str(weights), settings, 0, 1)


@pytest.fixture
def chat(tiny: TinyCache) -> Path:
    return tiny.built(causal.exported, "llama")


@pytest.mark.slow
@pytest.mark.parametrize("lora", [False, True])
def test_a_chat_model_learns_what_to_answer(chat: Path, tmp_path: Path, lora: bool) -> None:
    plan, task = _plan("chat", chat, chat, lora), find_task("chat")
    texts = [f"{text} {number}" for number in range(5) for text in _ASKED]
    answers = [_ANSWERED[place % 2] for place in range(len(texts))]
    examples = Examples("chat.csv", "0" * 64, ("asked", "answer"), tuple(texts), tuple(answers))
    library = Library(tmp_path / "library", tmp_path / "none")
    begun = begin_folder(library, "mine/chat", "base", plan, examples, split(texts, None, 0), replace=False)
    trained = train(plan, begun.folder, Control(), lambda _message: None)
    epochs = epochs_in(begun.folder)
    assert epochs[0].validation_loss is not None
    assert epochs[trained.epoch].validation_loss is not None
    assert epochs[trained.epoch].validation_loss < 0.6 * epochs[0].validation_loss
    folder = begun.folder / TRAINED
    # Merged: nothing of LoRA is left, and nothing that only the trainer needs.
    assert not list(folder.glob("adapter*"))
    runner = task.open(LoadSpec("chat", folder, backend="pytorch", weights=folder, threads=1))
    asked = {**task.resolve_options({}), "max_new_tokens": 30}
    output = runner.run(task.read_text("Where is my refund? 2"), asked, ignore_text, never_cancelled).output
    assert output.text.strip() in _ANSWERED


def test_the_loss_is_on_the_answer_alone_and_ends_it(chat: Path) -> None:
    lesson = WritingLesson(_plan("chat", chat, chat, False), chat)
    (row,) = lesson.rows(["Where is my refund?"], ["One oat latte"])
    tokenizer = lesson._tokenizer
    prompt = tokenizer.decode(row.ids)
    assert prompt.endswith("<|im_start|>assistant\n")
    assert "Where is my refund?" in prompt
    assert tokenizer.decode(row.answer) == "One oat latte<|im_end|>"
    assert lesson.loss([row])[1] == len(row.answer)


def test_padding_changes_nothing(chat: Path) -> None:
    lesson = WritingLesson(_plan("chat", chat, chat, False), chat)
    rows = lesson.rows(["Hi", "I want to cancel order 4411, please, and call me tomorrow"], ["One", "the lazy dog"])
    together, apart = lesson.judge(rows), [lesson.judge([row]) for row in rows]
    assert together.count == sum(each.count for each in apart)
    assert together.loss == pytest.approx(sum(each.loss for each in apart), rel=1e-4)


def test_a_translator_reads_and_writes_as_it_runs(tiny: TinyCache) -> None:
    built = tiny.built(seq2seq.exported, "bart")
    lesson = WritingLesson(_plan("translation", built / "merged", built / "weights", False), built / "weights")
    (row,) = lesson.rows(["Please call me tomorrow"], ["明天十点半给我打电话"])
    config = lesson.model.config
    assert row.answer[-1] == config.eos_token_id
    assert row.answer[0] != config.decoder_start_token_id
    # The scores that are learned from are those that the studio's own runner chooses by.
    task = find_task("translation")
    spec = LoadSpec("translation", built / "merged", backend="pytorch", weights=built / "weights")
    runner = cast(Any, task.open(spec))
    assert list(row.ids) == runner.prompt_ids(task.read_text("Please call me tomorrow"), task.resolve_options({}))
    wanted = runner.answer_logits(list(row.ids), list(row.answer))
    got, _labels = lesson._chosen([row])
    assert abs(got.detach().numpy() - wanted).max() < 1e-4


def test_longer_texts_are_cut_to_fit(chat: Path) -> None:
    lesson = WritingLesson(_plan("chat", chat, chat, False), chat)
    (row,) = lesson.rows(["Where is my refund? " * 40], ["One oat latte to go, please. " * 40])
    assert len(row.ids) + len(row.answer) <= 64
    assert len(row.ids) >= 20
