"""PHEME: the figshare tree of threads, and the CSV form with its published split."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rumorscope.data.adapters import Dropped, Kept
from rumorscope.data.adapters.pheme import read, tweet_time
from rumorscope.post import Label, Post, Reply

TWEET = {
    "id_str": "552784898743099392",
    "text": "Shots fired",
    "lang": "en",
    "created_at": "Wed Jan 07 11:12:44 +0000 2015",
    "user": {"id_str": "5"},
}
TIME = datetime(2015, 1, 7, 11, 12, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "folder"),
    [
        ("all-rnr-annotated-threads/charliehebdo-all-rnr-threads", "source-tweets"),
        ("pheme-rnr-dataset/charliehebdo", "source-tweet"),
        ("charliehebdo", "source-tweet"),
    ],
)
def test_the_published_tree(published: Any, event: str, folder: str) -> None:
    thread = f"{event}/rumours/552784898743099392"
    published.json(f"{thread}/{folder}/552784898743099392.json", TWEET)
    published.text(f"{thread}/{folder}/._552784898743099392.json", "Mac OS X")
    published.json(f"{thread}/annotation.json", {"is_rumour": "rumour"})
    reply = {**TWEET, "id_str": "9", "text": "No", "in_reply_to_status_id_str": "552784898743099392"}
    published.json(f"{thread}/reactions/9.json", reply)
    published.text(f"{thread}/reactions/._9.json", "Mac OS X")
    published.json(f"{event}/non-rumours/7/{folder}/7.json", {**TWEET, "lang": "und"})
    published.text(f"{event}/non-rumours/8/{folder}/8.json", "{")
    published.json(f"{event}/non-rumours/9/structure.json", {})
    published.text(f"{event}/non-rumours/._7/x", "Mac OS X")
    published.pictures("images/7.jpg")
    rumor, other, broken, empty = read(published.folder)
    replies = (Reply("9", "No", "552784898743099392", TIME, "5"),)
    post = Post(
        "552784898743099392", "Shots fired", (), Label.RUMOR, "charliehebdo", TIME, "en", replies, "5"
    )
    assert rumor == Kept(post)
    assert isinstance(other, Kept)
    assert (other.post.label, other.post.language) == (Label.NON_RUMOR, None)
    assert other.images == (published / "images/7.jpg",)
    assert broken == Dropped("8", "its JSON is broken: JSONDecodeError")
    assert empty == Dropped("9", "it has no source tweet")


def test_the_csv_form(published: Any) -> None:
    published.text(
        "content.csv",
        "0,552784898743099392,Charlie Hebdo’s Last Tweet http://t.co/9,0",
        '1,524925987239120897,"Shots, ""fired""",1',
        "2,552786116404072448,label,1",
        "3,tweet,x,1",
        "4,552786116404072449,in no split,1",
    )
    published.text("pheme_train.csv", "text,img,label", "Charlie Hebdo’s Last Tweet,0,0", "gone,43,0")
    published.text("pheme_valid.csv", "text,img,label", "Shots,1,1", "label,2,0")
    published.pictures("pheme_images_jpg/1.jpg")
    first, second, conflict, malformed, unassigned, absent = read(published.folder)
    assert isinstance(first, Kept)
    assert (first.post.event, first.split, first.post.label) == ("charliehebdo", "train", Label.NON_RUMOR)
    assert first.missing_images == ("0.jpg",)
    assert isinstance(second, Kept)
    assert (second.post.event, second.split) == ("ottawashooting", "validation")
    assert second.post.text == 'Shots, "fired"'
    assert second.images == (published / "pheme_images_jpg/1.jpg",)
    assert conflict == Dropped("552786116404072448", "content.csv and the split disagree on its label")
    assert malformed == Dropped("3,tweet,x,1", "it is not: number, tweet id, text, label (0 or 1)")
    assert isinstance(unassigned, Kept)
    assert unassigned.split is None
    assert absent == Dropped("train row 43", "its number is not in content.csv, so its tweet is not known")


def test_a_tweets_time_is_in_its_id() -> None:
    assert tweet_time(552784898743099392).replace(microsecond=0) == TIME  # as its created_at says
