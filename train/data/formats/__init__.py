"""Readers of the native formats of the data packs; one module a format."""
