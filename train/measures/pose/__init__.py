"""Head pose: a 3-D face learnt from points, heads turned by known angles, and the network that learns from both."""
