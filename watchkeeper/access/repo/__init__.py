"""The SQL of access, a file a table or two. Each function works in the caller's transaction."""
