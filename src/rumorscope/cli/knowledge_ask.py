"""`rumorscope knowledge ask`: what a concept store knows of a term."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rumorscope.cli.knowledge import commands

if TYPE_CHECKING:
    from rich.table import Table

    from rumorscope.knowledge.linking import Link
    from rumorscope.knowledge.store import Known


@commands.command()
def ask(
    term: str = typer.Argument(help="A word or a phrase, as it stands in a text."),
    store: Path | None = typer.Option(None, help="The store's file; else where build puts it."),
    most: int = typer.Option(20, min=1, help="Show so many triples, the heaviest first."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object instead of a table."),
) -> None:
    """Show what is known of a term, as head and as tail, and how the term was found."""
    from rich.console import Console
    from rich.text import Text

    from rumorscope.knowledge.linking import links
    from rumorscope.knowledge.store import ConceptStore

    with ConceptStore(store) as opened:
        link = next(links(opened, term), None)
        known = opened.about(link.term, most) if link else ()
        count = opened.degree(f"{link.language}/{link.term}") if link else 0
    if as_json:
        typer.echo(json.dumps(_record(term, link, known, count), ensure_ascii=False, indent=2))
        return
    console = Console()
    if link is None:
        console.print(Text(f"nothing is known of “{term}”, nor of its last words"))
        return
    console.print(Text(f"“{term}” → {_how(link)}"))
    console.print(_table(known))
    console.print(f"{len(known)} of {count:,} triples")


def _how(link: Link) -> str:
    part = "" if link.whole else f", of which only “{link.phrase}” is known"
    return f"“{link.term}” ({link.language}), {link.match}{part}"


def _table(known: tuple[Known, ...]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE)
    for name in ("head", "relation", "tail"):
        table.add_column(name, overflow="fold")
    table.add_column("weight", justify="right", no_wrap=True)
    for one in known:
        triple = one.triple
        table.add_row(Text(triple.head), triple.relation, Text(triple.tail), f"{one.weight:.2f}")
    return table


def _record(term: str, link: Link | None, known: tuple[Known, ...], count: int) -> dict[str, object]:
    linked = link and {
        "phrase": link.phrase,
        "term": link.term,
        "language": link.language,
        "match": link.match.value,
        "whole": link.whole,
    }
    triples = [
        {
            "head": one.triple.head,
            "relation": one.triple.relation,
            "tail": one.triple.tail,
            "weight": one.weight,
            "languages": list(one.languages),
        }
        for one in known
    ]
    return {"asked": term, "link": linked, "triples": triples, "known_triples": count}
