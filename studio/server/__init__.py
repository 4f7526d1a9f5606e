"""The studio's own candidates for other programs, over OpenAI's protocol."""
