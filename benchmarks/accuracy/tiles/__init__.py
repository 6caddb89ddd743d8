"""Small faces in large pictures: found with tiles and without, at what cost."""
