"""Changes to training images: what is seen, how it is lit, what covers it, where it lies. One file a kind."""
