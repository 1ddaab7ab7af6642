"""What we change: one file a transformation."""
