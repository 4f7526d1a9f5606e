"""A person's own data: rows of a spreadsheet, what its columns mean, and what could not be read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

#: ``chat-jsonl``: OpenAI's fine-tuning format, one ``{"messages": […]}`` a line.
#: ``folder``: pictures or recordings, one row a file.
FileKind = Literal["csv", "xlsx", "jsonl", "chat-jsonl", "folder"]


@dataclass(frozen=True)
class FileFormat:
    """How a file was read.

    Attributes:
        kind: See `FileKind`; TSV is ``csv`` with another delimiter.
        encoding: Python's name of the encoding; empty for XLSX.
        delimiter: What separates cells; empty where nothing does.
        sheet: Name of the sheet of a workbook.
        header: Whether the first row names the columns (tables only).
        folder: Folder that cells name files in, such as pictures; empty where they name none; ``sample:ID`` for that
            of sample data.
    """

    kind: FileKind
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header: bool = True
    folder: str = ""


@dataclass(frozen=True)
class ColumnMapping:
    """What the columns of a data set mean. Columns are named as in `Dataset.columns`.

    Attributes:
        inputs: Column by name of the task's input field (`studio.domain.task.Field.name`); the first is the main one.
        reference: Column with the expected answer; empty for none, and then nothing is scored against it.
        groups: Columns whose values make groups ("slices").
        id: Column with a name for each row; empty for none: rows then go by their position.
        variables: Further columns to show, or to fill ``{{name}}`` in a template.
        recorded: Recorded candidates, by the name each takes part under: the column with its answers.
        recorded_latency: For some of these, the column with their latency in seconds.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""
    groups: tuple[str, ...] = ()
    id: str = ""
    variables: tuple[str, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)
    recorded_latency: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BrokenRow:
    """A row that was kept aside.

    Attributes:
        line: Line of the file, or row of the sheet, counted from 1.
        reason: A plain sentence.
        text: How it begins.
    """

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class DataRow:
    """One row of a data set.

    Attributes:
        position: Counted from 0; never changes.
        cells: One for each of `Dataset.columns`.
        critical: Whether a wrong answer to it must never happen ("starred").
        note: What a person wrote about it.
    """

    position: int
    cells: tuple[str, ...]
    critical: bool = False
    note: str = ""


@dataclass(frozen=True)
class Dataset:
    """A data set in a project; its rows are read page by page.

    Attributes:
        id: Number in the project.
        task: Task id that it was imported for.
        name: What a person calls it; at first the file's name.
        source: Name of the file it came from, without its folder.
        format: How it was read.
        columns: Names of its columns, unique and in the file's order.
        rows: How many rows it has.
        broken: How many were kept aside.
        fingerprint: SHA-256 of the file's bytes.
        imported: When, in UTC.
        mapping: What its columns mean.
        label_map: Which label of a model a reference label means, such as ``{"refund": "get_refund"}``.
        licence: Licence id, where known (sample data).
        attribution: Whom to name, where known.
    """

    id: int
    task: str
    name: str
    source: str
    format: FileFormat
    columns: tuple[str, ...]
    rows: int
    broken: int
    fingerprint: str
    imported: datetime
    mapping: ColumnMapping = ColumnMapping()
    label_map: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    attribution: str = ""
