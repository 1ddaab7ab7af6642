"""What we see: learns where values come from and which section they are written in; reports nothing."""
