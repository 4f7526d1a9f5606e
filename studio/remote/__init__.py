"""Candidates that answer elsewhere: endpoints that speak OpenAI's protocol. Only this room imports openai."""
