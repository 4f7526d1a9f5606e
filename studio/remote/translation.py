"""Translation by a model of an endpoint that is asked for it in words."""

from __future__ import annotations

from collections.abc import Callable

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.languages import find_language
from studio.domain.prediction import Prediction
from studio.domain.running import Inputs, Options
from studio.domain.task import Message
from studio.remote.asking import Question
from studio.remote.chat import as_text
from studio.remote.runner import RemoteRunner

#: Longest translation where the user names none.
_MOST_TOKENS = 2048
#: What the model is told. English whatever the studio's language is, so that figures are those of one prompt.
_ROLE = (
    "You are a translator. You answer with the translation and nothing else: no notes, no quotation marks around it."
)
_ASK = "Translate this text{source} into {target}. Keep its lines and its tone.\n\n{text}"


class RemoteTranslator(RemoteRunner):
    """Translates a text as a whole."""

    def _answer(
        self,
        inputs: Inputs,
        options: Options,
        on_text: Callable[[str], None] | None,
        cancelled: Callable[[], bool],
    ) -> Prediction:
        target = _name(options.get("target_language"))
        if not target:
            raise InputError(
                _("An endpoint has to be told which language to translate into."),
                _("Fill in “To”, such as zh or Chinese."),
            )
        source = _name(options.get("source_language"))
        ask = _ASK.format(source=f" from {source}" if source else "", target=target, text=inputs["text"])
        if options.get("prefix"):
            ask = f"{options['prefix']}\n\n{ask}"
        question = Question(
            (Message("system", _ROLE), Message("user", ask)),
            int(options.get("max_new_tokens") or _MOST_TOKENS),
            {"temperature": 0.0},
        )
        return as_text(self._asker.ask(question, on_text, cancelled))


def _name(word: object) -> str:
    """The English name of a language that was typed as a name or a code; what is not known stays as it was typed."""
    typed = str(word or "").strip()
    found = find_language(typed) if typed else None
    return found.name if found else typed
