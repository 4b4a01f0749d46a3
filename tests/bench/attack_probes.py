"""What each defence is worth against each attack, with a judge that obeys what rows tell it; and what `probe` says.

    python tests/bench/attack_probes.py [--rows N] [--judge SPEC [--judge-option K=V] [--method likelihood]]
                                            [--table FILE --rubric RUBRIC]

Without --judge, the judge is `tests/servers/obedient_server.py`: it obeys as far as a defence is missing, so that the
table below shows which defence answers to which attack. With --judge (`embedded`, `vllm:MODEL`, `http://HOST/v1#MODEL`)
the same probe is run on that one. A vLLM on a processor without bfloat16 wants `--judge-option dtype=float32`. The rows
come from the examples, so that no other file is needed.

- Each figure is the mean rise of the score, on the rubric's scale, paired by row; the interval is 95% (Student's t).
- "flagged": rows under the attack whose Status would say `review: text addresses the judge`.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sheetjudge.cli.probe_texts import result_text
from sheetjudge.judging.likelihood import LikelihoodJudge
from sheetjudge.judging.prompts import UNGUARDED, Guards
from sheetjudge.ops.probe import probe
from sheetjudge.ops.probe_job import ProbeOptions, probe_job, unguarded
from tests.servers.obedient_server import ObedientServer

ROOT = Path(__file__).resolve().parents[2]
DEFENCES = {
    "all": Guards(),
    "no caution": Guards(caution=False),
    "no markers": Guards(markers=False),
    "unseen kept": Guards(visible=False),
    "none": UNGUARDED,
}


def probed(judge, options, folder):
    """What the probe says of a judge, and the rise with each of `DEFENCES` in turn."""
    given = replace(options, judges=(judge,), journal=str(folder / "journal.db"))
    rises, flags, said = {}, {}, ""
    for name, guards in DEFENCES.items():
        job = probe_job(given, {"SHEETJUDGE_HOME": str(folder)})
        if any(isinstance(seat.judge, LikelihoodJudge) for seat in job.bench.seats) and name != "all":
            asyncio.run(job.bench.aclose())
            continue
        # The arm without the defences is the one that is changed; the other one comes from the journal.
        job = replace(job, bare=unguarded(job.bench, guards, job)) if name != "all" else job
        result = asyncio.run(run(job))
        said = said or result_text(result, job)
        for attack in result.attacks:
            found = attack.guarded if name == "all" else attack.bare
            rises.setdefault(attack.name, {})[name] = found
            flags[attack.name] = f"{attack.flagged}/{len(result.rows)}"
    return rises, flags, said


async def run(job):
    try:
        return await probe(job)
    finally:
        await job.bench.aclose()


def shown(rises, flags):
    names = [name for name in DEFENCES if any(name in found for found in rises.values())]
    print(f"{'attack':<28}" + "".join(f"{name:>22}" for name in names) + f"{'flagged':>10}")
    for attack, found in rises.items():
        figures = "".join(f"{figure(found[name]):>22}" for name in names)
        print(f"{attack:<28}{figures}{flags[attack]:>10}")


def figure(found):
    if found.mean is None:
        return "-"
    between = "" if found.low is None else f" ({found.low:+.2f} {found.high:+.2f})"
    return f"{found.mean:+.2f}{between}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--judge")
    parser.add_argument("--judge-option", action="append", default=[])
    parser.add_argument("--method")
    parser.add_argument("--max-tokens", type=int, default=4096)
    parser.add_argument("--table", default=str(ROOT / "examples" / "proposals.csv"))
    parser.add_argument("--rubric", default="research-proposal")
    parser.add_argument("--read", action="append", default=[])
    given = parser.parse_args()
    options = ProbeOptions(
        given.table,
        given.rubric,
        tuple(given.read),
        attacks=True,
        draw=given.rows,
        no_logprobs=True,
        judge_option=tuple(given.judge_option),
        method=given.method,
        max_tokens=given.max_tokens,
    )
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.judge is None:
            with ObedientServer() as server:
                rises, flags, said = probed(f"{server.url}#obedient", options, folder)
        else:
            rises, flags, said = probed(given.judge, options, folder)
    print(said, end="\n\n")
    shown(rises, flags)
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
