"""Chat by transformers in eager mode, with its own chat templates, logits processors and generation loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.loading import open_tokenizer, open_weights, placement, prepare_process, weights_folder
from studio.domain.characters import clean_text
from studio.domain.conversation import (
    StopStrings,
    answer_room,
    context_full_notice,
    fit,
    folded_notice,
    prompt_room,
    stop_ids,
    system_folded,
    with_system,
)
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.prediction import FinishReason, GeneratedText, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.domain.task import Message


class EagerChat:
    """An open chat model; see `studio.domain.running.Runner`. Same rules as `studio.runtime.chat`, other machinery."""

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModelForCausalLM

        folder = weights_folder(spec)
        self._model = open_weights(AutoModelForCausalLM, folder)
        self._tokenizer = open_tokenizer(folder if (folder / "tokenizer_config.json").is_file() else spec.folder)
        self._template = _template(self._tokenizer)
        config = self._model.config.to_dict()
        self._ends = stop_ids(
            (self._model.generation_config.to_dict(), config), _special(self._tokenizer), self._tokenizer.eos_token_id,
            self._template,
        )  # fmt: skip
        positions = next(
            (config[n] for n in ("max_position_embeddings", "n_positions", "n_ctx") if config.get(n)), None
        )
        stated = (positions, self._tokenizer.model_max_length)
        self._context = min((limit for limit in stated if limit and limit < 1e9), default=None)
        self._placement = placement(threads)

    @property
    def placement(self) -> Placement:
        return self._placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Answer the last message of a conversation; see `studio.domain.running.Runner.run`."""
        import torch
        from transformers import StoppingCriteriaList, set_seed

        began = time.perf_counter()
        asked = max(1, int(options.get("max_new_tokens") or 1))
        ids, notices = self._prompt(inputs, options, asked)
        room = answer_room(self._context, len(ids), asked)
        answer = _Answer(self._tokenizer, tuple(options.get("stop") or ()), on_text, self._ends)
        seed = int(options.get("seed") or 0)
        set_seed(seed) if seed >= 0 else torch.seed()
        stopped = _Stopped(answer, cancelled)
        if not cancelled():
            with torch.inference_mode():
                prompt = torch.tensor([ids])
                self._model.generate(
                    prompt,
                    attention_mask=torch.ones_like(prompt),
                    generation_config=self._generation(options, room),
                    use_model_defaults=False,
                    streamer=answer,
                    stopping_criteria=StoppingCriteriaList([stopped]),
                )
        answer.finish()
        reason: FinishReason = "length"
        if answer.hit or (answer.ids and answer.ids[-1] in self._ends):
            reason = "stop"
        elif len(answer.ids) < room:
            reason = "cancelled"
        if reason == "length" and room < asked:
            notices = (*notices, context_full_notice(self._context or 0))
        first_s = None if answer.first_s is None else answer.first_s - began
        output = GeneratedText(answer.text, tuple(answer.ids), len(ids), reason)
        return Prediction(output, Timing(time.perf_counter() - began, first_s), notices)

    def prompt_ids(self, inputs: Inputs, options: Options) -> list[int]:
        """Token ids of the prompt that `run` would read."""
        return self._prompt(inputs, options, max(1, int(options.get("max_new_tokens") or 1)))[0]

    def answer_logits(self, prompt: Sequence[int], answer: Sequence[int]) -> npt.NDArray[Any]:
        """The scores from which each token of a given answer would be chosen, shape ``(len(answer), vocabulary)``."""
        import torch

        with torch.inference_mode():
            logits = self._model(torch.tensor([[*prompt, *answer[:-1]]])).logits[0, len(prompt) - 1 :]
        return np.asarray(logits.float().numpy())

    def _generation(self, options: Options, room: int) -> Any:
        from transformers import GenerationConfig

        settings: dict[str, Any] = {
            "max_new_tokens": room,
            "do_sample": False,
            "eos_token_id": sorted(self._ends) or None,
            "pad_token_id": min(self._ends, default=0),
            "repetition_penalty": options.get("repetition_penalty", 1.0),
            "no_repeat_ngram_size": options.get("no_repeat_ngram_size", 0),
        }
        if options.get("temperature", 0.0) > 0:
            settings |= {
                "do_sample": True,
                "temperature": options["temperature"],
                "top_k": options.get("top_k", 0),
                "top_p": options.get("top_p", 1.0),
                "min_p": options.get("min_p") or None,
            }
        return GenerationConfig(**settings)

    def _prompt(self, inputs: Inputs, options: Options, asked: int) -> tuple[list[int], tuple[str, ...]]:
        messages = [Message(m.role, clean_text(m.content)) for m in inputs["messages"]]
        messages = with_system(messages, clean_text(options.get("system") or ""))
        fitted = fit(messages, self._encode, self._keep_end, prompt_room(self._context, asked))
        if self._takes_system(messages):
            return fitted.ids, fitted.notices
        return fitted.ids, (folded_notice(), *fitted.notices)

    def _encode(self, messages: Sequence[Message]) -> list[int]:
        if not self._template:
            return list(self._tokenizer("\n".join(m.content for m in messages if m.content))["input_ids"])
        if not self._takes_system(messages):
            messages = system_folded(messages)
        try:
            return list(self._tokenizer(self._render(messages), add_special_tokens=False)["input_ids"])
        except Exception as error:
            raise InputError(
                _("The model's chat template does not accept this conversation: {reason}").format(reason=error),
                _("Most templates want user and assistant messages in turn, the user first."),
                str(error),
            ) from error

    def _takes_system(self, messages: Sequence[Message]) -> bool:
        if not self._template or not messages or messages[0].role != "system":
            return True
        try:
            return messages[0].content.strip() in self._render([messages[0], Message("user", "?")])
        except Exception:  # noqa: BLE001 - a template can raise anything
            return False

    def _render(self, messages: Sequence[Message]) -> str:
        turns = [{"role": m.role, "content": m.content} for m in messages]
        return str(self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))

    def _keep_end(self, text: str, tokens: int) -> tuple[str, int]:
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        total = len(encoded["input_ids"])
        return (text if tokens >= total else text[encoded["offset_mapping"][-tokens][0] :]), total


