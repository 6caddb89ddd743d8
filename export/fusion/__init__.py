"""The one-graph pipeline: detector and landmarker in one ONNX graph."""
