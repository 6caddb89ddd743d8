"""The page, the records and the figures of a live run, served to browsers and programs."""
