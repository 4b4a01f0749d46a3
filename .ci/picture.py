"""Draws examples/demo.svg, the README's picture, from a real run of the embedded judge on the example proposals."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).parent.parent
COMMAND = "sheetjudge score examples/proposals.csv --rubric research-proposal --read Title --read Proposal --out scored.csv"
SHOWN = ("P16", "P01", "P13", "P20", "P18", "P02")
CRITERIA = ("question", "need", "method", "budget", "outcome")


def scored() -> dict[str, dict[str, str]]:
    """The rows of a real run, by ID."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "scored.csv"
        command = [sys.executable, "-m", *COMMAND.replace("scored.csv", str(out)).split(), "--judge", "embedded"]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own command
        with out.open(encoding="utf-8", newline="") as file:
            return {row["ID"]: row for row in csv.DictReader(file)}


def main() -> None:
    """Run, and draw the rows with the best first."""
    rows = scored()
    console = Console(record=True, width=136, file=Path("/dev/null").open("w", encoding="utf-8"))  # noqa: SIM115
    console.print(Text(f"$ {COMMAND}", style="bold"))
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Title", max_width=36, no_wrap=True, overflow="ellipsis")
    table.add_column("Proposal", max_width=30, no_wrap=True, overflow="ellipsis", style="dim")
    for name in ("Score", *CRITERIA):
        style = "green" if name == "Score" else ""
        table.add_column(name, justify="right", style=style, min_width=len(name), no_wrap=True)
    table.add_column("Status", max_width=22, no_wrap=True, overflow="ellipsis")
    for row in sorted((rows[i] for i in SHOWN), key=lambda r: -float(r["Score"] or 0)):
        numbers = [f"{float(row[n]):.2f}" if row[n] else "" for n in ("Score", *CRITERIA)]
        table.add_row(row["Title"], " ".join(row["Proposal"].split()), *numbers, row["Status"])
    console.print(table)
    svg = console.export_svg(title="your columns, and the judge's beside them", code_format=_format())
    (ROOT / "examples" / "demo.svg").write_text(svg, encoding="utf-8")


def _format() -> str:
    """Rich's picture of a terminal, without the fonts that it would fetch from elsewhere."""
    from rich._export_format import CONSOLE_SVG_FORMAT

    return re.sub(r"@font-face \{\{.*?\n    \}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


if __name__ == "__main__":
    main()
