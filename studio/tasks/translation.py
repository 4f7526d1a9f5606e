"""Translation: a text in another language, sentence by sentence, with its lines kept."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Option, Sample, Task
from studio.tasks._text import check_text

_EN_ZH = ("starter/translate-en-zh-base", "starter/translate-en-zh-small")
_ZH_EN = ("starter/translate-zh-en-base", "starter/translate-zh-en-small")


def _open(spec: LoadSpec) -> Runner:
    if spec.backend == "pytorch":
        from studio.baseline.eager import open_translation

        return open_translation(spec)
    from studio.runtime.seq2seq import Translator

    return Translator(spec)


def _remote(spec: LoadSpec) -> Runner:
    from studio.remote.translation import RemoteTranslator

    return RemoteTranslator(spec)


def _read(text: str) -> Inputs:
    return {"text": text}


TASK = Task(
    id="translation",
    title=N_("Translation"),
    purpose=N_("Turns a text into another language: product descriptions, help pages, messages to support."),
    inputs=(Field("text", "text", N_("Text"), N_("Paste a sentence or a page")),),
    output="text",
    place=30,
    options=(
        Option(
            "source_language",
            "text",
            None,
            N_("From"),
            N_("The language of the text, such as en or English; leave it empty where a model has only one."),
            advanced=False,
        ),
        Option(
            "target_language",
            "text",
            None,
            N_("To"),
            N_("The language to translate into, such as zh or Chinese; leave it empty where a model has only one."),
            advanced=False,
        ),
        Option(
            "num_beams",
            "int",
            None,
            N_("Beams"),
            N_("How many translations are followed at once; 1 is the fastest. Empty: the model's own."),
            low=1,
            high=64,
        ),
        Option(
            "max_new_tokens",
            "int",
            None,
            N_("Longest translation"),
            N_("The translation of one sentence stops after so many tokens. Empty: the model's own limit."),
            low=1,
            high=8192,
        ),
        Option(
            "length_penalty",
            "float",
            None,
            N_("Length penalty"),
            N_("With several beams: above 1 favours long translations, below 1 short ones. Empty: the model's own."),
            low=-10,
            high=10,
        ),
        Option(
            "repetition_penalty",
            "float",
            None,
            N_("Repetition penalty"),
            N_("Above 1 makes words that were already used less likely. Empty: the model's own."),
            low=0.1,
            high=10,
        ),
        Option(
            "no_repeat_ngram_size",
            "int",
            None,
            N_("No repeated phrase"),
            N_("No sequence of so many tokens comes twice in a sentence; 0 allows it. Empty: the model's own."),
            low=0,
            high=100,
        ),
        Option(
            "split_sentences",
            "bool",
            True,
            N_("Sentence by sentence"),
            N_("Models are trained on single sentences. Off: a line is translated as a whole where it fits."),
        ),
        Option(
            "prefix",
            "text",
            None,
            N_("Instruction"),
            N_('For models that take one (T5): put before every sentence, like "translate English to German: ".'),
        ),
    ),
    metrics=("chrf", "bleu", "ter"),
    samples=(
        Sample(
            N_("Where is the station?"),
            {"text": "Where is the station?"},
            models=_EN_ZH,
            answer="车站在哪里？",
        ),
        Sample(
            N_("An early train"),
            {"text": "The train leaves at 9:30. I have to get up at 6:30 tomorrow."},
            models=_EN_ZH,
        ),
        Sample(
            N_("A short letter"),
            {"text": "I can't find my umbrella. Did you see it?\nPlease call me tomorrow."},
            models=_EN_ZH,
        ),
        Sample(N_("The way to the station"), {"text": "车站在哪里？"}, models=_ZH_EN),
        Sample(N_("I lost my keys"), {"text": "我把钥匙丢了。你能帮我找找吗？"}, models=_ZH_EN),
        Sample(N_("The weather today"), {"text": "今天天气很好，我们去公园吧。"}, models=_ZH_EN),
    ),
    architectures=(
        "MarianMTModel",
        "BartForConditionalGeneration",
        "M2M100ForConditionalGeneration",
        "T5ForConditionalGeneration",
    ),
    pipeline_tags=("text2text-generation",),
    export_task="text2text-generation-with-past",
    streams=True,
    open=_open,
    remote=_remote,
    read_text=_read,
    check=check_text,
)
