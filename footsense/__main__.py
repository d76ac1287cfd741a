"""`python -m footsense` is the command `footsense`."""

from footsense.cli import main

main()
