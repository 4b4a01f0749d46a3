"""Where rows live: files and Google Sheets, to read from and to write results to."""
