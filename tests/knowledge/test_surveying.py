"""Claims of many posts: each text once, and every text counted."""

from __future__ import annotations

import threading

from rumorscope.knowledge.extraction import NOTHING, Extraction, TripleExtractor
from rumorscope.knowledge.surveying import survey
from rumorscope.post import Post, Triple


class Scripted(TripleExtractor):
    """Claims as many things as the text has letters "a"; fails on "b"."""

    def __init__(self, texts_at_once: int) -> None:
        super().__init__()
        self.texts_at_once = texts_at_once
        self.threads: set[int] = set()
        self.together = threading.Barrier(texts_at_once)

    def _extract(self, text: str, language: str | None) -> Extraction:
        self.together.wait(20)  # passes only where so many are at work at once
        self.threads.add(threading.get_ident())
        triples = tuple(Triple(f"head {n}", "IsA", "tail") for n in range(text.count("a")))
        return Extraction((), "it failed") if "b" in text else Extraction(triples)


def test_each_text_is_read_once_and_all_are_counted() -> None:
    texts = ["aa", "aa", "", "b", "a", "ab", "c", "a"]
    posts = [Post(id=str(n), text=text) for n, text in enumerate(texts)]
    posts.append(Post(id="fr", text="aa", language="fr"))  # another language, another reading
    for at_once in (1, 7):
        extractor = Scripted(at_once)
        found = survey(posts, extractor)
        assert (found.posts, found.texts, found.with_triples, found.triples) == (9, 7, 3, 5)
        assert found.without == {NOTHING: 2, "it failed": 2}
        assert found.share_with_triples == 3 / 7
        assert found.triples_per_text == 5 / 7
        assert found.tokens_spent is None
        assert extractor.counts == {"texts": 7, NOTHING: 2, "it failed": 2}


def test_no_posts_are_no_error() -> None:
    found = survey([], Scripted(1))
    assert (found.texts, found.share_with_triples, found.triples_per_text) == (0, 0.0, 0.0)
