"""What a recording holds, and what to warn about."""
