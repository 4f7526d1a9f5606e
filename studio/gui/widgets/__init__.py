"""Small reusable widgets. Each has an accessible name, works from the keyboard and follows language and theme."""
