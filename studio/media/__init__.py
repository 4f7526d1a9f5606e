"""Opens files that people bring: pictures. Stands under everything that runs a model, ONNX Runtime or PyTorch."""
