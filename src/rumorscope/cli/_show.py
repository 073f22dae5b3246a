"""A verdict on the terminal, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rumorscope.data.images import read_image
from rumorscope.explanation import words
from rumorscope.post import Claim, Label, ManipulationMap, Post, Verdict

_BAR_WIDTH = 40


def show_verdict(console: Console, post: Post, verdict: Verdict) -> None:
    """Print a verdict that is no error: probability, label, what it rests on, and what the number means."""
    parts: list[RenderableType] = [
        Text(words.judgment(verdict), style=f"bold {style_of(verdict)}"),
        bar(verdict),
    ]
    if verdict.abstained is not None:
        parts.append(Text(f"The detector does not decide: {verdict.abstained}. A person should."))
    if verdict.warning is not None:
        parts.append(Text(f"Careful: {verdict.warning}.", style="yellow"))
    if verdict.missing:
        parts.append(Text(f"Not given to the detector: {'; '.join(verdict.missing)}.", style="dim"))
    parts += [Text(""), *(Text(f"• {reason}") for reason in words.reasons(post, verdict))]
    if verdict.evidence is not None and verdict.evidence.regions:
        parts += [Text(""), _regions(post, verdict)]
        parts.append(Text(words.faithfulness(verdict) or "", style="dim"))
    if verdict.evidence is not None and verdict.evidence.claims:
        parts += [Text(""), _claims(verdict.evidence.claims)]
    if modes := words.failure_modes(verdict):
        parts += [Text(""), _failure_modes(modes), Text(words.rests_on(verdict) or "")]
    if verdict.evidence is not None and verdict.evidence.manipulation:
        parts += [Text(""), *_manipulation(post, verdict.evidence.manipulation)]
    first, _, last = words.caveats(verdict)
    caveat = f"{first} {last}"
    maker = f"Judged by {verdict.detector}, checkpoint {verdict.checkpoint}."
    parts += [Text(""), Text(caveat, style="dim"), Text(maker, style="dim")]
    console.print(Padding(Group(*parts), (1, 2)))


def style_of(verdict: Verdict) -> str:
    """The color of a judgment; orange and blue look different to everyone."""
    if verdict.abstained is not None:
        return "yellow"
    return "dark_orange" if verdict.label is Label.RUMOR else "dodger_blue2"


def bar(verdict: Verdict, width: int = _BAR_WIDTH) -> RenderableType:
    """The probability as a bar and in percent."""
    probability = verdict.rumor_probability or 0.0
    style = style_of(verdict)
    row = Table.grid(padding=(0, 1))
    row.add_row(
        ProgressBar(
            total=1.0, completed=probability, width=width, complete_style=style, finished_style=style
        ),
        Text(words.percent(probability), style="bold"),
        Text("rumor probability", style="dim") if width == _BAR_WIDTH else "",
    )
    return row


def _claims(claims: Sequence[Claim]) -> Table:
    table = Table("the text claims", "known", "deviation", "weight", box=None, header_style="dim")
    table.padding = (0, 2, 0, 0)
    for claim in claims:
        known = words.sentence(claim.known) if claim.known else words.deviation(claim)
        distance = "" if claim.deviation is None else f"{claim.deviation:.2f}"
        weight = words.percent(claim.weight) if claim.known else ""
        table.add_row(escape(words.sentence(claim.triple)), escape(known), distance, weight)
    return table


def _failure_modes(modes: Sequence[words.Absence]) -> Table:
    table = Table("if", "probability", "change", box=None, header_style="dim")
    table.padding = (0, 2, 0, 0)
    for mode in modes:
        table.add_row(mode.what, words.percent(mode.probability), words.points(mode.change))
    return table


def _manipulation(post: Post, maps: Sequence[ManipulationMap]) -> Iterator[Text]:
    for found in maps:
        which = f"Picture {found.image + 1}: " if len(post.images) > 1 else ""
        yield Text(f"{which}{words.manipulation(found)}")


def _regions(post: Post, verdict: Verdict) -> Table:
    assert verdict.evidence is not None
    sizes = [read_image(source).size for source in post.images]
    table = Table(
        "region", "where", "scale", "weight", "relevance", "without it", box=None, header_style="dim"
    )
    table.padding = (0, 2, 0, 0)
    for number, region in enumerate(verdict.evidence.regions, start=1):
        where = words.place(region, sizes[region.image])
        without = region.probability_without
        table.add_row(
            str(number),
            where if len(sizes) == 1 else f"{where} of picture {region.image + 1}",
            f"{region.scale} px",
            words.percent(region.weight),
            f"{region.relevance:.2f}",
            "" if without is None else words.percent(without),
        )
    return table
