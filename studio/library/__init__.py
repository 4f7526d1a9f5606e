"""Models on disk: reading, adding (export, quantize, fidelity), verifying, removing."""
