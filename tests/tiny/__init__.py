"""Tiny models with random weights, one file for each family, built from a configuration and exported by optimum."""
