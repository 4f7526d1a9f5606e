"""Criteria, verdicts, recommendation, brief and sizing."""
