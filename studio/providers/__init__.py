"""The open set of execution providers: one file each, found by being in this folder. A file declares ``PROVIDER``."""
