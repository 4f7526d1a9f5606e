"""Data import, readiness and scoring: what a data set and the answers to it say."""
