"""Image and text: which of the labels that a person types fits a picture."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.label_choice import PHOTO_TEMPLATE
from studio.domain.running import LoadSpec, Runner
from studio.domain.task import Field, Option, Sample, Task
from studio.media.preparation import PREPARATION_FILES
from studio.tasks._picture import check_picture, probe_pictures, read_picture, sample_picture


def _open(spec: LoadSpec) -> Runner:
    if spec.backend == "pytorch":
        from studio.baseline.image_text import EagerImageTextMatcher

        return EagerImageTextMatcher(spec)
    from studio.runtime.clip import ImageTextMatcher

    return ImageTextMatcher(spec)


_CLOTHES = ("a dress", "a hat", "a pair of shoes", "a T-shirt", "a pair of trousers", "a jacket", "a skirt")
_PLACES = ("clothes on a hanger", "clothes on a floor", "a person wearing clothes")

TASK = Task(
    id="zero-shot-image-classification",
    title=N_("Image and text"),
    purpose=N_("Chooses which of your own labels fits a picture, without any training: type them and see."),
    inputs=(Field("image", "image", N_("Picture"), N_("Drop a picture here, paste one, or choose a file")),),
    output="labels",
    options=(
        Option(
            "labels",
            "list",
            (),
            N_("Labels"),
            N_("What the picture may show, one on each line: a few words each, in the language of the model."),
            advanced=False,
        ),
        Option(
            "hypothesis_template",
            "text",
            PHOTO_TEMPLATE,
            N_("Sentence for labels"),
            N_("Each label is put into this sentence where {} stands; such models learned from sentences."),
        ),
    ),
    metrics=("accuracy", "balanced_accuracy", "macro_f1", "top5_accuracy"),
    samples=(
        Sample(N_("A pink dress"), sample_picture("dress-1.jpg"), {"labels": _CLOTHES}, answer="a dress"),
        Sample(N_("A yellow cap"), sample_picture("hat-1.jpg"), {"labels": _CLOTHES}, answer="a hat"),
        Sample(N_("Sneakers"), sample_picture("shoes-1.jpg"), {"labels": _CLOTHES}, answer="a pair of shoes"),
        Sample(N_("A rain jacket"), sample_picture("outwear-4.jpg"), {"labels": _PLACES}, answer="clothes on a hanger"),
    ),
    architectures=("CLIPModel", "SiglipModel"),
    needs=(PREPARATION_FILES, ("tokenizer.json",)),
    place=100,
    probes=probe_pictures,
    export_task="zero-shot-image-classification",
    open=_open,
    read_text=read_picture,
    check=check_picture,
)
