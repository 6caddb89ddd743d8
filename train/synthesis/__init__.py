"""Generated training images: turned heads, cartoon faces."""
