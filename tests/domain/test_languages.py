from __future__ import annotations

import pytest

from studio.domain.errors import InputError
from studio.domain.language_route import ModelLanguages, languages_of, with_language
from studio.domain.languages import LANGUAGES, find_language, looks_foreign, match_code, same_language

NLLB = ("eng_Latn", "zho_Hans", "zho_Hant", "fra_Latn", "pes_Arab", "ace_Arab", "ace_Latn")
MBART = ("en_XX", "zh_CN", "fr_XX", "pt_XX")
M2M = ("__en__", "__zh__", "__fr__", "__no__")


def test_no_code_means_two_languages() -> None:
    words = [word for language in LANGUAGES for word in {*language.codes, language.name.lower()}]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("wanted", "offered", "code"),
    [
        ("en", NLLB, "eng_Latn"),
        ("English", NLLB, "eng_Latn"),
        ("zh", NLLB, "zho_Hans"),
        ("zh-TW", NLLB, "zho_Hant"),
        ("zh_Hans", NLLB, "zho_Hans"),
        ("fa", NLLB, "pes_Arab"),
        ("ace_Latn", NLLB, "ace_Latn"),
        ("ace", NLLB, "ace_Arab"),
        ("eng_Latn", MBART, "en_XX"),
        ("zh", MBART, "zh_CN"),
        ("fr", M2M, "__fr__"),
        ("nb", M2M, "__no__"),
        ("chinese", (">>cmn_Hant<<", ">>cmn_Hans<<"), ">>cmn_Hans<<"),
        ("fr", (">>fra<<",), ">>fra<<"),
        ("tlh", NLLB, None),
        ("", NLLB, None),
    ],
)
def test_a_users_word_finds_the_models_code(wanted: str, offered: tuple[str, ...], code: str | None) -> None:
    assert match_code(wanted, offered) == code


def test_same_language() -> None:
    assert same_language("en-GB", "eng_Latn")
    assert same_language("tlh", "tlh_Latn")
    assert not same_language("en", "de")


def test_foreign_texts() -> None:
    english, chinese, serbian = (find_language(code) for code in ("en", "zh", "sr"))
    assert english and chinese and serbian
    assert looks_foreign("我想取消订单", english)
    assert not looks_foreign("I want 订单 now please", english)
    assert looks_foreign("Where is my parcel", chinese)
    assert not looks_foreign("Gde je paket", serbian)
    assert not looks_foreign("Где је", serbian)
    assert not looks_foreign("123", english)


def test_models_with_language_tokens() -> None:
    model = languages_of({}, {}, ["<s>", *NLLB], ["eng_Latn", "</s>"], ["</s>"], [])
    route = model.route("French", "zh", None)
    assert (route.source_token, route.target_token) == ("fra_Latn", "zho_Hans")
    assert not route.notices
    guessed = model.route(None, "fr", None)
    assert guessed.source_token == "eng_Latn"
    assert "English" in guessed.notices[0]
    with pytest.raises(InputError, match="7 languages"):
        model.route("en", None, None)
    with pytest.raises(InputError, match="'Klingon'"):
        model.route("en", "Klingon", None)


def test_a_configured_target_is_the_default() -> None:
    model = languages_of({}, {"src_lang": "fr"}, MBART, ["en_XX", "</s>"], ["zh_CN"], [])
    route = model.route(None, None, None)
    assert (route.source_token, route.target_token, route.target_starts) == ("fr_XX", "zh_CN", False)
    first = languages_of({}, {"tokenizer_class": "MBartTokenizerFast"}, MBART, [], ["zh_CN"], [])
    assert first.route("en", None, None).target_starts


def test_models_with_target_tokens() -> None:
    model = languages_of({}, {}, [">>fra<<", ">>ita<<", "<pad>"], [], [], ["opus-mt-en-ROMANCE"])
    assert model.route(None, "it", None).prefix == ">>ita<< "
    with pytest.raises(InputError, match="2 languages"):
        model.route(None, None, None)
    with pytest.raises(InputError, match="'de'"):
        model.route(None, "de", None)


def test_a_pair_names_the_target_token() -> None:
    tokens = [">>cmn_Hant<<", ">>cmn_Hans<<", ">>yue<<"]
    model = languages_of({"model_type": "marian"}, {}, tokens, [], [], ["opus-mt-en-zh"])
    assert model.route(None, None, None).prefix == ">>cmn_Hans<< "
    assert model.route("en", "yue", None).prefix == ">>yue<< "
    with pytest.raises(InputError, match="from English to Chinese, not from German"):
        model.route("de", None, None)


def test_models_with_tasks() -> None:
    tasks = {
        "summarization": {"prefix": "summarize: "},
        "translation_en_to_de": {"prefix": "translate English to German: "},
        "translation_en_to_fr": {"prefix": "translate English to French: "},
    }
    model = languages_of({"model_type": "t5", "task_specific_params": tasks}, {}, [], [], [], [])
    with pytest.raises(InputError, match="2 languages"):
        model.route("en", None, None)
    assert model.route(None, "de", None).prefix == "translate English to German: "
    assert model.route("en", "fr", None).prefix == "translate English to French: "
    assert model.route("en", "es", "Translate to Spanish: ").prefix == "Translate to Spanish: "
    with pytest.raises(InputError, match="from French to English") as caught:
        model.route("fr", "en", None)
    assert "en → de" in caught.value.next_step
    plain = languages_of({"model_type": "t5"}, {}, [], [], [], [])
    assert plain.route("en", "es", None).prefix == "translate English to Spanish: "


@pytest.mark.parametrize(
    ("tokenizer_config", "names", "pair"),
    [
        ({"source_lang": "eng", "target_lang": "zho"}, ["x"], ("eng", "zho")),
        ({}, ["translate-en-zh-base"], ("en", "zh")),
        ({}, ["opus-mt-en-de"], ("en", "de")),
        ({}, ["a1b2c3", "Helsinki-NLP/opus-mt-tc-big-fi-en"], ("fi", "en")),
        ({}, ["opus-mt-mt-en"], ("mt", "en")),
        ({}, ["opus-mt-en-ROMANCE"], None),
        ({}, ["en-to-de"], ("en", "de")),
        ({}, ["my-model"], None),
    ],
)
def test_one_pair_models(tokenizer_config: dict[str, str], names: list[str], pair: tuple[str, str] | None) -> None:
    assert languages_of({"model_type": "marian"}, tokenizer_config, ["<pad>"], [], [], names).pair == pair


def test_a_wrong_pair_is_refused_with_the_models_own() -> None:
    model = ModelLanguages(pair=("en", "zh"))
    assert model.route("English", "zh-CN", None).source == find_language("en")
    assert model.route(None, None, None).source == find_language("en")
    for source, target in (("de", None), (None, "en"), ("zh", "en")):
        with pytest.raises(InputError, match="from English to Chinese"):
            model.route(source, target, None)


def test_languages_of_a_model_that_states_none() -> None:
    assert "not used" in ModelLanguages().route("en", "de", None).notices[0]
    assert not ModelLanguages().route(None, None, None).notices


def test_the_language_token_is_replaced_at_either_end() -> None:
    assert with_language([7, 50, 8, 2], 9, {7, 8, 9}) == [9, 50, 8, 2]
    assert with_language([50, 8, 2, 7], 9, {7, 8, 9}) == [50, 8, 2, 9]
    assert with_language([50, 2], None, {7}) == [50, 2]
