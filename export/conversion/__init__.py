"""From a Keras file to a checked ONNX model and its manifest."""
