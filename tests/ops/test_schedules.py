"""Schedules, printed and as examples: the programs that read them find nothing wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from sheetjudge.ops.job_file import job_schema, read_job
from tests.ops.scoring import ROOT, inside, write_table
from tests.ops.test_jobs import env, write_job

EXAMPLES = ROOT / "examples"
FOLDER = EXAMPLES / "unattended"
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
NAMES = {name: n for names in ("sun mon tue wed thu fri sat", "_ jan feb mar apr may jun jul aug sep oct nov dec")
         for n, name in enumerate(names.split())}  # fmt: skip
systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def check_cron(line: str) -> str:
    """The command of a crontab line whose five fields are in order (crontab(5))."""
    *fields, command = line.split(maxsplit=5)
    assert len(fields) == 5, line
    for field, (low, high) in zip(fields, FIELDS, strict=True):
        for part in field.split(","):
            found = re.fullmatch(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d+))?", part)
            assert found, part
            for text in filter(None, (found[2], found[3])):
                assert low <= NAMES.get(text.lower(), int(text) if text.isdecimal() else -1) <= high, part
            assert found[4] is None or int(found[4]) > 0
    # An unescaped % ends the command.
    assert "%" not in command.replace(r"\%", "")
    return command.replace(r"\%", "%")


def check_shell(script: str, shell: str = "sh") -> None:
    ran = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def check_units(folder: Path) -> None:
    units = [str(folder / f"sheetjudge.{kind}") for kind in ("service", "timer")]
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--user", *units], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
    )  # fmt: skip
    said = [line for line in ran.stderr.splitlines() if "sheetjudge" in line]
    assert not said, said
    assert ran.returncode == 0, ran.stderr


def check_units_by_hand(texts: dict[str, str]) -> None:
    """Sections and keys that systemd knows, where it isn't there to say so itself."""
    known = {
        "Unit": {"Description", "Wants", "After"},
        "Service": {"Type", "Environment", "EnvironmentFile", "ExecStart", "SuccessExitStatus"},
        "Timer": {"OnCalendar", "Persistent"},
        "Install": {"WantedBy"},
    }
    for text in texts.values():
        section = ""
        for line in text.splitlines():
            if head := re.fullmatch(r"\[(\w+)\]", line):
                section = head[1]
                assert section in known
            elif line and not line.startswith("#"):
                key, equals, value = line.partition("=")
                assert equals, line
                assert value, line
                assert key in known[section], line
    assert re.search(r"^ExecStart=\S", texts["service"], re.MULTILINE)
    assert re.search(r"^OnCalendar=.*\*-\*-\* [0-2]\d:[0-5]\d:00$", texts["timer"], re.MULTILINE)


@pytest.mark.parametrize("at", ["2:05", "23:59"])
def test_what_is_printed_for_cron_is_a_line_of_a_crontab(tmp_path, at):
    folder = tmp_path / "with 100% 'odd' blanks"
    folder.mkdir()
    write_table(folder / "t.csv", 3)
    job = write_job(folder, table="t.csv", judge="fake", out="o.csv")
    line = inside("schedule", job, "--at", at, "--day", "sun", env=env(tmp_path)).out.strip()
    command = check_cron(line)
    check_shell(command)
    ran = subprocess.run(command.split(" >>")[0], shell=True, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert (folder / "o.csv").exists()


@pytest.mark.parametrize("days", [[], ["--day", "mon", "--day", "Friday"]])
def test_what_is_printed_for_systemd_passes_its_own_check(tmp_path, days):
    folder = tmp_path / "with 100% blanks"
    folder.mkdir()
    job = write_job(folder, table="t.csv", judge="fake")
    out = inside("schedule", job, "--for", "systemd", *days, env=env(tmp_path)).out
    service, timer = re.split(r"^# ~/.*sheetjudge\.timer\n", out, flags=re.MULTILINE)
    texts = {"service": service, "timer": timer}
    check_units_by_hand(texts)
    for kind, text in texts.items():
        (tmp_path / f"sheetjudge.{kind}").write_text(text)
    if shutil.which("systemd-analyze"):
        check_units(tmp_path)


def test_the_examples_are_jobs():
    for path in (EXAMPLES / "nightly.yaml", FOLDER / "nightly-sheet.yaml"):
        read_job(str(path))
        said = yaml.safe_load(path.read_text().replace("on:", '"on":'))
        jsonschema.Draft202012Validator(json.loads(job_schema())).validate(said)


def test_the_crontab_of_the_examples():
    lines = [line for line in (FOLDER / "crontab").read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == 1
    check_shell(check_cron(lines[0]))


def test_the_units_of_the_examples():
    texts = {kind: (FOLDER / f"sheetjudge.{kind}").read_text() for kind in ("service", "timer")}
    check_units_by_hand(texts)


@systemd
def test_systemd_finds_nothing_wrong_with_the_units_of_the_examples(tmp_path):
    for kind in ("service", "timer"):
        text = (FOLDER / f"sheetjudge.{kind}").read_text()
        # systemd looks whether the program is there.
        (tmp_path / f"sheetjudge.{kind}").write_text(text.replace("%h/sheetjudge/.venv/bin/sheetjudge", sys.executable))
    check_units(tmp_path)


def test_the_workflow_of_the_examples():
    said = yaml.safe_load((FOLDER / "nightly.yml").read_text())
    # PyYAML reads the key `on` as a truth.
    starts = said[True]
    for one in starts["schedule"]:
        check_cron(f"{one['cron']} command")
    assert set(said) == {"name", True, "permissions", "concurrency", "jobs"}
    for job in said["jobs"].values():
        assert job["runs-on"]
        assert 0 < job["timeout-minutes"] <= 360
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step), step
            assert set(step) <= {"name", "if", "run", "uses", "with", "env"}
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step["uses"])
            else:
                script = re.sub(r"\$\{\{[^}]*\}\}", "x", step["run"])
                check_shell(script, "bash")
                assert "secrets." not in step["run"], "a secret in a script is shown where the script is"
