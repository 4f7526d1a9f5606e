"""Image classification: which of a fixed set of labels fits a picture."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.running import LoadSpec, Runner
from studio.domain.task import Field, Option, Sample, Task
from studio.media.preparation import PREPARATION_FILES
from studio.tasks._picture import check_picture, probe_pictures, read_picture, sample_picture


def _open(spec: LoadSpec) -> Runner:
    if spec.backend == "pytorch":
        from studio.baseline.image_classification import EagerImageClassifier

        return EagerImageClassifier(spec)
    from studio.runtime.image_classifier import ImageClassifier

    return ImageClassifier(spec)


#: Models that know kinds of clothes; other models have other labels, and a picture is a picture for them too.
_CLOTHES = ("starter/clothes-small",)

TASK = Task(
    id="image-classification",
    title=N_("Image recognition"),
    purpose=N_("Says what a picture shows: the kind of product, the type of document, whether a part is damaged."),
    inputs=(Field("image", "image", N_("Picture"), N_("Drop a picture here, paste one, or choose a file")),),
    output="labels",
    options=(
        Option(
            "top_k", "int", None, N_("Labels to show"), N_("Show only so many labels, best first."), low=1, high=1000
        ),
    ),
    metrics=("accuracy", "balanced_accuracy", "macro_f1", "top5_accuracy"),
    samples=(
        Sample(N_("A pink dress"), sample_picture("dress-1.jpg"), answer="dress"),
        Sample(N_("A yellow cap"), sample_picture("hat-1.jpg"), answer="hat"),
        Sample(N_("Sneakers"), sample_picture("shoes-1.jpg"), answer="shoes"),
        Sample(N_("A printed T-shirt"), sample_picture("t-shirt-1.jpg"), answer="t-shirt"),
        Sample(N_("Grey trousers"), sample_picture("pants-1.jpg"), answer="pants"),
        Sample(N_("A rain jacket"), sample_picture("outwear-4.jpg"), models=_CLOTHES, answer="outwear"),
    ),
    architectures=("ForImageClassification", "ForImageClassificationWithTeacher"),
    needs=(PREPARATION_FILES,),
    place=70,
    probes=probe_pictures,
    export_task="image-classification",
    open=_open,
    read_text=read_picture,
    check=check_picture,
)
