"""Articles become searchable vectors and terms."""
