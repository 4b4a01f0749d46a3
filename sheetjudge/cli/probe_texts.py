"""What `probe` says to a person: before, instead of (a dry run) and after."""

from __future__ import annotations

from collections.abc import Collection

from sheetjudge.cli import texts
from sheetjudge.cli.progress import duration
from sheetjudge.cli.say import counted
from sheetjudge.engine.plan import Plan
from sheetjudge.ops.probe_authors import Authors
from sheetjudge.ops.probe_job import TIMES, ProbeJob
from sheetjudge.ops.probe_result import AttackResult, BiasResult, ProbeResult
from sheetjudge.ops.probe_words import own_sentence, place_sentence
from sheetjudge.stats.probe_effects import Effect


def before(job: ProbeJob) -> str:
    """What is about to happen, and where row text goes."""
    first, *rest = texts.before(job, "Probing the judge with").splitlines()
    how = ", with the defences of every run and without them" if job.bare else ""
    tried = [f"{counted(len(job.attacks), 'attack')}{how}"] if job.attacks else []
    tried += [f"{counted(len(job.biases), 'change')} that add no merit"] if job.biases else []
    tried += [f"the same rows {TIMES} times"] if job.again else []
    tried += ["pairs of them in both orders"] if job.pairs else []
    tried += [f"whether a judge favours its own ({_own(job.authors)})"] if job.authors else []
    drawn = f"{counted(len(job.drawn), 'row')} {'is' if len(job.drawn) == 1 else 'are'} drawn"
    what = f"{drawn}. Tried on them: {'; '.join(tried)}. Nothing is written."
    return "\n".join([first, what, *rest])


def plan_text(plan: Plan, job: ProbeJob) -> str:
    """A dry run's findings."""
    return texts.plan_text(plan, job, "text")


def result_text(result: ProbeResult, job: ProbeJob, noted: Collection[str] = ()) -> str:
    """What each attack does, in words, without those notes that were `noted` before."""
    scale = str(job.rubric.scale)
    took = f"{counted(len(result.rows), 'row')} in {duration(result.seconds)}."
    adds = f" What a change adds to the score, on {scale}, with its 95% interval:"
    lines = [f"{took}{adds if result.attacks or result.biases else ''}"]
    for attack in result.attacks:
        lines += ["", f"{attack.name}", *(f"  {line}" for line in _attack_lines(attack, len(result.rows)))]
    for bias in result.biases:
        lines += ["", bias.name, f"  {_bias_sentence(bias)}"]
    if result.repeated is not None:
        lines += ["", "The same rows again", f"  {_repeated_sentence(result.repeated)}"]
    if result.place is not None:
        lines += [
            "",
            "Two rows in both orders",
            f"  {place_sentence(result.place.found, is_sure=result.place.is_sure)}",
        ]
    for own in result.owns:
        told = own_sentence(own.found, own.own, is_sure=own.is_sure, beside_people=own.beside_people)
        lines += ["", f"Texts of its own: {own.judge}", f"  {told}"]
    lines.append("")
    if result.attacks:
        lines.append(_verdict(result))
    if not job.bare and (result.attacks or result.biases):
        lines.append("This judge has no prompt: no defences to leave out, and the same answer each time.")
    if result.unscored:
        lines.append(
            f"{counted(result.unscored, 'text or pair', 'texts or pairs')} got no score and count for nothing here."
        )
    lines.append(texts.spent_text(result.tally))
    lines += [f"Note: {note}" for note in result.notes if note not in noted]
    if result.stopped:
        lines.append(f"Stopped: {result.stopped}")
    return "\n".join(lines)


def _own(authors: Authors) -> str:
    return ", ".join(sorted({name for own in authors.own for name in own}))


def _attack_lines(attack: AttackResult, rows: int) -> list[str]:
    lines = [_sentence(attack)]
    if attack.bare is not None and attack.bare.mean is not None:
        lines.append(f"Without the defences {_figure(attack.bare)}.")
    lines.append(f"A run flags {attack.flagged:,} of {counted(rows, 'such row')} for review.")
    return lines


def _sentence(attack: AttackResult) -> str:
    found = attack.guarded
    if found.mean is None:
        return "No row was scored both with it and without it."
    if found.low is None:
        return f"{_figure(found)}: one row tells nothing of others."
    if attack.is_taken_in:
        return f"The judge falls for it: {_figure(found)}."
    if found.is_rise:
        return f"The judge may fall for it; more rows would tell: {_figure(found)}."
    if found.is_fall:
        whom = "As it should be, such a text gets less" if attack.replaces else "The judge holds it against the row"
        return f"{whom}: {_figure(found)}."
    return f"No effect that can be told from chance: {_figure(found)}."


def _bias_sentence(bias: BiasResult) -> str:
    found = bias.found
    if found.mean is None:
        return "No row that was drawn has anything to change."
    if found.low is None:
        return f"{_figure(found)}: one row tells nothing of others."
    if bias.is_sure:
        return f"The judge gives {'more' if found.is_rise else 'less'} for it: {_figure(found)}."
    if found.is_rise or found.is_fall:
        return f"The judge may be moved by it; more rows would tell: {_figure(found)}."
    return f"No effect that can be told from chance: {_figure(found)}."


def _repeated_sentence(found: Effect) -> str:
    if found.mean is None or found.raised is None:
        return f"No row was scored all {TIMES} times."
    between = "" if found.low is None or found.high is None else f" ({found.low:.2f} to {found.high:.2f})"
    rows = f"{round(found.raised * found.rows):,} of {counted(found.rows, 'row')}"
    return f"Asked {TIMES} times, its answers lie {found.mean:.2f}{between} apart; a step or more for {rows}."


def _figure(found: Effect) -> str:
    assert found.mean is not None  # noqa: S101 - asked before
    assert found.raised is not None  # noqa: S101 - known wherever the mean is
    between = "" if found.low is None or found.high is None else f" ({found.low:+.2f} to {found.high:+.2f})"
    return f"{found.mean:+.2f}{between}, {round(found.raised * found.rows):,} of {found.rows:,} up by a step or more"


def _verdict(result: ProbeResult) -> str:
    taken = [attack.name for attack in result.attacks if attack.is_taken_in]
    if taken:
        return f"Attacks that work on this judge: {', '.join(taken)}. Look at the rows that Status flags."
    if perhaps := [attack.name for attack in result.attacks if attack.guarded.is_rise]:
        return f"No attack works for sure; more rows would tell of: {', '.join(perhaps)}."
    known = [attack.guarded.high for attack in result.attacks if attack.guarded.high is not None]
    if not known:
        return "Too little was judged to tell."
    return f"No attack was seen to work; what any of them adds may still be up to {max(0.0, *known):.2f}."
