"""What we know: one `.toml` a store family; data, no code."""
