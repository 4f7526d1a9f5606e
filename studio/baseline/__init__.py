"""The same models run eagerly by transformers, as the baseline that ONNX is compared with.

Imported inside worker processes only: it loads torch.
"""
