"""onnxruntime: sessions, providers, precision, manifests."""
