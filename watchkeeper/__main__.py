"""`python -m watchkeeper`, where the program `watchkeeper` is not on the PATH."""

from watchkeeper.cli import main

main()
