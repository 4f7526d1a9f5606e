"""How the studio looks: tokens, and the palette, style sheet, fonts and icons made from them."""
