"""The licence light."""

from __future__ import annotations

import pytest

from studio.services.licences import licence_light


@pytest.mark.parametrize(
    ("licence", "light"),
    [
        ("apache-2.0", "free"),
        ("MIT", "free"),
        ("bsd-3-clause", "free"),
        ("cc-by-4.0", "conditions"),
        ("cc-by-sa-4.0", "conditions"),
        ("llama3.2", "conditions"),
        ("other", "conditions"),
        ("cc-by-nc-4.0", "restricted"),
        ("apache-2.0, cc-by-nc-sa-4.0", "restricted"),
        ("", "restricted"),
        ("unknown", "restricted"),
    ],
)
def test_light(licence: str, light: str) -> None:
    assert licence_light(licence).light == light
