"""The content of screens. Each is imported when its screen is first opened, so that the first paint waits for none."""
