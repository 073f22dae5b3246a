"""The report of an experiment: `report.html`, `report.md`, and a CSV file for each kind of table."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.results import Results
from rumorscope.reporting.content import Report, read_report
from rumorscope.reporting.markdown import render_markdown
from rumorscope.reporting.page import render_page
from rumorscope.reporting.table import Table, write_csv
from rumorscope.training.files import write_text_whole

PAGE, MARKDOWN, TABLES = "report.html", "report.md", "tables"


def write_report(results: Results, folder: Path, *, pictures: bool = True) -> None:
    """Write the report into `folder`, replacing an earlier one; the same results give the same bytes.

    With `pictures`, the worst mistakes are shown with their text, pictures and evidence, for which the posts
    and the first seed's checkpoint are read again. Without, nothing that others wrote is in the report but
    ids and names of events, and it can be published. Raises InputError where nothing was finished or the
    folder cannot be written.
    """
    if not results.cells:
        raise InputError(
            "no cell of this experiment has finished, so there is nothing to report; run it again"
        )
    report = read_report(results, pictures=pictures)
    try:
        (folder / TABLES).mkdir(parents=True, exist_ok=True)
        write_text_whole(folder / PAGE, render_page(report))
        write_text_whole(folder / MARKDOWN, render_markdown(report))
        _write_tables(report, folder / TABLES)
    except OSError as error:
        raise InputError(f"cannot write the report into {folder}: {error.strerror}") from error


def _write_tables(report: Report, folder: Path) -> None:
    by_name: dict[str, list[tuple[str, Table]]] = defaultdict(list)
    for data in report.data:
        for table in data.tables:
            by_name[table.name].append((data.section.name, table))
    for published in report.published:
        by_name[published.table.name].append((published.dataset, published.table))
    by_name[report.cells.name].append(("", report.cells))
    for name, tables in by_name.items():
        write_csv(folder / f"{name}.csv", tables)
