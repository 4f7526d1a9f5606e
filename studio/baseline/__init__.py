"""The PyTorch lane: the same model run eagerly by transformers, as the baseline to compare with."""
