"""Every shipped model is whole, opens without a network, and gives the answers it gave when it was shipped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from studio.domain.model import Model
from studio.domain.running import LoadSpec, Runner, ignore_text, never_cancelled
from studio.library.card import read_card
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.tasks import find_task

NOTICE = "Trained on little data, for trying the studio; for a product, add a model from the Hub."
SUPPORT = {
    "I want to cancel order 4411": "cancel_order",
    "I forgot my password": "recover_password",
    "can I talk to a human please": "contact_human_agent",
}
CLINC = {
    "what is the weather in boston tomorrow": "weather",
    "set a timer for ten minutes": "timer",
    "how do you say thank you in french": "translate",
}
MOOD = {
    "Great work, I am very happy with it": "positive",
    "The delivery was late and the box was broken.": "negative",
    "The meeting is at three o'clock.": "neutral",
}
TO_CHINESE = {
    "Tom bought 37 books in Boston.": "汤姆在波士顿买了37本书。",
    "Please call me tomorrow.": "请明天打电话给我。",
    "Can you help me?": "你能帮我吗？",
}
TO_ENGLISH = {
    "汤姆买了37本书。": "Tom bought 37 books.",
    "你能帮我吗？": "Can you help me?",
    "请明天给我打电话。": "Please call me tomorrow.",
}
_PICTURES = Path(__file__).resolve().parents[2] / "resources" / "samples" / "clothes"
CLOTHES = {
    str(_PICTURES / "dress-1.jpg"): "dress",
    str(_PICTURES / "hat-1.jpg"): "hat",
    str(_PICTURES / "shoes-3.jpg"): "shoes",
    str(_PICTURES / "t-shirt-2.jpg"): "t-shirt",
    # A failure that is known: a shirt with a large pattern.
    str(_PICTURES / "shirt-1.jpg"): "outwear",
}
#: Model → input → its answer. Chat models have tests of their own.
GOLDEN: dict[str, dict[str, str]] = {
    "starter/support-intents-tiny": SUPPORT,
    "starter/support-intents-small": SUPPORT,
    "starter/clinc150-tiny": CLINC,
    "starter/clinc150-minilm": CLINC,
    "starter/sentiment-tiny": MOOD,
    "starter/sentiment-minilm": MOOD,
    "starter/translate-en-zh-base": TO_CHINESE,
    "starter/translate-en-zh-small": {
        "I lost my umbrella.": "我丢了我的伞。",
        "Please call me tomorrow.": "请明天打电话给我。",
        "Can you help me?": "你能帮我吗？",
    },
    "starter/translate-zh-en-base": TO_ENGLISH,
    "starter/translate-zh-en-small": TO_ENGLISH,
    "starter/clothes-small": CLOTHES,
}


@lru_cache(maxsize=1)
def shipped() -> tuple[Model, ...]:
    """The models in ``models/starter``, read from there and not from anybody's own library."""
    root = Path(__file__).resolve().parents[2] / "models"
    return tuple(model for model in Library.open(root).all() if model.id.startswith("starter/"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("a shipped model asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def opened(model: Model, precision: str) -> Callable[[str], str]:
    task = find_task(model.task or "")
    runner: Runner = task.open(LoadSpec(task=task.id, folder=model.folder, precision=precision, threads=1))
    options = task.resolve_options({})

    def answer(text: str) -> str:
        inputs = task.read_text(text)
        task.check(inputs)
        return runner.run(inputs, options, ignore_text, never_cancelled).output.text

    return answer


def test_models_are_shipped() -> None:
    assert {model.id for model in shipped()} >= set(GOLDEN)


@pytest.mark.parametrize("model", shipped(), ids=lambda model: model.id)
def test_a_shipped_model_is_what_was_recorded(model: Model) -> None:
    verification = verify_folder(model.folder)

    assert verification.recorded
    assert verification.problems == ()
    assert model.state == "ready"


@pytest.mark.parametrize("model", shipped(), ids=lambda model: model.id)
def test_a_shipped_model_has_a_card_with_figures_of_each_precision(model: Model) -> None:
    card = read_card(model.folder)

    assert card.licence == "apache-2.0"
    assert card.languages
    assert card.metrics
    text = (model.folder / "README.md").read_text(encoding="utf-8")
    assert NOTICE in text
    for files in model.precisions:
        assert files.precision in text


@pytest.mark.parametrize("model", shipped(), ids=lambda model: model.id)
def test_a_shipped_file_is_smaller_than_40_mb(model: Model) -> None:
    assert max(path.stat().st_size for path in model.folder.rglob("*") if path.is_file()) < 40_000_000


@pytest.mark.parametrize(
    ("model", "precision"),
    [(model, files.precision) for model in shipped() if model.id in GOLDEN for files in model.precisions],
    ids=lambda value: value.id if isinstance(value, Model) else value,
)
def test_a_shipped_model_gives_its_golden_answers(model: Model, precision: str) -> None:
    answer = opened(model, precision)

    assert {text: answer(text) for text in GOLDEN[model.id]} == GOLDEN[model.id]
