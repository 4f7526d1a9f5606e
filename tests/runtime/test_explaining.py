"""What an answer was chosen from is what transformers' ``generate`` chose from; forced answers are PyTorch's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.domain.attribution import Force, Forced, Gradients, WriteOut, WrittenOut
from studio.domain.errors import InputError, StoppedError
from studio.domain.places import shipped_models_folder
from studio.domain.running import LoadSpec, never_cancelled
from studio.domain.task import Message
from studio.runtime import chat
from studio.runtime import seq2seq as seq2seq_runtime
from studio.runtime.chat import ChatModel
from studio.runtime.explaining import side_by_side
from studio.runtime.seq2seq import Translator
from studio.tasks.chat import TASK as CHAT
from studio.tasks.translation import TASK
from tests.tiny import causal, seq2seq
from tests.tiny.cache import TinyCache

TEXT = "Where is my refund? I sent the shoes back two weeks ago."
_NEW = 12


def _asked(text: str) -> dict[str, Any]:
    return {"messages": (Message("user", text),)}


def _generated(model: Any, tensors: dict[str, Any], **settings: Any) -> tuple[list[int], np.ndarray[Any, Any]]:
    """Ids and, by step, the distribution that transformers chose from."""
    import torch

    with torch.inference_mode():
        made = model.generate(
            **tensors,
            do_sample=False,
            max_new_tokens=_NEW,
            output_scores=True,
            return_dict_in_generate=True,
            **settings,
        )
    scores = torch.stack(made.scores)[:, 0].softmax(-1).numpy()
    return made.sequences[0, -len(scores) :].tolist(), scores


def _check(written: WrittenOut, ids: list[int], scores: np.ndarray[Any, Any]) -> None:
    (piece,) = written.pieces
    assert list(piece.ids) == ids
    for token, row, chosen in zip(piece.tokens, scores, ids, strict=True):
        assert token.probability == pytest.approx(float(row[chosen]), abs=2e-4)
        best = np.sort(row)[::-1][:5]
        assert [each.probability for each in token.alternatives] == pytest.approx(best[best > 0].tolist(), abs=2e-4)
    assert "".join(token.text for token in piece.tokens).strip() == written.text.strip()


@pytest.mark.parametrize("rules", [{}, {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2}])
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_probabilities_of_a_chat_are_those_of_generate(tiny: TinyCache, family: str, rules: dict[str, Any]) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    folder = tiny.built(causal.exported, family)
    runner = ChatModel(LoadSpec("chat", folder, threads=1))
    options = CHAT.resolve_options({"max_new_tokens": _NEW, "temperature": 0.0, **rules})
    written = runner.explain(WriteOut(_asked(TEXT), options), never_cancelled)
    assert isinstance(written, WrittenOut)
    prompt = torch.tensor([runner.prompt_ids(_asked(TEXT), options)])
    original = AutoModelForCausalLM.from_pretrained(folder).eval()
    _check(written, *_generated(original, {"input_ids": prompt, "attention_mask": torch.ones_like(prompt)}, **rules))


def test_probabilities_of_a_translation_are_those_of_generate(tiny: TinyCache) -> None:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    folder = tiny.built(seq2seq.exported, "marian")
    runner = Translator(LoadSpec("translation", folder / "merged", threads=1))
    options = TASK.resolve_options(
        {"max_new_tokens": _NEW, "split_sentences": False, "num_beams": 1, "target_language": "fr"}
    )
    written = runner.explain(WriteOut({"text": TEXT}, options), never_cancelled)
    assert isinstance(written, WrittenOut)
    original = AutoModelForSeq2SeqLM.from_pretrained(folder / "weights").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder / "weights")
    read = tokenizer(f">>fra<< {TEXT}", return_tensors="pt", return_token_type_ids=False)
    _check(written, *_generated(original, dict(read), num_beams=1))


def test_a_forced_answer_is_as_likely_as_in_pytorch(tiny: TinyCache) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    folder = tiny.built(causal.exported, "llama")
    runner = ChatModel(LoadSpec("chat", folder, threads=1))
    options = CHAT.resolve_options({"max_new_tokens": _NEW})
    sources = (_asked("I want to cancel"), _asked("Où est 退款?"))
    ids = (40, 41, 42, 300, 7)
    found = runner.explain(Force(sources, options, ids), never_cancelled)
    assert isinstance(found, Forced)
    original = AutoModelForCausalLM.from_pretrained(folder).eval()
    for source, probabilities in zip(sources, found.probabilities, strict=True):
        prompt = runner.prompt_ids(source, options)
        with torch.inference_mode():
            logits = original(torch.tensor([[*prompt, *ids]])).logits[0]
        rows = logits[len(prompt) - 1 : -1].softmax(-1)
        expected = [float(rows[place, token]) for place, token in enumerate(ids)]
        assert probabilities == pytest.approx(expected, abs=2e-4)


def _opened(tiny: TinyCache, kind: str) -> tuple[Any, dict[str, Any], Callable[[str], dict[str, Any]]]:
    starters = shipped_models_folder() / "starter"
    if kind == "translator":
        options = TASK.resolve_options({})
        return Translator(LoadSpec("translation", starters / "translate-en-zh-small", "int8")), options, TASK.read_text
    folder, precision = (starters / "assistant-small", "int8") if kind == "shared cache" else (
        tiny.built(causal.exported, "llama"), "fp32"
    )  # fmt: skip
    options = CHAT.resolve_options({"max_new_tokens": _NEW})
    return ChatModel(LoadSpec("chat", folder, precision)), options, _asked


@pytest.mark.parametrize("kind", ["translator", "shared cache", "growing cache"])
def test_side_by_side_is_to_the_last_bit_one_after_another(
    tiny: TinyCache, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where activations are quantized with one scale for all of a run: there, one run for all would differ."""
    runner, options, asked = _opened(tiny, kind)
    sources = tuple(asked(text) for text in (TEXT, "I want to cancel", "the shoes", "Please call me back today.", "."))
    question = Force(sources, options, (40, 41, 42, 300, 7))
    found = []
    for most in (1, 3):
        for module in (chat, seq2seq_runtime):
            monkeypatch.setattr(module, "at_once", lambda _placement, most=most: most)
        found.append(runner.explain(question, never_cancelled))
    assert found[0] == found[1]
    assert len(set(found[0].probabilities)) == len(sources)


