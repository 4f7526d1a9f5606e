"""What a translation runner does around the model: languages, long texts, streaming, stopping, damaged folders."""

from __future__ import annotations

import json
import shutil
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.domain.errors import InputError, ModelFolderError, StudioError
from studio.domain.prediction import GeneratedText, Prediction
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.runtime.seq2seq import Translator
from studio.tasks.translation import TASK
from tests.tiny import seq2seq
from tests.tiny.cache import TinyCache

ODD_TEXTS = (
    "\x07 bell",
    "é" * 300,
    "🙂🙂 ok 🙂",
    "مرحبا كيف حالك؟",
    "a\u202eb\u200dc",
    "\ud800 x",
    "</s> <pad> x",
)

pytestmark = [pytest.mark.xdist_group("tiny-seq2seq"), pytest.mark.slow]


def opened(tiny: TinyCache, family: str, layout: str = "merged") -> Translator:
    return Translator(LoadSpec("translation", tiny.built(seq2seq.exported, family) / layout, threads=1))


def run(runner: Translator, text: str, **options: Any) -> Prediction:
    return runner.run({"text": text}, TASK.resolve_options(options), ignore_text, never_cancelled)


def text_of(prediction: Prediction) -> GeneratedText:
    assert isinstance(prediction.output, GeneratedText)
    return prediction.output


@pytest.mark.parametrize("beams", [1, 3])
def test_streamed_pieces_are_the_answer(beams: int, tiny: TinyCache) -> None:
    runner = opened(tiny, "bart")
    pieces: list[str] = []
    options = TASK.resolve_options({"num_beams": beams})
    text = "Where is my refund? I sent it.\nHello"
    prediction = runner.run({"text": text}, options, pieces.append, never_cancelled)
    assert "".join(pieces) == text_of(prediction).text
    assert prediction.timing.first_text_s is not None
    assert prediction.timing.first_text_s <= prediction.timing.end_s
    # Three sentences' worth of pieces where words come as they are written, at most a few where they don't.
    assert (len(pieces) > 8) == (beams == 1)
    assert prediction.timing.streamed == (beams == 1)


@pytest.mark.parametrize("beams", [1, 4])
def test_stop_is_heard_between_steps(beams: int, tiny: TinyCache) -> None:
    runner = opened(tiny, "t5")
    asked = count()
    options = TASK.resolve_options({"num_beams": beams, "max_new_tokens": 500})
    prediction = runner.run({"text": "Hello there. Again."}, options, ignore_text, lambda: next(asked) >= 5)
    output = text_of(prediction)
    assert output.finish_reason == "cancelled"
    assert 0 < output.output_tokens <= 6


def test_reaching_the_limit_is_said(tiny: TinyCache) -> None:
    prediction = run(opened(tiny, "t5"), "Hello", num_beams=1, max_new_tokens=5)
    assert text_of(prediction).finish_reason == "length"
    assert text_of(prediction).output_tokens == 5
    assert "limit" in prediction.notices[0]


def test_no_answer_outgrows_the_models_positions(tiny: TinyCache) -> None:
    options = {"num_beams": 1, "max_new_tokens": 5000, "source_language": "en", "target_language": "fr"}
    output = text_of(run(opened(tiny, "m2m100"), "Hello", **options))
    assert output.output_tokens == seq2seq.MAX_TOKENS


def test_a_long_sentence_is_cut_to_what_the_model_reads(tiny: TinyCache) -> None:
    runner = opened(tiny, "marian")
    prediction = run(runner, "x" * 500, num_beams=1, max_new_tokens=3, target_language="fr")
    # 500 unknown characters, a few at a time, each piece with its code, its space and its end.
    assert text_of(prediction).prompt_tokens > 500
    assert "do not" not in " ".join(prediction.notices)


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("family", ["marian", "bart"])
def test_odd_texts_are_answered(family: str, text: str, tiny: TinyCache) -> None:
    language = {"target_language": "fr"} if family == "marian" else {}
    output = text_of(run(opened(tiny, family), text, num_beams=2, max_new_tokens=4, **language))
    assert output.finish_reason in ("stop", "length")
    output.text.encode()


def test_only_unknown_languages_are_refused(tiny: TinyCache) -> None:
    runner = opened(tiny, "m2m100")
    with pytest.raises(InputError, match="'tlh'"):
        run(runner, "Hello", source_language="en", target_language="tlh")
    with pytest.raises(InputError, match="say which one to translate into"):
        run(runner, "Hello", source_language="en")
    first = text_of(run(runner, "Hello", source_language="en", target_language="zh", max_new_tokens=1, num_beams=1))
    assert runner._tokenizer.inner.id_to_token(first.token_ids[0]) == "__zh__"


