"""A trained model in use: pictures, videos, ONNX."""
