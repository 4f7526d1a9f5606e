"""Labels and numbers: a fresh layer on an encoder, fitted first, then both are fine-tuned together. Imports torch.

Kumar et al. 2022: fitting the fresh layer before the encoder may change keeps what the encoder knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.baseline.loading import open_tokenizer
from studio.domain.characters import clean_text
from studio.domain.errors import ConversionError
from studio.domain.i18n import _
from studio.metrics._numbers import number_in
from studio.teaching.averaging import add_averaging_layer, pools_by_mean
from studio.teaching.fine_tuning_plan import TrainingPlan
from studio.teaching.head import Head, fit_labels, fit_numbers
from studio.teaching.lessons import Judgement, Row, padded, with_lora

#: Layers between the encoder and the last one; where the base has none they begin as what changes nothing.
_BETWEEN = ("pooler.dense", "classifier.dense", "pre_classifier", "head.dense")
_FIT_BATCH = 64


class HeadLesson:
    """An encoder with a head; see `studio.teaching.lessons.Lesson`."""

    def __init__(self, plan: TrainingPlan, start: Path, answers: Sequence[str]) -> None:
        import torch
        from transformers import AutoModelForSequenceClassification

        self._plan = plan
        self._labels = tuple(sorted(set(answers))) if plan.kind == "labels" else ()
        self._tokenizer = open_tokenizer(Path(plan.base))
        torch.manual_seed(plan.seed)
        names = self._labels or ("LABEL_0",)
        model, report = AutoModelForSequenceClassification.from_pretrained(
            str(start),
            num_labels=len(names),
            id2label=dict(enumerate(names)),
            label2id={name: number for number, name in enumerate(names)},
            problem_type="single_label_classification" if self._labels else "regression",
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,
        )
        self.model = model
        self._fresh = {*report["missing_keys"], *(key for key, *_shapes in report["mismatched_keys"])}
        if pools_by_mean(Path(plan.base)):
            add_averaging_layer(model)
        self._last_name, self._last = self._last_layer(len(names))
        self._same_head = self._keeps_head(start)
        numbers = [number_in(answer) for answer in answers] if plan.kind == "number" else [0.0]
        self._spread = max(float(np.var(numbers)), 1e-9)
        self._lora = bool(plan.settings.lora)
        self._made_lora = False

    def rows(self, texts: Sequence[str], answers: Sequence[str]) -> list[Row]:
        """Texts as the studio reads them, cut where they are too long."""
        places = {label: place for place, label in enumerate(self._labels)}
        read = self._tokenizer(
            [clean_text(text) for text in texts], truncation=True, max_length=self._plan.settings.max_tokens
        )["input_ids"]
        return [
            Row(tuple(ids), places[answer] if self._labels else number_in(answer))
            for ids, answer in zip(read, answers, strict=True)
        ]

    def begin(self, learned: Sequence[Row], chosen: Sequence[Row]) -> None:
        """Fit the fresh layer, before anything else learns; then add LoRA where it was asked for."""
        if not self._same_head:
            self._ease_between(learned)
            before, beside = self._before_last(learned), self._before_last(chosen)
            # As long as embeddings are: the strengths that are tried were chosen for these.
            length = float(np.sqrt((before**2).sum(1).mean())) or 1.0
            before, beside = before / length, beside / length
            one, other = ([row.answer for row in rows] for rows in (learned, chosen))
            if self._labels:
                names, others = ([self._labels[place] for place in places] for places in (one, other))
                head = fit_labels(before, names, (beside, others), self._plan.seed, on_both=False)
            else:
                numbers, besides = (np.array(each, np.float64) for each in (one, other))
                head = fit_numbers(before, numbers, (beside, besides), on_both=False)
            self._set_last(replace(head, weights=head.weights / np.float32(length)))
        self.finish_model()

    def finish_model(self) -> None:
        """The model as it learns; after this its weights have their names in a checkpoint."""
        if self._lora and not self._made_lora:
            fresh = {name.rpartition(".")[0] for name in self._fresh} | {self._last_name}
            self.model = with_lora(self.model, "SEQ_CLS", sorted(fresh))
            self._made_lora = True

    def loss(self, rows: Sequence[Row]) -> tuple[Any, int]:
        """Cross entropy of labels; of numbers the squared distance, as a share of their spread."""
        return self._loss(self._outputs(rows), rows), len(rows)

    def judge(self, rows: Sequence[Row]) -> Judgement:
        """Right labels, or distances from the number."""
        import torch

        with torch.inference_mode():
            outputs = self._outputs(rows)
            loss = float(self._loss(outputs, rows))
            wanted = torch.tensor([row.answer for row in rows])
            if self._labels:
                right = float((outputs.argmax(1) == wanted).sum())
            else:
                right = float((outputs[:, 0] - wanted).abs().sum())
        return Judgement(loss * len(rows), right, len(rows))

    def save(self, folder: Path) -> None:
        """Merged, with the labels in its configuration."""
        model = self.model.merge_and_unload() if self._made_lora else self.model
        model.save_pretrained(folder, safe_serialization=True)

    def _outputs(self, rows: Sequence[Row]) -> Any:
        ids = padded([row.ids for row in rows], self._tokenizer.pad_token_id or 0)
        lengths = padded([[1] * len(row.ids) for row in rows], 0)
        return self.model(input_ids=ids, attention_mask=lengths).logits

    def _loss(self, outputs: Any, rows: Sequence[Row]) -> Any:
        import torch

        if self._labels:
            return torch.nn.functional.cross_entropy(outputs, torch.tensor([row.answer for row in rows]))
        wanted = torch.tensor([row.answer for row in rows], dtype=torch.float32)
        return torch.nn.functional.mse_loss(outputs[:, 0], wanted) / self._spread

    def _last_layer(self, outputs: int) -> tuple[str, Any]:
        import torch

        found = [
            (name, module)
            for name, module in self.model.named_modules()
            if isinstance(module, torch.nn.Linear) and module.out_features == outputs and "classifier" in name
        ]
        if not found:
            raise ConversionError(
                _("The base has no place for a head that the trainer knows."),
                _("Choose another base."),
                type(self.model).__name__,
            )
        return found[-1]

    def _keeps_head(self, start: Path) -> bool:
        """Whether the base answers with the same labels already: then it goes on from its own head."""
        import json

        listed = json.loads((start / "config.json").read_text(encoding="utf-8")).get("id2label") or {}
        own = [str(listed[key]) for key in sorted(listed, key=int)] if self._labels else []
        head = {f"{self._last_name}.weight", f"{self._last_name}.bias"}
        return bool(self._labels) and own == list(self._labels) and not head & self._fresh

    def _ease_between(self, rows: Sequence[Row]) -> None:
        """Let fresh layers between encoder and head pass on what they get, nearly unchanged."""
        import torch

        for name, module in self.model.named_modules():
            fresh = name.endswith(_BETWEEN) and f"{name}.weight" in self._fresh
            if not fresh or module.in_features != module.out_features:
                continue
            spread = float(self._seen(module, rows[:_FIT_BATCH]).std()) or 1.0
            bends = name.endswith("pooler.dense") or "tanh" in str(getattr(self.model.config, "hidden_act", ""))
            with torch.no_grad():
                # tanh is nearly straight around 0; other activations are where nothing is negative.
                module.weight.copy_(torch.eye(module.in_features) * ((0.5 if bends else 1.0) / spread))
                module.bias.fill_(0.0 if bends else 3.0)

    def _before_last(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        if not rows:
            return np.zeros((0, self._last.in_features), np.float32)
        found: NDArray[np.float32] = self._seen(self._last, rows).numpy()
        return found

    def _seen(self, module: Any, rows: Sequence[Row]) -> Any:
        """What a layer gets to read, a row for each example."""
        import torch

        kept: list[Any] = []
        hook = module.register_forward_pre_hook(lambda _module, given: kept.append(given[0].detach().clone()))
        was = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode():
                for start in range(0, len(rows), _FIT_BATCH):
                    self._outputs(rows[start : start + _FIT_BATCH])
        finally:
            hook.remove()
            self.model.train(was)
        # Some heads read every token and keep the first.
        return torch.cat([each[:, 0] if each.dim() == 3 else each for each in kept])

    def _set_last(self, head: Head) -> None:
        import torch

        # A label that only examples which choose have was not fitted: it begins as the least likely.
        places = [self._labels.index(label) for label in head.labels] or [0]
        with torch.no_grad():
            self._last.weight.zero_()
            self._last.bias.fill_(float(head.bias.min()))
            self._last.weight[places] = torch.from_numpy(np.ascontiguousarray(head.weights.T))
            self._last.bias[places] = torch.from_numpy(head.bias)
