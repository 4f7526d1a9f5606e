"""Prototype Studio: run, measure and compare local Transformer models, and decide with evidence.

The rooms, and who may import whom, are described in ``docs/architecture.md`` and kept by import-linter.
"""

__version__ = "0.1.0"
