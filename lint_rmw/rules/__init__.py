"""What we conclude: one file a rule, found by walking this folder."""
