"""How well faces are found: landmarks, detection, jitter, confidence, beside other systems."""
