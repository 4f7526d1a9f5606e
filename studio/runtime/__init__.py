"""Runs ONNX models: the only room that imports onnxruntime. Imported inside worker processes only."""
