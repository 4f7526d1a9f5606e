"""Parts of the Models screen."""
