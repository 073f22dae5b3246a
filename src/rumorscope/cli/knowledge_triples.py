"""`rumorscope knowledge triples`: what a text claims, or what the posts of a folder do."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rumorscope.cli.knowledge import commands

if TYPE_CHECKING:
    from rich.console import RenderableType

    from rumorscope.knowledge.extraction import Extraction, TripleExtractor
    from rumorscope.knowledge.surveying import Survey


class Kind(StrEnum):
    """The extractors."""

    RULES = "rules"
    SPACY = "spacy"
    ENDPOINT = "endpoint"


@commands.command()
def triples(
    source: str = typer.Argument(help="A text, or a folder with metadata.jsonl."),
    extractor: Kind = typer.Option(Kind.RULES, help="How claims are taken out of texts."),
    model: str | None = typer.Option(None, help="The spaCy pipeline, or the endpoint's model."),
    most: int = typer.Option(8, min=1, max=32, help="Triples of a text."),
    split: str | None = typer.Option(None, help="Of a folder, the posts of this split alone."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object instead of a table."),
) -> None:
    """Show the triples that a text claims.

    Of a folder, each distinct text is read once, and how many claim anything is counted, with the reasons of
    all that failed. An endpoint's answers are kept, so that training asks for none of them, and a run that
    was stopped goes on where it stood.
    """
    from rumorscope.errors import InputError
    from rumorscope.knowledge.extraction import ExtractorConfig, build_extractor

    built = build_extractor(ExtractorConfig(kind=extractor.value, model=model, most_triples=most))
    if _is_folder(source):
        survey = _surveyed(Path(source), split, built)
        _print(as_json, survey.as_dict(), _counted(survey))
        return
    if split is not None:
        raise InputError(f"--split {split} is of a folder's posts, and {source!r} is no folder")
    found = built.extract(source)
    _print(as_json, _record(source, found), _claimed(found))


def _is_folder(source: str) -> bool:
    try:
        return Path(source).is_dir()
    except (OSError, ValueError):  # too long a name for a file, or one that no file can have
        return False


def _surveyed(folder: Path, split: str | None, extractor: TripleExtractor) -> Survey:
    from rumorscope.cli.data import _progress
    from rumorscope.data.manifest import load_manifest
    from rumorscope.knowledge.surveying import survey

    manifest = load_manifest(folder)
    posts = manifest.posts if split is None else manifest.split(split)
    return survey(posts, extractor, _progress("extracting"))


def _print(as_json: bool, record: dict[str, Any], shown: RenderableType) -> None:
    from rich.console import Console

    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False, indent=2))
    else:
        Console().print(shown)


def _record(text: str, found: Extraction) -> dict[str, Any]:
    rows = [{"head": t.head, "relation": t.relation, "tail": t.tail} for t in found.triples]
    return {"text": text, "triples": rows, "failure": found.failure}


def _claimed(found: Extraction) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from rumorscope.knowledge.extraction import NOTHING

    if not found.triples:
        return Text(found.failure or NOTHING)
    table = Table(box=box.SIMPLE)
    for name in ("head", "relation", "tail"):
        table.add_column(name, overflow="fold")
    for one in found.triples:
        table.add_row(Text(one.head), Text(one.relation), Text(one.tail))
    return table


def _counted(survey: Survey) -> RenderableType:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(f"{survey.posts:,}", "posts")
    table.add_row(f"{survey.texts:,}", "distinct texts")
    table.add_row(f"{survey.with_triples:,}", f"with a triple ({survey.share_with_triples:.1%})")
    for reason, count in survey.without.items():
        table.add_row(f"{count:,}", reason)
    table.add_row(f"{survey.triples:,}", f"triples ({survey.triples_per_text:.2f} a text)")
    table.add_row(f"{survey.texts_per_second:,.0f}", "texts a second")
    if survey.tokens_spent is not None:
        table.add_row(f"{survey.tokens_spent:,}", "tokens spent, by all runs that share the cache")
    return table
