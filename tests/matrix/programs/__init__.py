"""What is watched: each program runs under every version of its SDK."""
