"""Constants of the runtime's measures, fitted to the landmarker's own points: pose, blink, mouth, smile."""
