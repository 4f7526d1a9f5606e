"""Opens files that people bring: pictures and recordings.

Stands under everything that runs a model, ONNX Runtime or PyTorch.
"""
