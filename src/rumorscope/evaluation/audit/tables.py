"""An audit for people: the sentence first, then what decides it, then what else was found."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rumorscope.evaluation.audit.record import Audit, Example, Overlap, Repeats, Trace
from rumorscope.evaluation.audit.verdict import is_giveaway, is_leak
from rumorscope.evaluation.bootstrap import Interval

_LONGEST = 36  # of a name in a table; pictures are often named by a hash of 64 characters
STYLES = {"trusted": "green", "with care": "yellow", "not trusted": "red", "no split": "yellow"}


def show(console: Console, audit: Audit) -> None:
    """Print all of an audit, the most important first."""
    console.print(escape(audit.sentence), style=f"bold {STYLES[audit.grade]}", highlight=False)
    for table in tables(audit):
        console.print(table)
    for note in audit.notes:
        console.print(f"• {note}", highlight=False)


def tables(audit: Audit) -> Iterator[Table]:
    """The tables of all that was found; none is empty."""
    if audit.lookups:
        yield lookup_table(audit)
    shared = [found for found in audit.overlaps if found.posts]
    if shared:
        yield overlap_table(shared)
    if audit.repeats:
        yield repeats_table(audit)
    if audit.traces:
        yield trace_table(audit)
    yield part_table(audit)


def lookup_table(audit: Audit) -> Table:
    """What memory alone scores, beside the majority class."""
    table = _table("looked up in the training posts, scored on test")
    for name in ("finds", "accuracy", "95% interval", "gain", "its interval", ""):
        table.add_column(name, justify="right")
    table.add_row("majority class", "", _number(audit.majority_accuracy), "", "", "", "", end_section=True)
    for lookup in audit.lookups:
        table.add_row(
            lookup.name,
            f"{lookup.covered:.1%}",
            _number(lookup.accuracy),
            _interval(lookup.interval),
            f"{lookup.gain:+.3f}",
            _interval(lookup.gain_interval, "+.3f"),
            "leaks" if is_leak(lookup) else "",
            style="red" if is_leak(lookup) else "",
        )
    return table


def overlap_table(shared: list[Overlap]) -> Table:
    """What stands in two parts; a post is counted once, however much it shares."""
    table = _table("stands in two parts")
    for name in ("posts", "share", "distinct"):
        table.add_column(name, justify="right")
    table.add_column("for example, with a post of each", overflow="fold")
    for found in sorted(shared, key=lambda found: not _decides(found)):
        table.add_row(
            f"{found.kind}\n{found.later} in {found.earlier}",
            f"{found.posts:,} of {found.of:,}",
            f"{found.share:.1%}",
            f"{found.items:,}",
            _examples(found.examples if _decides(found) else found.examples[:1]),
        )
    return table


def _decides(found: Overlap) -> bool:
    return (found.earlier, found.later) == ("train", "test")


def repeats_table(audit: Audit) -> Table:
    """What two or more posts have in common in all of the data, and whether their labels agree."""
    table = _table("repeats in all of the data")
    for name in ("distinct", "posts", "most", "with one label", "by chance"):
        table.add_column(name, justify="right")
    table.add_column("the most frequent, with two posts", overflow="fold")
    for found in audit.repeats:
        table.add_row(
            found.kind,
            f"{found.groups:,}",
            f"{found.posts:,}",
            f"{found.largest:,}",
            _of(found.constant, found),
            _of(found.expected, found),
            _examples(found.examples[:1]),
        )
    return table


def trace_table(audit: Audit) -> Table:
    """What tells the label without being content."""
    table = _table("does anything beside the content tell the label?")
    for name in ("judged", "items", "accuracy", "majority", "AUC", "surely over", ""):
        table.add_column(name, justify="right")
    for told in audit.traces:
        table.add_row(
            told.name,
            told.how,
            f"{told.items:,}",
            _number(told.accuracy),
            _number(told.majority_accuracy),
            _number(told.auc),
            _number(told.lowest_auc),
            _said(told),
            style="red" if is_giveaway(told) else "",
        )
    return table


def part_table(audit: Audit) -> Table:
    """The balance of the classes, and the times, of each part."""
    table = _table("parts", caption=_in_time(audit))
    for name in ("posts", "rumors", "non-rumors", "share of rumors", "pictures"):
        table.add_column(name, justify="right")
    table.add_column("written")
    periods = {period.part: period for period in audit.times.periods}
    for part in audit.parts:
        period = periods.get(part.name)
        numbers = (part.posts, part.rumors, part.non_rumors)
        table.add_row(
            part.name,
            *(f"{number:,}" for number in numbers),
            "–" if part.rumor_share is None else f"{part.rumor_share:.1%}",
            f"{part.pictures:,}",
            "" if period is None else f"{period.first:%Y-%m-%d} – {period.last:%Y-%m-%d}",
        )
    return table


def _table(title: str, caption: str | None = None) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left", caption=caption, pad_edge=False)
    table.caption_justify = "left"
    table.add_column("")
    return table


def _in_time(audit: Audit) -> str | None:
    inside, after = audit.times.inside, audit.times.after
    if inside is None or after is None:
        return None
    return f"{inside:.1%} of the test posts lie within the training posts' period, {after:.1%} after it"


def _said(told: Trace) -> str:
    if is_giveaway(told):
        return "gives it away"
    return "a little" if told.tells else "no"


def _of(count: float, found: Repeats) -> str:
    return f"{count / found.judged:.1%}" if found.judged else "–"


def _examples(examples: tuple[Example, ...]) -> str:
    return "\n".join(escape(f"{_short(example.what)}: {', '.join(example.ids)}") for example in examples)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(interval: Interval | None, form: str = ".3f") -> str:
    return "–" if interval is None else f"{interval.low:{form}} – {interval.high:{form}}"
