"""What a front end asks for. The terminal and the window call the same functions."""
