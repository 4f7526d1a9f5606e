"""Translation and chat: the model learns to write the wanted answer after what it reads. Imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from studio.baseline.loading import open_tokenizer, open_weights
from studio.domain.characters import clean_text
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.running import LoadSpec
from studio.domain.task import Message
from studio.tasks import find_task
from studio.teaching.fine_tuning_plan import TrainingPlan
from studio.teaching.lessons import Judgement, Row, padded, with_lora

#: What is not learned: padding, and what the model reads.
_IGNORED = -100
#: An answer may take so much of the longest text; the rest is for what is read.
_ANSWER_SHARE = 0.6


class WritingLesson:
    """An encoder-decoder or a decoder; see `studio.teaching.lessons.Lesson`.

    What it reads is made by the runner that reads it later, chat template and all; the loss is on the answer alone.
    """

    def __init__(self, plan: TrainingPlan, start: Path) -> None:
        import transformers

        self._plan = plan
        self._task = find_task(plan.task)
        self._start = start
        kind = transformers.AutoModelForSeq2SeqLM if self._seq2seq else transformers.AutoModelForCausalLM
        self.model = open_weights(kind, start)
        self._tokenizer = open_tokenizer(self._tokenizer_folder())
        self._made_lora = False

    @property
    def _seq2seq(self) -> bool:
        return self._plan.kind == "seq2seq"

    def _tokenizer_folder(self) -> Path:
        return self._start if (self._start / "tokenizer_config.json").is_file() else Path(self._plan.base)

    def rows(self, texts: Sequence[str], answers: Sequence[str]) -> list[Row]:
        """What is read and what is to be written, cut where it is too long."""
        if not texts:
            return []
        most = self._plan.settings.max_tokens or 128
        spec = LoadSpec(self._plan.task, Path(self._plan.base), backend="pytorch", weights=self._start)
        reader = cast(Any, self._task.open(spec))
        options = self._task.resolve_options({})
        found = []
        for text, answer in zip(texts, answers, strict=True):
            inputs = self._task.read_text(text)
            prompt, written = list(reader.prompt_ids(inputs, options)), self._written(inputs, answer)
            if self._seq2seq:
                prompt = prompt if len(prompt) <= most else [*prompt[: most - 1], prompt[-1]]
                written = written if len(written) <= most else [*written[: most - 1], written[-1]]
            else:
                room = int(most * _ANSWER_SHARE)
                written = written if len(written) <= room else written[:room]
                # What came last is what is asked.
                prompt = prompt[-(most - len(written)) :]
            found.append(Row(tuple(prompt), tuple(written)))
        return found

    def begin(self, learned: Sequence[Row], chosen: Sequence[Row]) -> None:
        """Nothing is fitted before; only LoRA is added where it was asked for."""
        self.finish_model()

    def finish_model(self) -> None:
        """The model as it learns; after this its weights have their names in a checkpoint."""
        if self._plan.settings.lora and not self._made_lora:
            self.model = with_lora(self.model, "SEQ_2_SEQ_LM" if self._seq2seq else "CAUSAL_LM", ())
            self._made_lora = True

    def loss(self, rows: Sequence[Row]) -> tuple[Any, int]:
        """Cross entropy of the tokens that are to be written."""
        import torch

        logits, wanted = self._chosen(rows)
        return torch.nn.functional.cross_entropy(logits, wanted), len(wanted)

    def judge(self, rows: Sequence[Row]) -> Judgement:
        """Tokens that it finds likeliest where everything before was right."""
        import torch

        with torch.inference_mode():
            logits, wanted = self._chosen(rows)
            loss = float(torch.nn.functional.cross_entropy(logits, wanted, reduction="sum"))
            right = int((logits.argmax(-1) == wanted).sum())
        return Judgement(loss, float(right), len(wanted))

    def save(self, folder: Path) -> None:
        """Merged, with its generation settings."""
        model = self.model.merge_and_unload() if self._made_lora else self.model
        model.config.use_cache = True
        model.save_pretrained(folder, safe_serialization=True)

    def _chosen(self, rows: Sequence[Row]) -> tuple[Any, Any]:
        """Scores and wanted tokens, a row for each token of the answers."""
        pad = self._tokenizer.pad_token_id
        pad = 0 if pad is None else int(pad)
        if self._seq2seq:
            labels = padded([row.answer for row in rows], _IGNORED)
            start = self._decoder_start()
            before = padded([[start, *row.answer[:-1]] for row in rows], pad)
            logits = self.model(
                input_ids=padded([row.ids for row in rows], pad),
                attention_mask=padded([[1] * len(row.ids) for row in rows], 0),
                decoder_input_ids=before,
                use_cache=False,
            ).logits
        else:
            whole = [[*row.ids, *row.answer] for row in rows]
            labels = padded([[*[_IGNORED] * (len(row.ids) - 1), *row.answer, _IGNORED] for row in rows], _IGNORED)
            logits = self.model(
                input_ids=padded(whole, pad),
                attention_mask=padded([[1] * len(row) for row in whole], 0),
                use_cache=False,
            ).logits
        chosen = labels != _IGNORED
        return logits[chosen].float(), labels[chosen]

    def _decoder_start(self) -> int:
        config = self.model.config
        found = config.decoder_start_token_id
        return int(config.bos_token_id if found is None else found)

    def _written(self, inputs: Any, answer: str) -> list[int]:
        answer = clean_text(answer)
        if self._seq2seq:
            ids = list(self._tokenizer(text_target=answer)["input_ids"])
            # Generation gives the first token itself.
            ids = ids[1:] if ids[:1] == [self._decoder_start()] else ids
        else:
            ids = list(self._tokenizer(self._reply(inputs, answer), add_special_tokens=False)["input_ids"])
        end = self._end()
        return ids if ids and ids[-1] == end else [*ids, end]

    def _end(self) -> int:
        for found in (self.model.generation_config.eos_token_id, self.model.config.eos_token_id):
            listed = found if isinstance(found, list) else [found]
            own = self._tokenizer.eos_token_id
            if own in listed:
                return int(own)
            if listed[0] is not None:
                return int(listed[0])
        if self._tokenizer.eos_token_id is None:
            raise InputError(_("The base has no token that ends an answer."), _("Choose another base."))
        return int(self._tokenizer.eos_token_id)

    def _reply(self, inputs: Any, answer: str) -> str:
        """The answer as the chat template writes it, without what stands behind its end."""
        messages = inputs.get("messages") if isinstance(inputs, dict) else None
        if not messages or not self._tokenizer.chat_template:
            return answer
        turns = [{"role": m.role, "content": m.content} for m in cast(Sequence[Message], messages)]
        both = [*turns, {"role": "assistant", "content": answer}]
        try:
            asked = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            whole = self._tokenizer.apply_chat_template(both, tokenize=False)
        except Exception:  # noqa: BLE001 - a template can raise anything
            return answer
        return str(whole[len(asked) :]).rstrip() if whole.startswith(asked) else answer