def test_a_pair_in_the_folders_name_is_kept_to(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tmp_path / "translate-en-zh-tiny"
    shutil.copytree(tiny.built(seq2seq.exported, "bart") / "merged", folder)
    runner = Translator(LoadSpec("translation", folder, threads=1))
    with pytest.raises(InputError, match="from English to Chinese, not from German to Chinese"):
        run(runner, "Hallo", source_language="de")
    options = {"source_language": "en", "target_language": "zh", "max_new_tokens": 2}
    assert "does not look like English" in " ".join(run(runner, "我想取消订单", **options).notices)


def test_ids_beyond_the_vocabulary_are_read_as_unknown(tiny: TinyCache) -> None:
    # The last piece of the source's SentencePiece model is left out of the tiny vocabulary.
    folder = tiny.built(seq2seq.exported, "marian") / "merged"
    names = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    runner = opened(tiny, "marian")
    beyond = [name for number, (name, _score) in enumerate(names) if number >= runner._vocabulary]
    assert len(beyond) == 1
    ids = runner.prompt_ids({"text": beyond[0].strip("▁")}, TASK.resolve_options({"target_language": "fr"}))
    assert runner._unknown in ids
    assert max(ids) < runner._vocabulary


def test_int8_runs(tiny: TinyCache, tmp_path: Path) -> None:
    from studio.runtime.quantization import quantize_int8

    folder = tmp_path / "model"
    shutil.copytree(tiny.built(seq2seq.exported, "t5") / "merged", folder)
    for name in ("encoder_model", "decoder_model_merged"):
        quantize_int8(folder / "onnx" / f"{name}.onnx", folder / "onnx" / f"{name}_quantized.onnx")
    runner = Translator(LoadSpec("translation", folder, "int8", threads=1))
    for beams in (1, 3):
        assert text_of(run(runner, "Hello there", num_beams=beams, max_new_tokens=6)).output_tokens == 6


def test_fp16_inputs_and_outputs_run(tiny: TinyCache, tmp_path: Path) -> None:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    source = tiny.built(seq2seq.exported, "marian") / "split"
    folder = tmp_path / "model"
    shutil.copytree(source, folder)
    for name in ("encoder_model", "decoder_model", "decoder_with_past_model"):
        model = convert_float_to_float16(onnx.load(folder / "onnx" / f"{name}.onnx"))
        onnx.save(model, folder / "onnx" / f"{name}_fp16.onnx")
    half = Translator(LoadSpec("translation", folder, "fp16", threads=1))
    options = TASK.resolve_options({"target_language": "fr"})
    prompt = half.prompt_ids({"text": "Hello"}, options)
    whole = Translator(LoadSpec("translation", folder, threads=1))
    scores, expected = (runner.answer_logits(prompt, [4, 9, 5]) for runner in (half, whole))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, atol=0.2)
    assert text_of(run(half, "Hello", num_beams=3, target_language="fr", max_new_tokens=5)).output_tokens


def test_scores_that_are_no_numbers_are_an_error(tiny: TinyCache, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = opened(tiny, "t5")
    scores = np.full((1, 40), np.nan, np.float32)
    monkeypatch.setattr(runner._model, "first", lambda ids: scores.copy())
    for beams in (1, 2):
        with pytest.raises(StudioError, match="no numbers"):
            run(runner, "Hello", num_beams=beams)


def test_a_folder_without_a_decoder_is_named(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.built(seq2seq.exported, "t5") / "plain", folder)
    (folder / "onnx" / "decoder_model.onnx").unlink()
    with pytest.raises(ModelFolderError, match="encoder and a decoder"):
        Translator(LoadSpec("translation", folder, threads=1))


def test_a_graph_that_asks_for_more_is_refused(tiny: TinyCache, tmp_path: Path) -> None:
    import onnx

    folder = tmp_path / "model"
    shutil.copytree(tiny.built(seq2seq.exported, "t5") / "plain", folder)
    path = folder / "onnx" / "decoder_model.onnx"
    model = onnx.load(path)
    model.graph.input.append(onnx.helper.make_tensor_value_info("pixel_values", onnx.TensorProto.FLOAT, [1]))
    onnx.save(model, path)
    with pytest.raises(ModelFolderError) as caught:
        Translator(LoadSpec("translation", folder, threads=1))
    assert "pixel_values" in caught.value.detail