def test_what_fails_side_by_side_is_said_and_stopping_is_heard() -> None:
    def fails(_model: int, source: int) -> tuple[float, ...]:
        if source == 3:
            raise InputError("no")
        return (float(source),)

    assert side_by_side((1, 2), 0, lambda: 0, 4, fails) == ((1.0,), (2.0,))
    assert side_by_side((), 0, lambda: 0, 4, fails) == ()
    with pytest.raises(InputError, match="no"):
        side_by_side(range(6), 0, lambda: 0, 2, fails)
    runner = Translator(LoadSpec("translation", shipped_models_folder() / "starter" / "translate-en-zh-small", "int8"))
    with pytest.raises(StoppedError):
        runner.explain(Force(({"text": TEXT},) * 3, TASK.resolve_options({}), (5, 6)), lambda: True)


def test_sentences_of_a_document_are_pieces_of_their_own(tiny: TinyCache) -> None:
    runner = Translator(LoadSpec("translation", tiny.built(seq2seq.exported, "marian") / "merged", threads=1))
    options = TASK.resolve_options({"target_language": "fr", "max_new_tokens": _NEW, "num_beams": 2})
    written = runner.explain(WriteOut({"text": f"{TEXT}\n- Please call me."}, options), never_cancelled)
    assert isinstance(written, WrittenOut)
    assert [piece.source for piece in written.pieces] == [
        "Where is my refund?",
        "I sent the shoes back two weeks ago.",
        "Please call me.",
    ]


def test_it_stops_and_refuses_what_it_has_no_reply_to(tiny: TinyCache) -> None:
    runner = ChatModel(LoadSpec("chat", tiny.built(causal.exported, "llama"), threads=1))
    options = CHAT.resolve_options({"max_new_tokens": 2})
    with pytest.raises(StoppedError):
        runner.explain(Force((_asked("hello"),), options, (1, 2)), lambda: True)
    with pytest.raises(StoppedError):
        runner.explain(WriteOut(_asked("hello"), options), lambda: True)
    with pytest.raises(InputError):
        runner.explain(Gradients(_asked("hello"), options), never_cancelled)


