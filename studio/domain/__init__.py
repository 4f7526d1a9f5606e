"""The studio's vocabulary: frozen dataclasses with the field's own names. Standard library only."""
