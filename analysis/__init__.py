"""Personas from what people wrote, and leads scored by how well they fit: pure computation, no I/O."""
