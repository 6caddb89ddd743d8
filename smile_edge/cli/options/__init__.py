"""Options of the commands, one file a matter, so that the commands stay short."""
