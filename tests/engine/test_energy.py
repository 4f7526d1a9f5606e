"""Counters of energy, as Linux shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.energy import EnergyMeter

_WH = 3_600_000_000


def _zone(folder: Path, name: str, used_uj: int, top_uj: int = 10 * _WH) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "energy_uj").write_text(f"{used_uj}\n")
    (folder / name / "max_energy_range_uj").write_text(f"{top_uj}\n")


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.engine.energy.ask", lambda _question, unknown: unknown)


def test_sockets_are_added_and_their_parts_are_not(tmp_path: Path) -> None:
    for name in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        _zone(tmp_path, name, _WH)
    meter = EnergyMeter(tmp_path)
    assert meter.used_wh() == 0
    for name in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        _zone(tmp_path, name, 3 * _WH)
    assert meter.used_wh() == pytest.approx(4)


def test_a_counter_that_begins_anew_is_counted_on(tmp_path: Path) -> None:
    _zone(tmp_path, "intel-rapl:0", 9 * _WH)
    meter = EnergyMeter(tmp_path)
    for used in (1, 8, 2):
        _zone(tmp_path, "intel-rapl:0", used * _WH)
        meter.used_wh()
    assert meter.used_wh() == pytest.approx(2 + 7 + 4)


def test_without_a_counter_nothing_is_said(tmp_path: Path) -> None:
    assert EnergyMeter(tmp_path).used_wh() is None
    (tmp_path / "intel-rapl:0").mkdir()
    assert EnergyMeter(tmp_path).used_wh() is None
