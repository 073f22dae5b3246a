"""What `compare`, `ablate` and `sweep` share: their options, the progress, and what they print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from rumorscope.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from rumorscope.data.parallel import Progress
    from rumorscope.evaluation.experiments.config import DataEntry, ExperimentConfig
    from rumorscope.evaluation.experiments.results import Kind, Results

ProtocolName = Literal["published", "random", "stratified", "event", "time", "image", "leave_one_event_out"]

To = Annotated[
    Path | None,
    typer.Option("--to", help="The experiment's folder.  [default: experiments/<name of the file>]"),
]
Cache = Annotated[
    Path | None,
    typer.Option(help="Where finished cells are kept, for all experiments.  [default: .cache beside --to]"),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Cells computed at once, on one core each; 1 gives a cell all cores.  "
        "[default: what cores and free memory carry]",
    ),
]
Seeds = Annotated[int | None, typer.Option(min=1, help="How many seeds, from 0 on, in place of the file's.")]
Set = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="[ROW:]KEY=VALUE",
        help="Change a key of every run that has it, or of one row; repeatable.",
    ),
]
Tower = Annotated[
    list[str],
    typer.Option(
        "--tower",
        metavar="NAME=FOLDER",
        help="Take the tower that runs name so from a folder, as without a network; repeatable.",
    ),
]
KeepCheckpoints = Annotated[
    bool, typer.Option("--keep-checkpoints", help="Keep the weights of every seed, not of the first alone.")
]
Pictures = Annotated[
    bool, typer.Option(help="Show posts' pictures in the report; leave them out of one that you publish.")
]
Data = Annotated[
    list[Path], typer.Option(help="For run files: a folder with posts, in place of theirs; repeatable.")
]
Captions = Annotated[list[Path], typer.Option(help="For run files: a folder with caption pairs; repeatable.")]
Split = Annotated[Path | None, typer.Option(help="For run files: a file of `rumorscope data split`.")]
Protocol = Annotated[ProtocolName, typer.Option(help="For run files: how --data is divided.")]
Ratios = Annotated[str, typer.Option(help="For run files: train:validation:test.")]
Folds = Annotated[int, typer.Option(min=1, help="For run files: in how many folds --data is divided.")]


@dataclass(frozen=True)
class Options:
    """How an experiment is run."""

    to: Path | None
    cache: Path | None
    jobs: int | None
    seeds: int | None
    changes: Sequence[str]
    towers: Sequence[str]
    keep_checkpoints: bool
    pictures: bool
    open_test: Literal["chosen", "every"] = "chosen"


def data_entry(
    folders: Sequence[Path],
    captions: Sequence[Path],
    protocol: ProtocolName,
    split: Path | None,
    ratios: str,
    folds: int,
) -> DataEntry | None:
    """The data that the command line names; None where it names none."""
    from rumorscope.evaluation.experiments.adhoc import data_name
    from rumorscope.evaluation.experiments.config import DataEntry

    if not folders:
        if captions or split or folds != 1 or protocol != get_args(ProtocolName)[0]:
            raise InputError("--captions, --protocol, --split and --folds are about --data; give that too")
        return None
    values = {
        "name": data_name(folders, split.stem if split else protocol),
        "folders": list(folders),
        "captions": list(captions),
        "protocol": protocol,
        "split": split,
        "ratios": ratios,
        "folds": folds,
    }
    return DataEntry.parse(values, where="--data")


def run(kind: Kind, config: ExperimentConfig, stem: str, options: Options) -> None:
    """Compute an experiment, print its tables and write its report; exit status 2 where a cell failed."""
    from rich.console import Console

    from rumorscope.cli._experiment_tables import show
    from rumorscope.reporting.report import write_report

    if options.seeds is not None:
        config = config.model_copy(update={"seeds": tuple(range(options.seeds))})
    folder = options.to or Path("experiments") / stem
    console = Console()
    results = _compute(kind, config, folder, options, Console(stderr=True))
    show(console, results)
    with Console(stderr=True).status("writing the report"):
        write_report(results, folder, pictures=options.pictures)
    console.print(f"the report is {folder / 'report.html'}", highlight=False, soft_wrap=True)
    if results.failures:
        total = len(results.cells) + len(results.failures)
        raise InputError(
            f"{len(results.failures)} of {total} cells failed (see above); the same command tries them again"
        )


def _compute(
    kind: Kind, config: ExperimentConfig, folder: Path, options: Options, console: Console
) -> Results:
    from rumorscope.cli._experiment_progress import CellProgress
    from rumorscope.evaluation.experiments.experiment import Limits, audit_columns, plan_experiment, run_plan
    from rumorscope.evaluation.experiments.rows import Changes

    cache = options.cache or folder.parent / ".cache"
    limits = Limits(options.jobs, options.keep_checkpoints, options.open_test)
    changes = Changes(tuple(options.changes), dict(_tower(text) for text in options.towers))
    reading = _progress(console)
    plan = plan_experiment(kind, config, folder, cache, changes=changes, limits=limits, progress=reading)
    audits = audit_columns(plan, cache, reading)
    try:
        with CellProgress(console) as watcher:
            return run_plan(plan, folder, watcher, limits=limits, audits=audits)
    except KeyboardInterrupt:
        console.print("stopped; what is finished is kept, and the same command goes on")
        raise


def _progress(console: Console) -> Progress:
    def shown(names: Iterable[str], total: int) -> Iterator[str]:
        from rich.progress import track

        yield from track(names, "reading the data", total, console=console, transient=True, disable=not total)

    return shown


def _tower(text: str) -> tuple[str, str]:
    name, equals, folder = text.partition("=")
    if not equals or not name or not folder:
        raise InputError(f"--tower {text!r}; write NAME=FOLDER")
    return name, folder
