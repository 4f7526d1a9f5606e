"""Semantic search and themes: texts by what they mean, through the vectors of an embedding model."""

from __future__ import annotations

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Option, Sample, Task

#: As `studio.runtime.embedding_themes.LEAST_TEXTS`, which this file must not import: it stands on numpy.
_LEAST_TEXTS = 8
_MOST_TEXTS = 100_000


def _open(spec: LoadSpec) -> Runner:
    from studio.runtime.embedding_search import SemanticSearch

    if spec.backend == "pytorch":
        from studio.baseline.embedding import EagerEmbedder

        return SemanticSearch(EagerEmbedder(spec))
    from studio.runtime.embedding import Embedder

    return SemanticSearch(Embedder(spec))


def _read(text: str) -> Inputs:
    return {"query": text, "texts": ()}


def _check(inputs: Inputs) -> None:
    """Refuse what gives neither hits nor themes nor a vector.

    Raises:
        InputError: There is neither a query nor a collection, or the collection has too few or too many texts.
    """
    query, texts = inputs.get("query"), inputs.get("texts") or ()
    asked = isinstance(query, str) and any(c.isprintable() and not c.isspace() for c in query)
    if not asked and not texts:
        raise InputError(
            _("There is nothing to look for."), _("Type what to search for, and add the texts to search in.")
        )
    if any(not isinstance(text, str) or not text.strip() for text in texts):
        raise InputError(_("One of the texts to search in is empty."), _("Remove empty lines and rows."))
    if not asked and len(texts) < _LEAST_TEXTS:
        raise InputError(
            _("{count} texts are too few for themes.").format(count=len(texts)),
            _("Add texts until there are at least {least}, or type what to search for.").format(least=_LEAST_TEXTS),
        )
    if len(texts) > _MOST_TEXTS:
        raise InputError(
            _("{count} texts are too many at once.").format(count=f"{len(texts):,}"),
            _("Take at most {most} of them.").format(most=f"{_MOST_TEXTS:,}"),
        )


_MESSAGES = (
    "I was charged twice for the same order",
    "My card was billed two times",
    "When do I get my money back?",
    "The refund has still not arrived",
    "How do I change the delivery address?",
    "Please send the parcel to my office instead",
    "The package was left at the wrong door",
    "Where is my parcel? It should be here by now",
    "I can't log in any more",
    "The app says my password is wrong",
    "How can I reset my password?",
    "My account is locked after three tries",
    "Do you ship to Norway?",
    "How much is express delivery?",
    "Is there a discount for students?",
    "Can I pay with a gift card?",
)

TASK = Task(
    id="feature-extraction",
    title=N_("Search and themes"),
    purpose=N_("Finds texts by what they mean, not by their words, and groups many messages into themes."),
    inputs=(
        Field(
            "query",
            "text",
            N_("Search for"),
            N_("What to look for; leave it empty for themes only"),
            optional=True,
        ),
        Field("texts", "texts", N_("Texts"), N_("Paste texts, one a line, or choose a file"), optional=True),
    ),
    output="findings",
    options=(
        Option("top_k", "int", 10, N_("Hits to show"), N_("Show so many texts, the best first."), low=1, high=1000),
        Option(
            "themes",
            "bool",
            True,
            N_("Find themes"),
            N_("Group the texts by what they say, and draw a map of them. Needs 8 texts or more."),
        ),
        Option(
            "theme_count",
            "int",
            None,
            N_("Number of themes"),
            N_("How many groups there shall be; without a number, as many as separate best."),
            low=2,
            high=200,
        ),
        Option(
            "seed", "int", 0, N_("Seed"), N_("Another number starts the grouping elsewhere."), low=0, high=2**31 - 1
        ),
    ),
    metrics=("recall_at_5", "mrr", "ndcg_at_10", "silhouette", "ari", "nmi"),
    samples=(
        Sample(N_("Money back"), {"query": "money back", "texts": _MESSAGES}, answer="When do I get my money back?"),
        Sample(N_("Themes in messages"), {"query": "", "texts": _MESSAGES}, options={"theme_count": 4}),
    ),
    architectures=(
        "BertModel",
        "DistilBertModel",
        "RobertaModel",
        "XLMRobertaModel",
        "MPNetModel",
        "AlbertModel",
        "ElectraModel",
        "DebertaModel",
        "DebertaV2Model",
        "CamembertModel",
        "NomicBertModel",
        "ModernBertModel",
    ),
    pipeline_tags=("sentence-similarity",),
    # A bare encoder says little: a card that names another use case is believed.
    claims=lambda _config, tag: tag in {"", "feature-extraction", "sentence-similarity"},
    export_task="feature-extraction",
    open=_open,
    read_text=_read,
    check=_check,
    place=50,
)
