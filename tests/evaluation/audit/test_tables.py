"""An audit as it is printed: the sentence first, and markup in foreign names left as it is."""

from __future__ import annotations

from rich.console import Console

from evaluation.audit.test_record import AUDIT
from rumorscope.evaluation.audit.record import Audit, Example, Lookup, Overlap, Times, Trace
from rumorscope.evaluation.audit.tables import show
from rumorscope.evaluation.bootstrap import Interval


def printed(audit: Audit) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        show(console, audit)
    return capture.get()


def test_the_sentence_comes_first_and_the_notes_last() -> None:
    text = printed(AUDIT)
    assert text.startswith("Do not trust this split: …\n")
    assert text.rstrip().endswith("• no post names its user")


def test_the_tables_come_in_the_order_of_their_weight() -> None:
    text = printed(AUDIT)
    titles = ["looked up in", "stands in two parts", "repeats in all", "does anything beside", "\nparts "]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_numbers_and_what_is_not_known() -> None:
    text = printed(AUDIT)
    assert "0.980 – 1.000" in text
    assert "+0.418" in text
    assert "5 of 20" in text
    assert "2014" not in text
    assert "2015-01-07 – 2015-03-01" in text


def test_names_are_shown_as_they_are_and_cut_short() -> None:
    examples = (Example("[red]not markup[/]", ("[1]", "2")), Example("f" * 64 + ".jpg", ("3", "4")))
    found = Overlap("picture", "train", "test", 2, 4, 2, examples)
    text = printed(Audit("[b]", "trusted", (), None, (), (found,), (), Times((), None, None), (), ()))
    assert text.startswith("[b]")
    assert "[red]not markup[/]: [1], 2" in text
    assert "fff…: 3, 4" in text


def test_leaks_and_giveaways_are_named() -> None:
    leak = Lookup("picture", 0.99, 0.994, Interval(0.98, 1), 0.418, Interval(0.3, 0.5))
    told = Trace("post id", "train to test", 99, 0.9, 0.5, 0.95, 0.9, tells=True)
    text = printed(
        Audit("", "not trusted", (), 0.576, (leak,), (), (), Times((), 0.25, 0.5), (told,), ()),
    )
    assert "leaks" in text
    assert "gives it away" in text
    said = "25.0% of the test posts lie within the training posts' period, 50.0% after it"
    assert said in " ".join(text.split())
