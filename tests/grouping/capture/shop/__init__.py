"""A small shop with faults, for capturing what SDKs make of them."""
