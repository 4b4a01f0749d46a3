"""The backend of the sidebar: jobs asked for from inside a sheet, over HTTP or through a queue in the sheet."""
