from __future__ import annotations

from dataclasses import replace

from reporting.fabricated import comparison, sweep
from rumorscope.evaluation.experiments.results import Results
from rumorscope.reporting.sections import Section, read_section
from rumorscope.reporting.sentences import chosen, facts, summary, supported, warnings

FAR_APART = {"guess": 0.05, "good": 0.5, "best": 3.0}
NEAR = {"one": 0.9, "other": 0.95}


def sections(results: Results) -> list[Section]:
    return [read_section(results, name, number) for number, name in enumerate(results.data_names, 1)]


def test_a_winner_is_named_only_where_the_data_supports_it() -> None:
    clear = comparison(rows=FAR_APART, data=("twitter",))
    assert "On twitter best wins (accuracy" in summary(clear, sections(clear))
    assert "best wins with" in next(supported(*sections(clear)))
    close = comparison(rows=NEAR, data=("twitter",))
    told = summary(close, sections(close))
    assert "wins" not in told
    assert "no row is beyond chance ahead of all others" in told
    assert "lies within chance of it, so no winner is named" in next(supported(*sections(close)))


def test_a_split_that_leaks_is_told_first() -> None:
    results = comparison(rows=NEAR)
    found = sections(results)
    assert warnings(found) == [
        "twitter-random: The split cannot be trusted: looking pictures up scores 0.994, the majority 0.576."
    ]
    assert summary(results, found).count("Its split cannot be trusted.") == 1


def test_how_often_the_test_was_opened() -> None:
    results = comparison(rows=NEAR, data=("twitter",), seeds=(0, 1))
    assert "Each of 4 runs opened its test data once." in summary(results, [])
    cells = (replace(results.cells[0], openings=3), *results.cells[1:])
    assert "4 runs opened their test data, one of them 3 times." in summary(replace(results, cells=cells), [])
    unknown = (replace(results.cells[0], openings=None), *results.cells[1:])
    assert "How often 1 of 4 runs opened" in summary(replace(results, cells=unknown), [])


def test_an_unopened_test_is_told() -> None:
    results = sweep({"detector.top_k": [1, 2]})
    assert summary(results, sections(results)) == (
        "2 settings of a detector are tried on pheme, each with 2 seeds. The test data were never opened: "
        "settings are compared on validation posts alone."
    )
    assert chosen(results, "pheme") == "Chosen on validation posts: top_k=2."
    assert chosen(results, "other") is None


def test_what_the_intervals_rest_on() -> None:
    [found] = sections(comparison(rows=NEAR, data=("twitter",)))
    assert facts(found).startswith("120 test posts, ")
    assert "drawn over 40 sets of posts that share a picture" in facts(found)
    assert "too narrow" not in facts(found)
    [few] = sections(comparison(rows=NEAR, data=("twitter",), posts=30))
    assert "intervals come out too narrow" in facts(few)
