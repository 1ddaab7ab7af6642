"""What we say: one file a format; each has `render(outcome)`."""
