"""The product brief as short questions, by use case: about the product and the people, not about the model."""

from __future__ import annotations

from studio.domain.decision import BriefQuestion
from studio.domain.i18n import N_

_PRODUCT = N_("The product")
_WRONG = N_("When it is wrong")
_CHECKS = N_("Checklist")
_WHO = N_("Who decides")

#: Asked for every use case.
COMMON: tuple[BriefQuestion, ...] = (
    BriefQuestion(
        "problem", _PRODUCT, N_("Which problem does it solve?"), N_("What happens today, how often, and what it costs.")
    ),
    BriefQuestion("users", _PRODUCT, N_("Who uses it?"), N_("Who sees the answer, and what they do with it.")),
    BriefQuestion("why_ai", _PRODUCT, N_("Why AI at all?"), N_("What rules, a search or a form can't do here.")),
    BriefQuestion(
        "opportunities",
        _PRODUCT,
        N_("What is gained if it works?"),
        N_("Time, money, satisfaction: a number where you have one."),
    ),
    BriefQuestion(
        "wrong_cost",
        _WRONG,
        N_("What does a wrong answer cost?"),
        N_("Money, trust, safety; the usual case and the worst."),
    ),
    BriefQuestion(
        "wrong_seen",
        _WRONG,
        N_("Who notices a wrong answer, and when?"),
        N_("The customer at once, a colleague later, nobody."),
    ),
    BriefQuestion(
        "fallback", _WRONG, N_("What happens when it is not sure?"), N_("Who takes over, and how the user gets there.")
    ),
    BriefQuestion(
        "risks",
        _WRONG,
        N_("What else could go wrong?"),
        N_("Misuse, unfair treatment of a group, rules of your industry."),
    ),
    BriefQuestion(
        "data", _WRONG, N_("Which data goes in, and where may it go?"), N_("Personal data, contracts, countries.")
    ),
    BriefQuestion("owner", _WHO, N_("Who owns the decision?")),
    BriefQuestion("date", _WHO, N_("Until when must it be made?")),
)


def _checks(*questions: tuple[str, str]) -> tuple[BriefQuestion, ...]:
    return tuple(BriefQuestion(name, _CHECKS, question, kind="check") for name, question in questions)


#: Asked for a use case that has no checklist of its own.
_ANY = _checks(
    ("any_examples", N_("Do the examples come from real use, not from our heads?")),
    ("any_labels", N_("Did people who know the matter say what the right answers are?")),
    ("any_rare", N_("Are rare but important cases among the examples?")),
    ("any_groups", N_("Was it looked at whether it works equally well for all groups of users?")),
    ("any_person", N_("Can a person take over at any time?")),
    ("any_told", N_("Are users told that a machine answers?")),
    ("any_wrong", N_("Can users say that an answer is wrong?")),
    ("any_privacy", N_("Has the privacy officer seen it?")),
    ("any_licence", N_("Do the licences of the model and the data allow the use?")),
    ("any_watch", N_("Is there somebody who watches the quality after launch?")),
    ("any_off", N_("Can it be switched off within minutes?")),
)

