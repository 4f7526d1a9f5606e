"""Models on a Hugging Face Hub, and how they come to this computer. Values only; nothing here uses the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from studio.domain.errors import Failure
from studio.domain.layout import PrecisionFiles, precisions_in

#: Whether a model asks for an account that accepted its terms: ``auto`` grants it at once, ``manual`` after a look.
Gate = Literal["", "auto", "manual"]
#: What a download is doing. ``queued``: waits for the one before it. ``asking``: the Hub is asked which files there
#: are. ``checking``: hashes. ``converting``: made into ONNX, or its tokenizer is. ``paused``: by the user, or because
#: the studio was closed or killed meanwhile. The last four do nothing on their own.
DownloadStage = Literal[
    "queued", "asking", "downloading", "checking", "converting", "finishing", "paused", "failed", "cancelled", "done"
]
#: ``download``: a new model, or more precisions of one. ``repair``: only the damaged files of a model.
DownloadKind = Literal["download", "repair"]

#: Stages in which a job needs somebody or something to go on.
RESTING: frozenset[DownloadStage] = frozenset({"paused", "failed", "cancelled", "done"})


@dataclass(frozen=True)
class CatalogEntry:
    """A recommended model. What only the Hub knows (sizes, hashes) is not here; see `HubModel`.

    Attributes:
        repo: Its id on the Hub, such as ``"onnx-community/Qwen3-0.6B-ONNX"``.
        task: Task id of the studio.
        title: What people call it.
        purpose: What it is good for, in one sentence, by language code (``en``, ``zh_CN``).
        languages: Language codes; empty means very many.
        licence: Licence id as its author states it, such as ``"apache-2.0"``.
        licence_link: Where the licence text is, for licences of their own.
        gated: Whether it asks for an account that accepted its terms.
        parameters_m: Number of parameters in millions, rounded, as its author states it.
        revision: Branch, tag or commit; empty for the newest.
    """

    repo: str
    task: str
    title: str
    purpose: Mapping[str, str]
    languages: tuple[str, ...]
    licence: str
    licence_link: str = ""
    gated: bool = False
    parameters_m: int = 0
    revision: str = ""

    def purpose_in(self, language: str) -> str:
        """The sentence in this language; English where there is none."""
        return self.purpose.get(language) or self.purpose.get("en", "")


@dataclass(frozen=True)
class HubFile:
    """A file of a model on the Hub, as the Hub states it.

    Attributes:
        name: Path in the model's folder, with forward slashes. Comes from outside: check it before use.
        size: Bytes.
        sha256: Hash of a large (LFS) file; empty for small ones, which git itself keeps.
        blob: Git's hash of the blob, SHA-1 of ``"blob SIZE\\0"`` and the content; of a large file's pointer otherwise.
    """

    name: str
    size: int
    sha256: str = ""
    blob: str = ""

    @property
    def etag(self) -> str:
        """What identifies the content: the Hub sends it as the file's ETag."""
        return self.sha256 or self.blob


@dataclass(frozen=True)
class HubModel:
    """A model on the Hub, with the sizes and hashes that the Hub states.

    Attributes:
        id: Such as ``"onnx-community/Qwen3-0.6B-ONNX"``.
        revision: The commit that this describes.
        task: Task id of the studio, or None where it is for something the studio does not know.
        files: All files that can be used: unsafe names are left out, see ``refused``.
        licence: Licence id of the card; empty where none is stated.
        licence_link: Where the licence text is, where the card says so.
        languages: Language codes of the card.
        gated: See `Gate`.
        downloads: How often it was downloaded in the last month.
        last_modified: When it was changed last.
        pipeline_tag: What the Hub thinks it is for.
        refused: Names in its file list that lead out of a folder; such a model is not to be trusted.
    """

    id: str
    revision: str
    task: str | None
    files: tuple[HubFile, ...]
    licence: str = ""
    licence_link: str = ""
    languages: tuple[str, ...] = ()
    gated: Gate = ""
    downloads: int = 0
    last_modified: datetime | None = None
    pipeline_tag: str = ""
    refused: tuple[str, ...] = ()

    @property
    def precisions(self) -> tuple[PrecisionFiles, ...]:
        """The precisions it has ONNX files for, best quality first."""
        return precisions_in(file.name for file in self.files)

    @property
    def weights(self) -> tuple[HubFile, ...]:
        """Its PyTorch weights in the safe format, from which ONNX files can be made here."""
        return tuple(f for f in self.files if "/" not in f.name and f.name.endswith(".safetensors"))

    def file(self, name: str) -> HubFile | None:
        """The file of that name."""
        return next((file for file in self.files if file.name == name), None)


