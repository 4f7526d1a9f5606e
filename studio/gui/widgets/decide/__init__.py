"""Parts of the Decide screen."""
