"""Labels from trained networks: ours, and MediaPipe's."""