_BY_TASK: dict[str, tuple[BriefQuestion, ...]] = {
    "text-classification": _checks(
        ("cls_labels", N_("Does every label lead to a different action?")),
        ("cls_overlap", N_("Can two people agree which label fits, in nine of ten cases?")),
        ("cls_other", N_("Is there a label, or a way out, for messages that fit none?")),
        ("cls_rare", N_("Are rare but urgent labels in the test data, at least 30 of each?")),
        ("cls_wrong_queue", N_("Does a message in the wrong queue find its way to the right one?")),
        ("cls_confidence", N_("Is it settled from which confidence on a person reads it?")),
        ("cls_real", N_("Do the test messages come from real users, typing errors included?")),
        ("cls_languages", N_("Are all languages of your users in the test data?")),
        ("cls_groups", N_("Was it looked at whether it works equally well for all groups of customers?")),
        ("cls_privacy", N_("Are names, addresses and card numbers removed where they are not needed?")),
        ("cls_drift", N_("Will somebody check new messages every month, since topics change?")),
        ("cls_licence", N_("Do the licences of the model and the data allow the use?")),
    ),
    "translation": _checks(
        ("mt_reader", N_("Does the reader know that a machine translated it?")),
        ("mt_review", N_("Does a person read it before it is published, where a mistake is costly?")),
        ("mt_terms", N_("Is there a list of product terms, and was it checked that they are kept?")),
        ("mt_numbers", N_("Were numbers, dates, prices and units checked one by one?")),
        ("mt_names", N_("Were names of people, places and products checked?")),
        ("mt_tone", N_("Does the tone fit: formal or informal, as the brand speaks?")),
        ("mt_legal", N_("Are texts with legal force (terms, warranties, warnings) kept out of it?")),
        ("mt_format", N_("Do links, placeholders and line breaks survive?")),
        ("mt_native", N_("Did a native speaker judge at least 50 translations?")),
        ("mt_domain", N_("Is the test data from your own texts, not from a public collection?")),
        ("mt_feedback", N_("Can a reader report a bad translation?")),
        ("mt_licence", N_("Do the licences of the model and the data allow the use?")),
    ),
    "chat": _checks(
        ("chat_told", N_("Are users told at the start that they talk to a machine?")),
        ("chat_person", N_("Can the user reach a person with one click, at any time?")),
        ("chat_scope", N_("Is it settled what it must not answer, and was that tested?")),
        ("chat_facts", N_("Were made-up facts looked for: prices, dates, promises?")),
        ("chat_promise", N_("Is it settled whether its promises bind you?")),
        ("chat_abuse", N_("Was it tested with insults, tricks and attempts to change its role?")),
        ("chat_vulnerable", N_("Is there a way out for people in distress or in danger?")),
        ("chat_memory", N_("Is it settled what is stored of a conversation, and for how long?")),
        ("chat_actions", N_("If it acts (orders, refunds), does somebody confirm before?")),
        ("chat_tone", N_("Does it speak as your brand does, also when it refuses?")),
        ("chat_read", N_("Will somebody read a sample of conversations every week?")),
        ("chat_licence", N_("Do the licences of the model and the data allow the use?")),
    ),
    "question-answering": _checks(
        ("qa_documents", N_("Are the documents those that users may see, and nothing else?")),
        ("qa_current", N_("Is it settled who updates the documents, and how soon the answers follow?")),
        ("qa_none", N_("Were questions tested that the documents do not answer?")),
        ("qa_source", N_("Does the user see where in the document the answer stands?")),
        ("qa_numbers", N_("Were prices, dates and deadlines in answers checked one by one?")),
        ("qa_conflict", N_("Is it settled what happens where two documents say different things?")),
        ("qa_scans", N_("Are scans and pictures in the documents readable as text?")),
        ("qa_words", N_("Do the test questions use the words of customers, not those of the documents?")),
        ("qa_legal", N_("Is it settled whether an answer binds you?")),
        ("qa_person", N_("Can the user reach a person where no answer helps?")),
        ("qa_wrong", N_("Can users say that an answer is wrong?")),
        ("qa_licence", N_("Do the licences of the model and the data allow the use?")),
    ),
    "feature-extraction": _checks(
        ("search_words", N_("Do the test queries come from what users really type?")),
        ("search_relevant", N_("Did people who know the matter say which results are right?")),
        ("search_exact", N_("Do order numbers, product codes and names still find their exact match?")),
        ("search_none", N_("Is it settled what is shown where nothing suits?")),
        ("search_rights", N_("Does everybody find only what they may see?")),
        ("search_new", N_("Is it settled how soon new texts can be found?")),
        ("search_themes", N_("Does somebody read into each theme before it is acted on?")),
        ("search_languages", N_("Are all languages of your users in the test data?")),
        ("search_privacy", N_("Are names, addresses and card numbers removed where they are not needed?")),
        ("search_licence", N_("Do the licences of the model and the data allow the use?")),
    ),
    "image-classification": _checks(
        ("img_real", N_("Do the test pictures come from real users: dark, blurred, cut off, several things on one?")),
        ("img_other", N_("Is there a label, or a way out, for pictures that show none of it?")),
        ("img_overlap", N_("Can two people agree which label fits, in nine of ten cases?")),
        ("img_rare", N_("Are rare but important kinds in the test data, at least 30 of each?")),
        ("img_groups", N_("Was it looked at whether it works equally well for all groups of people and products?")),
        ("img_devices", N_("Were pictures of several cameras and telephones tested?")),
        ("img_people", N_("Is it settled what happens where people can be recognised on a picture?")),
        ("img_rights", N_("Do you have the rights to use the pictures?")),
        ("img_confidence", N_("Is it settled from which confidence on a person looks at it?")),
        ("img_wrong", N_("Can users correct a wrong label?")),
        ("img_drift", N_("Will somebody check new pictures every month, since products change?")),
        ("img_licence", N_("Do the licences of the model and the data allow the use?")),
    ),
    "automatic-speech-recognition": _checks(
        ("asr_told", N_("Do speakers know that they are recorded, and did they agree?")),
        ("asr_noise", N_("Do the test recordings have the noise of real use: street, office, telephone?")),
        ("asr_accents", N_("Are the accents, ages and voices of your users in the test data?")),
        ("asr_names", N_("Were names, numbers and product terms checked one by one?")),
        ("asr_languages", N_("Are all languages of your users in the test data?")),
        ("asr_silence", N_("Was silence and music tested, where some models make up words?")),
        ("asr_correct", N_("Can the user correct the transcript before something is done with it?")),
        ("asr_kept", N_("Is it settled how long recordings and transcripts are kept?")),
        ("asr_long", N_("Were recordings as long as real ones tested?")),
        ("asr_person", N_("Is there another way for people it does not understand?")),
        ("asr_licence", N_("Do the licences of the model and the data allow the use?")),
    ),
    "regression": _checks(
        ("reg_scale", N_("Does everybody mean the same by each number of the scale?")),
        ("reg_agree", N_("How far apart are two people on the same text, and is the model nearer than that?")),
        ("reg_action", N_("From which number on is something done, and was the error looked at around it?")),
        ("reg_ends", N_("Are very low and very high numbers in the test data?")),
        ("reg_groups", N_("Was it looked at whether it works equally well for all groups of customers?")),
        ("reg_real", N_("Do the test texts come from real users, typing errors included?")),
        ("reg_languages", N_("Are all languages of your users in the test data?")),
        ("reg_privacy", N_("Are names, addresses and card numbers removed where they are not needed?")),
        ("reg_drift", N_("Will somebody check new texts every month, since topics change?")),
        ("reg_licence", N_("Do the licences of the model and the data allow the use?")),
    ),
}
#: Use cases that raise the questions of another one.
_LIKE = {
    "text-generation": "chat",
    "zero-shot-classification": "text-classification",
    "zero-shot-image-classification": "image-classification",
}


def questions_for(task: str) -> tuple[BriefQuestion, ...]:
    """The questions of a use case: the common ones, then its checklist of at least ten."""
    return (*COMMON, *_BY_TASK.get(_LIKE.get(task, task), _ANY))
