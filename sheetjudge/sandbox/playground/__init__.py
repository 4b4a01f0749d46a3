"""The playground: a spreadsheet of the local Google in the browser, and a container-bound script's sidebar beside it.

The files of an Apps Script project run there unmodified: its server code in a worker of the browser, over stand-ins
for the services (`static/services_*.js`), and its pages in a sandboxed frame.
"""

from sheetjudge.sandbox.playground.project import Project
from sheetjudge.sandbox.playground.routes import Playground

__all__ = ["Playground", "Project"]
