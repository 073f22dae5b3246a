"""The report's summary in plain words: what was compared, what the data supports, what cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rumorscope.evaluation.clusters import FEW
from rumorscope.evaluation.experiments.results import Results
from rumorscope.evaluation.tables import readable
from rumorscope.reporting.sections import COMPARED, Section
from rumorscope.reporting.table import number, show

_WHAT = {"compare": "detectors are compared", "ablate": "variants of a detector are compared",
         "sweep": "settings of a detector are tried"}  # fmt: skip
_UNITS = {"none": "posts", "image": "sets of posts that share a picture", "event": "events"}


def summary(results: Results, sections: Sequence[Section]) -> str:
    """What was done and what came out of it, in one paragraph."""
    return " ".join(
        [_done(results), *(_outcome(section) for section in sections if section.rows), _opened(results)]
    )


def warnings(sections: Sequence[Section]) -> list[str]:
    """The splits whose figures say less than they seem to."""
    doubtful = [
        section
        for section in sections
        if section.audit and section.audit.grade in ("not trusted", "no split")
    ]
    return [f"{section.name}: {section.audit.sentence}" for section in doubtful if section.audit]


def facts(section: Section) -> str:
    """What the test posts are, and what the intervals rest on."""
    pooled = next(iter(section.rows.values()))
    clusters = pooled.clusters
    text = (
        f"{len(pooled.ids):,} test posts, {pooled.labels.mean():.1%} of them rumors. Intervals (95%) are "
        f"drawn over {clusters.count:,} {_UNITS[clusters.by]}, and over seeds where there are several."
    )
    return text + (
        f" With fewer than {FEW} of them, intervals come out too narrow." if clusters.count < FEW else ""
    )


def chosen(results: Results, data: str) -> str | None:
    """What a sweep chose for a data entry, and by what."""
    if data not in results.chosen:
        return None
    by = results.experiment.get("select_by")
    measure = f", by the mean {readable(by)}" if by else ""
    return f"Chosen on validation posts{measure}: {results.chosen[data]}."


def supported(section: Section) -> Iterator[str]:
    """For each metric that rows are compared by, whether a winner can be named."""
    for metric in COMPARED:
        leader = section.leading(metric)
        if leader is None or len(section.rows) < 2:
            continue
        mean = show(section.estimates[leader][metric].mean, "number")
        if winner := section.winners[metric]:
            yield f"{_begun(metric)}: {winner} wins with {mean}, beyond chance ahead of every other row."
        else:
            yield (
                f"{_begun(metric)}: {leader} has the highest mean, {mean}, but "
                f"{_near(section, metric, leader)}, so no winner is named."
            )


def _begun(metric: str) -> str:
    name = readable(metric)
    return name[0].upper() + name[1:]


def _near(section: Section, metric: str, leader: str) -> str:
    led = {name for one in section.differences[metric] if one.adjusted <= 0.05 for name in (one.a, one.b)
           if leader in (one.a, one.b)} - {leader}  # fmt: skip
    compared = {
        name for one in section.differences[metric] for name in (one.a, one.b) if leader in (one.a, one.b)
    }
    near = [name for name in section.rows if name not in led and name != leader and name in compared]
    if not near:
        return "not every row was compared with it"
    if len(near) > 4:
        return f"{len(near)} of the {len(section.rows) - 1} other rows lie within chance of it"
    return f"{_listed(near)} {'lies' if len(near) == 1 else 'lie'} within chance of it"


def _done(results: Results) -> str:
    seeds = len({cell.cell.seed for cell in results.cells if cell.cell.seeded})
    trained = f"each with {seeds} seeds" if seeds > 1 else "with a single seed" if seeds else ""
    unseeded = {cell.cell.row for cell in results.cells if not cell.cell.seeded}
    if seeds > 1 and unseeded:
        trained += ", or once where training does not depend on the seed"
    rows, data = results.row_names, results.data_names
    what = f"{len(rows)} {_WHAT[results.kind]} on {_listed(data)}"
    return f"{what}, {trained}." if trained else f"{what}."


def _outcome(section: Section) -> str:
    leader = section.leader
    if leader is None:
        return f"On {section.name} nothing can be ranked."
    mean = section.estimates[leader]["accuracy"].mean
    told = f"accuracy {number(mean)}" if mean is not None else "no accuracy"
    if section.winners["accuracy"]:
        text = f"On {section.name} {leader} wins ({told}), beyond chance ahead of every other row."
    elif len(section.rows) < 2:
        text = f"On {section.name} {leader} reaches {told}."
    else:
        text = f"On {section.name} no row is beyond chance ahead of all others; {leader} is highest ({told})."
    grade = section.audit.grade if section.audit else "trusted"
    return text + (" Its split cannot be trusted." if grade == "not trusted" else "")


def _opened(results: Results) -> str:
    opened = [cell for cell in results.cells if cell.predictions is not None]
    shut = len(results.cells) - len(opened)
    if not opened:
        return "The test data were never opened: settings are compared on validation posts alone."
    counted = [cell.openings for cell in opened if cell.openings is not None]
    if len(counted) < len(opened):
        unknown = len(opened) - len(counted)
        times = f"How often {unknown} of {len(opened)} runs opened their test data is not known."
    elif min(counted) == max(counted):
        times = f"Each of {len(opened)} runs opened its test data {_times(max(counted))}."
    else:
        times = f"{len(opened)} runs opened their test data, one of them {_times(max(counted))}."
    return times + (f" {shut} runs kept theirs shut." if shut else "")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
