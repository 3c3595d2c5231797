"""One file a change: `<number>_<what it does>.py`, numbers without gaps. Released files are frozen."""
