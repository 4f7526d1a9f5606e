"""The open set of ways to run."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import studio.providers
from studio.domain.errors import UnknownNameError
from studio.domain.provider import Provider
from studio.providers import all_providers, find_provider


def test_every_file_of_the_folder_is_a_provider() -> None:
    ids = [provider.id for provider in all_providers()]
    assert ids == ["cpu", "coreml", "cuda", "directml", "openvino", "tensorrt"]
    assert find_provider("cuda").execution_provider == "CUDAExecutionProvider"


@pytest.mark.parametrize("provider", all_providers(), ids=lambda provider: provider.id)
def test_every_provider_says_what_a_person_needs_to_know(provider: Provider) -> None:
    assert provider.title
    assert provider.needs
    assert provider.package
    assert provider.execution_provider.endswith("ExecutionProvider")
    assert set(provider.platforms) <= {"linux", "win32", "darwin"}
    # ONNX Runtime takes options as text and refuses anything else.
    assert all(isinstance(value, str) for value in provider.options.values())


def test_an_unknown_one_is_named_with_the_known() -> None:
    with pytest.raises(UnknownNameError, match="cpu, coreml, cuda"):
        find_provider("abacus")


def test_a_new_file_is_a_new_provider(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the file itself is needed."""
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "abacus.py").write_text(
        "from studio.domain.provider import Provider\n"
        'PROVIDER = Provider("abacus", "Abacus", "AbacusExecutionProvider", "abacus", ("linux",))\n'
    )
    monkeypatch.setattr(studio.providers, "__path__", [*studio.providers.__path__, str(folder)])
    all_providers.cache_clear()
    try:
        assert find_provider("abacus").title == "Abacus"
    finally:
        all_providers.cache_clear()
        sys.modules.pop("studio.providers.abacus", None)


def test_an_empty_folder_is_a_packaging_mistake_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.providers, "__path__", [])
    all_providers.cache_clear()
    try:
        with pytest.raises(RuntimeError, match="not collected"):
            all_providers()
    finally:
        all_providers.cache_clear()


def test_importing_a_provider_is_cheap() -> None:
    """`studio run --help` and every resolved candidate import them all."""
    for provider in all_providers():
        module = sys.modules[f"studio.providers.{provider.id}"]
        assert isinstance(module, ModuleType)
        assert not {"onnxruntime", "torch"} & set(vars(module))
