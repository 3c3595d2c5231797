"""Tools of the workshop; never shipped."""
