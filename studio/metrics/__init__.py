"""The open set of quality metrics: one file each, found by being in this folder. A file declares ``METRIC``."""
