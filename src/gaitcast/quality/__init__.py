"""What a recording holds, and warnings about it."""
