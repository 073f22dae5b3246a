from __future__ import annotations

import base64
import csv
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reporting.fabricated import answers, cell_result, comparison, sweep, write_features
from rumorscope.errors import InputError
from rumorscope.evaluation.audit import Audit
from rumorscope.evaluation.experiments.results import Failure, PostClusters, Results
from rumorscope.reporting.report import write_report

HOSTILE = "\"'><script>alert('x')</script><img src=x onerror=alert(1)> & [a](http://evil.example) | `b`"
VOID = {"meta", "link", "img", "br", "input", "hr"}


class Page(HTMLParser):
    """Every tag with its attributes, all text, and whether tags close in the order in which they open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    features = write_features(tmp_path_factory.mktemp("features") / "f", 120)
    return comparison(features=features)


@pytest.fixture(scope="module")
def folder(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(results, folder, pictures=False)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_the_page_is_whole_and_well_formed(page: Page) -> None:
    assert page.open == []
    for told in (
        "Six rows on two splits",
        "Leakage warning.",
        "✗ cannot be trusted",
        "✓ can be trusted",
        "Published figures",
        "no winner is named",
        "Each of 16 runs opened its test data once.",
        "rumorscope compare CONFIG",
        '"save_seconds": 120.0',
        "The worst mistakes",
        "Risk and coverage",
        "t-SNE",
    ):
        assert told in page.text, told


def test_the_page_shows_the_estimates(results: Results, page: Page, folder: Path) -> None:
    with (folder / "tables" / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    for row in rows:
        assert f"{float(row['accuracy']):.3f}" in page.text
        assert f"{float(row['auc_low']):.3f} – {float(row['auc_high']):.3f}" in page.text
    pooled = results.pooled("micc", "twitter-random")
    mean = (pooled.called == (pooled.labels == 1)).mean()
    [found] = [row for row in rows if (row["row"], row["data"]) == ("micc", "twitter-random")]
    assert float(found["accuracy"]) == pytest.approx(mean, abs=1e-12)


def test_markdown_and_csv_hold_the_same_numbers(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    with (folder / "tables" / "results.csv").open(encoding="utf-8", newline="") as file:
        last = {row["row"]: row for row in csv.DictReader(file) if row["data"] == "twitter-random"}
    results_part = text[text.rindex("Test posts: mean") :]
    shown = dict(re.findall(r"^\| (micc|majority|look-up) \| (0\.\d{3})", results_part, re.MULTILINE)[:3])
    assert {row: f"{float(last[row]['accuracy']):.3f}" for row in shown} == shown
    assert len(shown) == 3


def test_every_figure_and_table_says_what_it_is(page: Page) -> None:
    drawings = [svg for svg in page.all("svg") if "aria-hidden" not in svg]
    assert len(drawings) > 20
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in drawings)
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(head.get("scope") in ("row", "col") for head in page.all("th"))
    assert page.all("html") == [{"lang": "en"}]


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [
        attributes[key] for _, attributes in page.tags for key in ("aria-labelledby",) if key in attributes
    ]
    linked = [a["href"].removeprefix("#") for a in (*page.all("a"), *page.all("use"))]
    assert set(named + linked) <= set(ids)


def test_headings_skip_no_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_page_is_one_file_and_runs_nothing(folder: Path, page: Page) -> None:
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert not {"script", "link", "iframe", "object", "embed", "form", "img"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name in ("style", "src") for name in attributes)
        assert all("http" not in str(value) for value in attributes.values())
    style = html[html.index("<style>") + 7 : html.index("</style>")]
    assert "url(" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    [policy] = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv")]
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_the_page_is_small(folder: Path) -> None:
    assert (folder / "report.html").stat().st_size < 400_000


def test_the_same_results_give_the_same_bytes(results: Results, folder: Path, tmp_path: Path) -> None:
    write_report(results, tmp_path, pictures=False)
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for file in files:
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes(), file


def hostile() -> Results:
    made = answers(40, 1.0, seed=1)
    predictions = replace(made, events=(HOSTILE,) * 40, ids=tuple(f"{n} {HOSTILE}" for n in range(40)))
    cells = tuple(cell_result(row, HOSTILE, predictions) for row in (HOSTILE, f"other {HOSTILE}"))
    audit = Audit.from_dict({**comparison().audits["twitter-random"].as_dict(), "sentence": HOSTILE})
    clusters = PostClusters("none", {id: number for number, id in enumerate(predictions.ids)})
    failures = (Failure(replace(cells[0].cell, seed=1), HOSTILE),)
    return Results(
        HOSTILE, "compare", {"title": HOSTILE}, cells, {HOSTILE: audit}, {HOSTILE: clusters}, failures
    )


def test_nothing_that_others_wrote_is_markup(tmp_path: Path) -> None:
    write_report(hostile(), tmp_path, pictures=False)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "<img" not in html
    page = Page(html)
    assert page.open == []
    assert page.text.count(HOSTILE) > 10
    assert all("onerror" not in attributes for _, attributes in page.tags)
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    outside_code = [line for line in markdown.splitlines() if not line.startswith("    ")]
    assert not any("<" in line.replace("> **", "") for line in outside_code)
    with (tmp_path / "tables" / "results.csv").open(encoding="utf-8", newline="") as file:
        assert [row["row"] for row in csv.DictReader(file)] == [HOSTILE, f"other {HOSTILE}"]


def test_without_pictures_the_report_can_be_published(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"data:image" not in path.read_bytes()


def test_a_failed_cell_is_told(results: Results, tmp_path: Path) -> None:
    lost = results.cells[-1]
    failed = replace(results, cells=results.cells[:-1], failures=(Failure(lost.cell, "out of memory"),))
    write_report(failed, tmp_path, pictures=False)
    assert "micc, twitter-random, seed 2 failed: out of memory" in (tmp_path / "report.html").read_text()
    assert "failed: out of memory" in (tmp_path / "tables" / "cells.csv").read_text()


@pytest.mark.parametrize(
    "values",
    [{"top_k": [1, 2, 3]}, {"layers": [2, 3], "width": [64, 128]}, {"a": [1, 2], "b": [1, 2], "c": [1, 2]}],
)
def test_a_sweep_that_keeps_its_test_shut(values: dict[str, list[int]], tmp_path: Path) -> None:
    write_report(sweep(values), tmp_path, pictures=False)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert "The test data were never opened" in page.text
    assert "Chosen on validation posts" in page.text
    assert len(page.all("figure")) == (3 if len(values) < 3 else 0)
    with (tmp_path / "tables" / "sweep.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["chosen"] for row in rows].count("chosen") == 1
    assert float(rows[0]["validation_accuracy"]) == pytest.approx(0.705)
    assert {f"setting {key}" for key in values} <= rows[0].keys()
    assert not (tmp_path / "tables" / "results.csv").exists()


def test_without_a_finished_cell_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no cell of this experiment has finished"):
        write_report(replace(comparison(), cells=()), tmp_path)


def test_a_file_is_no_folder(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write the report"):
        write_report(sweep({"k": [1, 2]}), tmp_path / "file")
