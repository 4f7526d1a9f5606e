"""The fixed inputs that every conversion is compared on: they must not change, or recorded figures lose their meaning.

Short and long, questions and commands, digits, punctuation, capitals, other scripts, emoji: what product texts hold.
"""

from __future__ import annotations

#: For tasks that answer with text: one sentence each, because each takes a whole generation.
SENTENCES = (
    "Where is my refund?",
    "I want to cancel order 4411, please.",
    "The meeting was moved from Monday to Thursday at 10:30.",
    "Two coffees and a piece of cake cost 14.50 euros.",
    "She said that the train would be late again.",
    "Can you tell me how to reset my password?",
    "WHY IS THIS STILL NOT FIXED?!",
    "我想取消昨天的订单。",
    "Où est mon colis ? Il devait arriver hier.",
    "Die Rechnung für März fehlt noch.",
    "今日はとても暑いですね。",
    "Thanks 😀",
)

#: For tasks that answer with labels.
TEXTS = (
    *SENTENCES,
    "ok",
    "?",
    "12345",
    "refund",
    "Hello, hello, hello!",
    "invoice invoice invoice invoice invoice",
    "I'd like to talk to a person; the bot doesn't understand what I'm asking (for the third time).",
    "My account number is 00-4711/22 and I can't log in since 2024-03-01.",
    "The product is great, but the delivery took three weeks and nobody answered my e-mails.",
    "Not bad at all.",
    "https://example.com/orders?id=99&lang=en",
    "¿Dónde está mi factura?",
    "Где мой заказ?",
    "أين طلبي؟",
    "מתי תגיע ההזמנה שלי?",
    "주문을 취소하고 싶어요.",
    "मेरा ऑर्डर कहाँ है?",
    "\t tabs\tand\nlines \u00a0 and   spaces ",
    "First I ordered the blue one, then I changed my mind and asked for the red one. " * 3,
    "I have been a customer for years and never had a problem until last week. " * 40,
)
