"""Recordings on the screen."""
