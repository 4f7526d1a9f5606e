"""Rows of an evaluation on the nodes of a Ray cluster. Only this room imports ray."""
