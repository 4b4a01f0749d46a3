"""`python -m sheetjudge`."""

from sheetjudge.cli import main

main()
