"""How an encoder-decoder is told which language to translate from and to.

Models differ: a token in the source and one that the answer begins with (M2M100, NLLB, mBART), a token in front of the
text (Marian with several targets), an instruction in words (T5), or nothing at all (one pair).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.languages import Language, find_language, listed, match_code, same_language

_TOKEN = re.compile(r"__[a-z]{2,3}__|[a-z]{3}_[A-Z][a-z]{3}|[a-z]{2}_[A-Z]{2}")
_TARGET_TOKEN = re.compile(r">>[^<>\s]+<<")
_TASK = re.compile(r"translation_([a-z]{2,3})_to_([a-z]{2,3})$")
_TARGET_STARTS = ("MBartTokenizer", "MBartTokenizerFast")
_NAME_PARTS = re.compile(r"[^A-Za-z]+")


@dataclass(frozen=True)
class Route:
    """One request in the model's own terms.

    Attributes:
        prefix: Put before every sentence.
        source_token: Language token of the source, in place of the tokenizer's own; None leaves that.
        target_token: Language token that the answer begins with; None where the model has none.
        target_starts: Whether that token takes the place of the decoder's start token, as in the first mBART; in all
            other models it is the first token written.
        source: The source language, where it is known.
        notices: What the user should know about the choice.
    """

    prefix: str = ""
    source_token: str | None = None
    target_token: str | None = None
    target_starts: bool = False
    source: Language | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelLanguages:
    """The languages of one model; see the module.

    Attributes:
        tokens: Language tokens for source and target.
        target_tokens: Tokens put before the text that name the target.
        tasks: (source, target) → instruction.
        pair: The only languages it translates from and to, where they are known.
        instructed: Whether it is a model that takes instructions in words (T5).
        default_source: Language token of the source that the tokenizer adds by itself.
        default_target: Language token that the configuration makes the answer begin with.
        target_starts: See `Route`.
    """

    tokens: tuple[str, ...] = ()
    target_tokens: tuple[str, ...] = ()
    tasks: Mapping[tuple[str, str], str] = field(default_factory=dict)
    pair: tuple[str, str] | None = None
    instructed: bool = False
    default_source: str | None = None
    default_target: str | None = None
    target_starts: bool = False

    def route(self, source: str | None, target: str | None, prefix: str | None) -> Route:
        """How to translate from ``source`` to ``target``.

        Args:
            source: Any code or name of a language; None for the model's own or usual one.
            target: Likewise.
            prefix: An instruction in the user's own words, in place of the model's.

        Raises:
            InputError: The model does not translate between these languages, or must be told the target.
        """
        if self.tokens:
            route = self._by_tokens(source, target)
        elif self.target_tokens:
            route = self._by_target_token(source, target)
        elif self.tasks and prefix is None:
            route = self._by_task(source, target)
        else:
            route = self._by_pair(source, target, prefix is not None)
        return route if prefix is None else replace(route, prefix=prefix, source=None)

    def _by_tokens(self, source: str | None, target: str | None) -> Route:
        if source is None and self.default_source is None:
            raise self._must_say(_("This model reads {n} languages: say which one the text is in."), self.tokens)
        if target is None and self.default_target is None:
            raise self._must_say(_("This model writes {n} languages: say which one to translate into."), self.tokens)
        chosen = _token(source, self.tokens) if source else self.default_source
        notices: tuple[str, ...] = ()
        language = find_language(chosen or "")
        if source is None and language:
            notices = (
                _("The text was read as {language}. If it is in another language, say so.").format(
                    language=_(language.name)
                ),
            )
        written = _token(target, self.tokens) if target else self.default_target
        return Route("", chosen, written, self.target_starts, language, notices)

    def _by_target_token(self, source: str | None, target: str | None) -> Route:
        if self.pair and source and not same_language(source, self.pair[0]):
            raise self._wrong_pair(source, target)
        wanted = target or (self.pair[1] if self.pair else None)
        if wanted is None and len(self.target_tokens) > 1:
            raise self._must_say(
                _("This model writes {n} languages: say which one to translate into."), self.target_tokens
            )
        token = _token(wanted, self.target_tokens) if wanted else self.target_tokens[0]
        return Route(f"{token} ", source=find_language(source or (self.pair[0] if self.pair else "")))

    def _by_task(self, source: str | None, target: str | None) -> Route:
        fitting = [
            (pair, instruction)
            for pair, instruction in self.tasks.items()
            if (source is None or same_language(source, pair[0])) and (target is None or same_language(target, pair[1]))
        ]
        if len({pair[1] for pair, _instruction in fitting}) > 1:
            raise self._must_say(
                _("This model writes {n} languages: say which one to translate into."),
                tuple(dict.fromkeys(pair[1] for pair, _instruction in fitting)),
            )
        if fitting:
            return Route(fitting[0][1], source=find_language(fitting[0][0][0]))
        raise InputError(
            _("This model does not translate from {source} to {target}.").format(
                source=_named(source), target=_named(target)
            ),
            _("It translates: {pairs}. For anything else, give it an instruction of your own as prefix.").format(
                pairs=", ".join(f"{one} → {other}" for one, other in self.tasks)
            ),
        )

    def _by_pair(self, source: str | None, target: str | None, own_words: bool) -> Route:
        if self.pair:
            wrong = (source and not same_language(source, self.pair[0])) or (
                target and not same_language(target, self.pair[1])
            )
            if wrong:
                raise self._wrong_pair(source, target)
            return Route(source=find_language(self.pair[0]))
        if not (source or target) or own_words:
            return Route(source=find_language(source or ""))
        one, other = find_language(source or ""), find_language(target or "")
        if self.instructed and one and other:
            return Route(f"translate {one.name} to {other.name}: ", source=one)
        return Route(
            source=one,
            notices=(_("The model does not say which languages it knows; the languages chosen were not used."),),
        )

    def _wrong_pair(self, source: str | None, target: str | None) -> InputError:
        pair = self.pair or ("", "")
        to = pair[1] or listed([_bare(token) for token in self.target_tokens])
        return InputError(
            _("This model translates from {source} to {target}, not from {other_source} to {other_target}.").format(
                source=_named(pair[0]),
                target=_named(to),
                other_source=_named(source or pair[0]),
                other_target=_named(target or to),
            ),
            _("Leave the languages as they are, or choose another model."),
        )

    def _must_say(self, sentence: str, tokens: tuple[str, ...]) -> InputError:
        return InputError(
            sentence.format(n=len(tokens)),
            _("It has: {codes}. Two-letter codes such as en work too.").format(
                codes=listed([_bare(token) for token in tokens])
            ),
        )


def with_language(ids: list[int], language: int | None, languages: Collection[int | None]) -> list[int]:
    """A sentence's token ids with another language, where the model's tokenizer puts it: in front, or at the end."""
    if language is None:
        return ids
    ends = {0, len(ids) - 1}
    return [language if place in ends and token in languages else token for place, token in enumerate(ids)]


def languages_of(
    config: Mapping[str, Any],
    tokenizer_config: Mapping[str, Any],
    tokens: Iterable[str],
    template_tokens: Iterable[str],
    first_tokens: Iterable[str],
    names: Iterable[str],
) -> ModelLanguages:
    """The languages of a model.

    Args:
        config: ``config.json``.
        tokenizer_config: ``tokenizer_config.json``.
        tokens: Names of the tokens that may stand for a language: special ones, for Marian all.
        template_tokens: What the tokenizer puts around every text.
        first_tokens: What the configuration makes the answer begin with.
        names: Names of the model, such as its folder's, the best first; many say the pair of languages.
    """
    known = tuple(tokens)
    language_tokens = tuple(token for token in known if _TOKEN.fullmatch(token))
    target_tokens = tuple(token for token in known if _TARGET_TOKEN.fullmatch(token))
    if len(language_tokens) > 1:
        target = _match(tokenizer_config.get("tgt_lang"), language_tokens)
        return ModelLanguages(
            tokens=language_tokens,
            default_source=_match(tokenizer_config.get("src_lang"), language_tokens)
            or next((token for token in template_tokens if token in language_tokens), None),
            default_target=next((token for token in first_tokens if token in language_tokens), target),
            target_starts=tokenizer_config.get("tokenizer_class") in _TARGET_STARTS,
        )
    return ModelLanguages(
        target_tokens=target_tokens,
        tasks=_tasks(config),
        pair=_pair(tokenizer_config, names),
        instructed=str(config.get("model_type")) in ("t5", "mt5", "umt5"),
    )


def _tasks(config: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    given = config.get("task_specific_params")
    found = {}
    for name, settings in given.items() if isinstance(given, dict) else ():
        match = _TASK.match(str(name))
        if match and isinstance(settings, dict) and isinstance(settings.get("prefix"), str):
            found[match[1], match[2]] = settings["prefix"]
    return found


def _pair(tokenizer_config: Mapping[str, Any], names: Iterable[str]) -> tuple[str, str] | None:
    stated = (tokenizer_config.get("source_lang"), tokenizer_config.get("target_lang"))
    if all(isinstance(word, str) and find_language(word) for word in stated):
        return str(stated[0]), str(stated[1])
    for name in names:
        # The "mt" of "opus-mt" is machine translation, not Maltese.
        words = [word for word in _NAME_PARTS.split(name.replace("opus-mt", "")) if word.lower() != "to"]
        pairs = [(a, b) for a, b in pairwise(words) if _is_code(a) and _is_code(b) and a != b]
        if pairs:
            return pairs[-1]
    return None


def _is_code(word: str) -> bool:
    language = find_language(word)
    return word.islower() and language is not None and word in language.codes


def _match(code: object, tokens: tuple[str, ...]) -> str | None:
    return match_code(code, tokens) if isinstance(code, str) and code else None


def _token(wanted: str, tokens: tuple[str, ...]) -> str:
    found = match_code(wanted, tokens)
    if found is None:
        raise InputError(
            _("This model does not know the language {language!r}.").format(language=wanted),
            _("It has: {codes}. Two-letter codes such as en work too.").format(
                codes=listed([_bare(token) for token in tokens], most=40)
            ),
        )
    return found


def _bare(token: str) -> str:
    return token.strip("_<>")


def _named(code: str | None) -> str:
    language = find_language(code or "")
    return _(language.name) if language else code or _("any language")
