"""`spreadsheets.batchUpdate`: structural edits, one module for each family of request kinds."""
