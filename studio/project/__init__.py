"""The ``.studio`` file: one SQLite database a project, stored as it happens, safe to open from anyone."""
