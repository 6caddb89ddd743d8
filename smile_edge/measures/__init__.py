"""What the points of a face say: pose, blink, mouth, smile. One file a measure."""
