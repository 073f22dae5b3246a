"""`rumorscope data audit`: whether a split can be trusted, and what leaks through it."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from rumorscope.cli.data import _progress, commands


@commands.command()
def audit(
    folder: Path = typer.Argument(help="A folder with metadata.jsonl."),
    split_file: Path | None = typer.Option(None, help="Audit this split instead of the published one."),
    fold: str | None = typer.Option(None, help="The fold of the split file, where it has several."),
    json_file: Path | None = typer.Option(None, "--json", help="Write every finding to this JSON file."),
) -> None:
    """Say whether a split can be trusted: what test posts share with training posts, and what memory scores.

    Looks for pictures, texts, events and users that stand on both sides, exactly or nearly; scores looking
    up the training posts' labels by each of them; and tries whether ids, file names, forms of pictures or
    lengths of texts tell the label.
    """
    from rich.console import Console

    from rumorscope.data.manifest import load_manifest
    from rumorscope.data.split_file import read_split
    from rumorscope.errors import InputError
    from rumorscope.evaluation.audit import audit as audit_split
    from rumorscope.evaluation.audit.tables import show

    if fold is not None and split_file is None:
        raise InputError(f"--fold {fold} names a fold of a split file; give the file with --split-file")
    manifest = load_manifest(folder)
    if split_file is not None:
        manifest = read_split(split_file).apply(manifest, fold)
    found = audit_split(manifest, _progress("auditing"))
    show(Console(), found)
    if json_file is not None:
        json_file.write_text(
            json.dumps(found.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
