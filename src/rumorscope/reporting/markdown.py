"""The report as Markdown: its sentences and tables, without drawings and without the posts of others."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rumorscope.reporting.content import DataReport, Report
from rumorscope.reporting.table import Table, as_markdown, markdown_text


def render_markdown(report: Report) -> str:
    """The whole report; what stems from data or names is escaped."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from (f"# {markdown_text(report.title)}", "", markdown_text(report.summary), "")
    for warning in report.warnings:
        yield from (f"> **Leakage warning.** {markdown_text(warning)}", "")
    for data in report.data:
        yield from _data(data)
    if report.published:
        yield from ("## Published figures, for reference", "")
    for published in report.published:
        yield from _table(published.table)
        yield from (f"Source: {markdown_text(published.source)}. Why these may not be comparable:", "")
        yield from (*(f"- {markdown_text(caution)}" for caution in published.cautions), "")
    yield from ("## How it was made", "", f"`{report.command}`, with", "")
    experiment = json.dumps(report.experiment, indent=1, ensure_ascii=False)
    yield from (*(f"    {line}" for line in experiment.splitlines()), "")
    yield from (", ".join(f"{name} {version}" for name, version in report.versions.items()), "")
    yield from _table(report.cells)


def _data(data: DataReport) -> Iterator[str]:
    section, audit = data.section, data.section.audit
    yield from (f"## {markdown_text(section.name)}", "")
    if audit is not None:
        yield from (f"Audit of the split: **{audit.grade}**. {markdown_text(audit.sentence)}", "")
    for sentence in (
        *filter(None, [data.facts]),
        *filter(None, [data.chosen]),
        *data.supported,
        *section.troubles,
    ):
        yield from (markdown_text(sentence), "")
    compared = data.against if len(section.rows) > 2 else data.differences
    shown = (data.results, *compared, data.sweep, data.lookups, data.overlaps, data.confusion, data.events)
    for table in (*shown, data.mistakes.table if data.mistakes else None):
        if table is not None:
            yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield from (as_markdown(table), "")
