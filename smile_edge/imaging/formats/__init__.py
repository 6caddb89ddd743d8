"""The formats of image files: their headers, and how each is decoded where OpenCV does not do it well."""
