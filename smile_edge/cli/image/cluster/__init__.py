"""`image batch --ray`: a cluster looks at the images, and this process writes the parts."""
