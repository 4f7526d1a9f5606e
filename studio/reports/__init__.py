"""The open set of report formats: one file each, found by being in this folder. A file declares ``FORMAT``."""
