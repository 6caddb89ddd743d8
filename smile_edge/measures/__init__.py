"""What the points of a face say: places, roll, openness. One file a measure."""