def test_integrated_gradients_add_up(tiny: TinyCache) -> None:
    """Completeness (Sundararajan et al. 2017): the weights add up to what the score changes by, to 1 %."""
    import torch

    from studio.baseline.attribution import baseline_id
    from studio.baseline.classification import EagerClassifier, EagerRegressor
    from tests.tiny import encoders

    cases: tuple[tuple[str, str, type[EagerClassifier]], ...] = (
        ("bert", "single", EagerClassifier),
        ("roberta", "multi", EagerClassifier),
        ("distilbert", "number", EagerRegressor),
    )
    for family, kind, opened in cases:
        folder: Path = tiny.built(encoders.weights, family, kind)
        runner = opened(LoadSpec("text-classification", folder, backend="pytorch", weights=folder, threads=1))
        gaps = []
        # Weights are random: a score that hardly changes proves nothing, and of several texts some change it.
        for text in (TEXT, "cancel my order", "Where is the invoice of last month?", "refund", "the fox jumps over it"):
            found = runner.explain(Gradients({"text": text}, {}), never_cancelled)
            assert not isinstance(found, (WrittenOut, Forced))
            read = runner._tokenizer(text, return_tensors="pt", return_special_tokens_mask=True)
            special = read.pop("special_tokens_mask").bool()
            ids = read["input_ids"]
            _answer, score = runner._explained(runner.logits(text))
            with torch.inference_mode():
                whole = float(score(runner._model(**read).logits)[0])
                # As embeddings: RoBERTa numbers padding tokens otherwise, and only what stands in the places shall
                # change.
                padding = torch.full_like(ids, baseline_id(runner._tokenizer))
                start = runner._model.get_input_embeddings()(torch.where(special, ids, padding))
                rest = {name: value for name, value in read.items() if name != "input_ids"}
                nothing = float(score(runner._model(inputs_embeds=start, **rest).logits)[0])
            assert found.score == pytest.approx(whole, abs=1e-5)
            assert len(found.places) == len(found.weights) == ids.shape[1]
            change = whole - nothing
            if abs(change) > 0.01:
                gaps.append(abs(sum(found.weights) - change) / abs(change))
                # What is told of itself is true.
                assert found.completeness == pytest.approx(gaps[-1], abs=2e-3)
        # Activations with kinks need more points than there are for some texts. 1 %, and a hair for what float32 rounds
        # differently here and there.
        assert (min if kind == "number" else max)(gaps) <= 0.0102


def _whole_words(vocabulary: dict[str, int]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return made


def test_integrated_gradients_find_a_planted_word(tiny: TinyCache, tmp_path: Path) -> None:
    """A model that was trained to depend on one word leans on it."""
    import shutil

    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

    from studio.baseline.classification import EagerClassifier
    from tests.tiny import encoders

    folder = tmp_path / "planted"
    shutil.copytree(tiny.built(encoders.weights, "bert", "single"), folder)
    fillers = ("order my shoes", "the invoice", "two weeks ago", "please send me", "last month", "my refund back")
    # Whole words in a fixed order: pieces that words share would share the weight, and chance would decide how much.
    words = sorted({word for filler in fillers for word in filler.split()} | {"cancel"})
    vocabulary = {word: place for place, word in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words))}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_whole_words(vocabulary),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
    tokenizer.save_pretrained(folder)
    config = AutoConfig.from_pretrained(
        folder, vocab_size=len(vocabulary), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config)
    texts = [f"{filler} {word}" for filler in fillers for word in ("cancel", "")]
    # It also learns what the way begins with, a text of nothing, so that all of the answer is owed to words.
    texts += [" ".join([tokenizer.pad_token] * count) for count in range(2, 6)]
    read = tokenizer(texts, return_tensors="pt", padding=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _step in range(40):
        optimizer.zero_grad()
        model(**read, labels=torch.tensor([0, 1] * len(fillers) + [1] * 4)).loss.backward()
        optimizer.step()
    model.save_pretrained(folder, safe_serialization=True)
    runner = EagerClassifier(LoadSpec("text-classification", folder, backend="pytorch", weights=folder, threads=1))
    for filler in fillers:
        text = f"{filler} cancel"
        found = runner.explain(Gradients({"text": text}, {}), never_cancelled)
        assert not isinstance(found, (WrittenOut, Forced))
        start = text.index("cancel")
        planted = sum(w for (begin, end), w in zip(found.places, found.weights, strict=True) if begin >= start < end)
        others = [w for (_begin, end), w in zip(found.places, found.weights, strict=True) if 0 < end <= start]
        assert planted > max(0.5, 5 * max(map(abs, others))), text
