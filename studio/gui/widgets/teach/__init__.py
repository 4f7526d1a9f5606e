"""Making a model of one's own."""
