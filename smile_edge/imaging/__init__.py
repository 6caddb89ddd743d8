"""Images in and out of files, resized, cropped and drawn on."""
