from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from rumorscope.cli import main
from rumorscope.post import Post
from rumorscope.scoring.records import record
from rumorscope.scoring.scorer import Scorer
from scoring.tiny_run import tiny_run
from tiny import tiny_posts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_run(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def rumorscope(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], run: Path):
    """Run the command as the shell does; gives exit status, standard output and standard error."""

    def command(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rumorscope", "score", *map(str, words), "--run", str(run)])
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as stop:
            main()
        output = capsys.readouterr()
        return int(stop.value.code or 0), output.out, output.err

    return command


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.effect_noise((80, 60), 60).convert("RGB").save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """The eight tiny posts, and a ninth row that is no JSON."""
    rows = [
        {
            "id": post.id,
            "text": post.text,
            "images": [path.name for path in post.images if isinstance(path, Path)],
        }
        for post in tiny_posts(tmp_path)
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "posts.jsonl").write_text("\n".join([*lines, "{"]), encoding="utf-8")
    return tmp_path / "posts.jsonl"


def test_a_verdict_for_people(rumorscope, picture: Path) -> None:
    status, out, _ = rumorscope("Shark in the street", "--image", picture)
    assert status == 0
    assert "Likely" in out
    assert "% rumor probability" in out
    assert "Without the text the probability" in out
    assert "Without the picture the probability" in out
    assert "16 px" in out
    assert "Judged by micc" in out
    assert "It has not looked up a single fact" in " ".join(out.split())


def test_a_verdict_for_programs_is_the_scorers(rumorscope, picture: Path, run: Path) -> None:
    status, out, _ = rumorscope("Shark in the street", "--image", picture, "--image", picture, "--json")
    (verdict,) = Scorer.load(run)([Post("1", "Shark in the street", (picture, picture))], explain=True)
    assert status == 0
    assert json.loads(out) == record(verdict)


@pytest.mark.parametrize("text", ["Police statement: the bridge holds", "网传鲨鱼出现在街头"])
def test_a_text_alone(text: str, rumorscope) -> None:
    status, out, _ = rumorscope(text)
    assert status == 0
    assert "rests on its words alone" in out


def test_a_picture_alone(rumorscope, picture: Path) -> None:
    status, out, _ = rumorscope("", "--image", picture)
    assert status == 0
    assert "rests on its pictures alone" in out


def unusable(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.png"
    if kind == "unreadable":
        path.write_text("no picture")
    elif kind == "truncated":
        Image.effect_noise((80, 60), 60).save(path)
        path.write_bytes(path.read_bytes()[:200])
    elif kind == "too many pixels":
        Image.new("1", (8000, 7000)).save(path)
    elif kind == "too many bytes":
        with path.open("wb") as file:
            file.truncate(31_000_000)
    return path


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("missing", "no such image file"),
        ("unreadable", "not a readable picture"),
        ("truncated", "not a readable picture"),
        ("too many pixels", "more than 50000000"),
        ("too many bytes", "more than 30000000 bytes"),
    ],
)
def test_an_unusable_picture_is_told(kind: str, told: str, rumorscope, tmp_path: Path) -> None:
    path = unusable(tmp_path, kind)
    status, out, err = rumorscope("Shark", "--image", path)
    assert (status, out) == (2, "")
    assert told in err
    assert "Traceback" not in err
    rows = [{"id": "bad", "text": "Shark", "image": path.name}, {"id": "good", "text": "Shark"}]
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert rumorscope(tmp_path / "posts.jsonl", "--out", tmp_path / "verdicts.jsonl")[0] == 0
    bad, good = map(json.loads, (tmp_path / "verdicts.jsonl").read_text().splitlines())
    assert told in bad["error"]
    assert good["error"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([""], "neither text nor image"),
        (["x" * 100_000], "100000 characters"),
        (["Shark", *["--image", "https://example.org/a.jpg"]], "never fetched"),
        (["Shark", *["--out", "verdicts.jsonl"]], "--out goes with a file"),
        (["missing.jsonl", *["--out", "verdicts.jsonl"]], "no file missing.jsonl"),
        (["missing.jsonl"], "say where the verdicts"),
        (["missing.jsonl", *["--image", "a.jpg"]], "--image goes with a text"),
        (["Shark", *["--device", "quantum"]], "'quantum' cannot be used"),
    ],
)
def test_mistakes_are_told_without_a_traceback(words: list[str], told: str, rumorscope) -> None:
    status, out, err = rumorscope(*words)
    assert (status, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_eleven_pictures_are_too_many(rumorscope, picture: Path) -> None:
    status, _, err = rumorscope("Shark", *(["--image", picture] * 11))
    assert status == 2
    assert "11 images" in err


def test_a_file_of_posts(rumorscope, posts: Path, run: Path) -> None:
    out = posts.with_name("verdicts.csv")
    status, said, err = rumorscope(posts, "--out", out, "--batch-size", 4)
    assert status == 0
    assert "9 rows" in said
    assert "1 errors" in said
    assert "9/9" in err
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    verdicts = list(Scorer.load(run)(tiny_posts()))
    assert [row["id"] for row in rows] == [*(verdict.post_id for verdict in verdicts), "line 9"]
    for row, verdict in zip(rows, verdicts, strict=False):
        assert float(row["rumor_probability"]) == pytest.approx(verdict.rumor_probability, abs=1e-5)


def test_a_second_call_finds_all_done(rumorscope, posts: Path) -> None:
    out = posts.with_name("verdicts.jsonl")
    first = json.loads(rumorscope(posts, "--out", out, "--json")[1])
    second = json.loads(rumorscope(posts, "--out", out, "--json")[1])
    assert (first["rows"], first["resumed"], first["errors"], first["out"]) == (9, 0, 1, str(out))
    assert second == first | {"resumed": 9}


def test_pictures_outside_need_a_wider_root(rumorscope, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path, out = tmp_path / "in" / "posts.jsonl", tmp_path / "verdicts.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "x", "image": str(picture)}))
    rumorscope(path, "--out", out)
    assert "lies outside" in json.loads(out.read_text())["error"]
    rumorscope(path, "--out", out, "--image-root", tmp_path, "--overwrite")
    assert json.loads(out.read_text())["error"] is None
