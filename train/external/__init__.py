"""Programs in environments of their own: MediaPipe."""