class _Answer:
    """Hears the tokens as transformers writes them: its streamer."""

    def __init__(self, tokenizer: Any, stops: Sequence[str], show: Callable[[str], None], ends: frozenset[int]) -> None:
        self._tokenizer = tokenizer
        self._stops = StopStrings(stops)
        self._show = show
        self._ends = ends
        self._prompt_came = False
        self._decoded = 0
        self.ids: list[int] = []
        self.text = ""
        self.first_s: float | None = None

    @property
    def hit(self) -> bool:
        return self._stops.hit

    def put(self, value: Any) -> None:
        """The prompt first, then each token."""
        if not self._prompt_came:
            self._prompt_came = True
            return
        self.ids += [int(token) for token in value.flatten()]
        if self.ids[-1] not in self._ends:
            text = self._decode()
            if not text.endswith("\ufffd"):
                self._give(self._stops.push(text[self._decoded :]))
                self._decoded = max(self._decoded, len(text))

    def end(self) -> None:
        """Called by transformers after the last token."""

    def finish(self) -> None:
        """Give out what was held back."""
        self._give(self._stops.push(self._decode()[self._decoded :]))
        if not self.hit:
            self._give(self._stops.finish())

    def _decode(self) -> str:
        return str(self._tokenizer.decode(self.ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _give(self, piece: str) -> None:
        if piece:
            self.first_s = self.first_s or time.perf_counter()
            self.text += piece
            self._show(piece)


class _Stopped:
    """transformers' stopping criterion: a stop string came, or the user stopped it."""

    def __init__(self, answer: _Answer, cancelled: Callable[[], bool]) -> None:
        self._answer = answer
        self._cancelled = cancelled

    def __call__(self, input_ids: Any, scores: Any, **_more: Any) -> Any:
        import torch

        return torch.full((input_ids.shape[0],), self._answer.hit or self._cancelled(), dtype=torch.bool)


def _template(tokenizer: Any) -> str:
    try:
        return tokenizer.get_chat_template() or ""
    except ValueError:
        return ""


def _special(tokenizer: Any) -> dict[str, int]:
    return {token.content: token_id for token_id, token in tokenizer.added_tokens_decoder.items() if token.special}
