"""sheetjudge: score, rank and filter the rows of a spreadsheet with an LLM judge."""

__version__ = "0.1.0"