@dataclass(frozen=True)
class DownloadRequest:
    """What a user asks for.

    Attributes:
        hub_id: The model's id on the Hub.
        precisions: Which; empty means what suits the task (`studio.services.catalog.usual_precision`). With
            ``convert`` these are what is made.
        convert: Download the PyTorch weights and make the ONNX files here; an explicit choice, since it takes long.
        accept_licence: The user has seen the licence and accepts it; needed where
            `studio.services.catalog.asks_for_acceptance`.
        model_id: Name in the library; the Hub's id where empty.
        task: Task id, where the model itself does not tell.
        revision: Branch, tag or commit; empty for the newest.
    """

    hub_id: str
    precisions: tuple[str, ...] = ()
    convert: bool = False
    accept_licence: bool = False
    model_id: str = ""
    task: str = ""
    revision: str = ""


@dataclass(frozen=True)
class DownloadProgress:
    """A job of the download queue at one moment.

    Attributes:
        id: The job's; one for each model of the library, so that the same model never downloads twice at once.
        kind: See `DownloadKind`.
        request: What was asked for; for a repair, the model it is about.
        model_id: Name of the model in the library.
        stage: See `DownloadStage`.
        doing: What happens now, in plain words: a file's name, a step of a conversion, why it waits.
        bytes_done: What is on disk of what is needed.
        bytes_total: What is needed; 0 until the Hub was asked.
        bytes_per_s: Speed over the last seconds; 0 where nothing moves.
        seconds_left: Time left at that speed; None where it can't be known.
        failure: Why it failed, in stage ``failed``.
        elsewhere: Whether another window or terminal is working on it.
    """

    id: str
    kind: DownloadKind
    request: DownloadRequest
    model_id: str
    stage: DownloadStage
    doing: str = ""
    bytes_done: int = 0
    bytes_total: int = 0
    bytes_per_s: float = 0.0
    seconds_left: float | None = None
    failure: Failure | None = None
    elsewhere: bool = False

    @property
    def fraction(self) -> float:
        """How much is downloaded, 0 to 1."""
        return min(1.0, self.bytes_done / self.bytes_total) if self.bytes_total else 0.0

    @property
    def resting(self) -> bool:
        """Whether nothing happens until somebody asks for it."""
        return self.stage in RESTING


@dataclass(frozen=True)
class HubQuery:
    """A search on the Hub.

    Attributes:
        task: Task id of the studio.
        text: Words in the model's name; empty for the most downloaded.
        max_mb: Largest download in 10^6 bytes, of the smallest precision; None for any.
        licence: ``"free"`` for those whose light is green, a licence id, or empty for any.
        language: Language code; empty for any.
        limit: How many results at most.
        only_onnx: Leave out models that would have to be converted here first.
    """

    task: str
    text: str = ""
    max_mb: float | None = None
    licence: str = ""
    language: str = ""
    limit: int = 20
    only_onnx: bool = True


@dataclass(frozen=True)
class CachedModel:
    """A model in the local cache of the Hugging Face libraries, which can be used where it lies.

    Attributes:
        hub_id: Its id on the Hub.
        folder: The snapshot's folder.
        revision: Its commit.
        size_mb: Size of its files in 10^6 bytes.
        task: Task id, or None where it doesn't tell.
        precisions: The precisions it has ONNX files for.
        usable: Whether it can run as it is.
        problem: Why not, in a sentence.
        linked: Whether the library lists it already.
    """

    hub_id: str
    folder: str
    revision: str
    size_mb: float
    task: str | None
    precisions: tuple[str, ...] = field(default=())
    usable: bool = True
    problem: str = ""
    linked: bool = False
