"""Which language rows are in: by script, by small words, and nothing where it is not clear."""

from __future__ import annotations

import pytest

from studio.evaluation.insight_language import written_in


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("Ich möchte meine Bestellung stornieren", "Wo ist mein Paket?", "Passwort vergessen"), "de"),
        (("I want to cancel my order", "where is it", "password"), "en"),
        (("refund order 4411", "password reset"), "en"),
        (("Je veux annuler ma commande", "Où est mon colis ?"), "fr"),
        (("¿Dónde está mi pedido?", "No puedo entrar en mi cuenta"), "es"),
        (("Где мой заказ?", "Почему не работает"), "ru"),
        (("Πού είναι η παραγγελία μου;",), "el"),
        (("คำสั่งซื้อของฉันอยู่ที่ไหน",), "th"),
        (("我要退款", "包裹在哪里"), "zh"),
        (("注文はどこですか",), "ja"),
        (("Where is my parcel", "Wo ist mein Paket?"), ""),
        (("Passwörter", "Öffnungszeiten"), ""),
        (("", "  "), ""),
        ((), ""),
    ],
)
def test_rows_tell_their_language(texts: tuple[str, ...], code: str) -> None:
    assert written_in(texts) == code


def test_one_row_does_not_decide_for_many() -> None:
    assert written_in(["order 4411"] * 40 + ["la commande est en retard"]) == "en"
    assert written_in(["Wo ist das Paket?"] * 8 + ["Where is the parcel?"] * 2) == "de"
