"""Results sent on as they come: JSON, OSC, VMC and OpenSeeFace over UDP, and a virtual camera."""
