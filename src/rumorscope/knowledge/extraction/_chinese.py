"""Chinese: clauses at their punctuation, and the words that join two things in one."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from rumorscope.post import Triple

_LONGEST = 10  # characters of a thing that are kept: the last of the first one, the first of the second
_CLAUSE = regex.compile(r"[，。！？；：、,.!?;:…“”\"'‘’《》〈〉【】（）()\[\]|~—\n]+")
_OPENINGS = (
    "网传 据说 据悉 听说 震惊 快看 紧急 注意 今天 昨天 昨晚 今晚 目前 现在 近日 日前 刚刚 其实 原来 "
    "如果 因为 所以 但是 而且 不过 然而 并且 同时"
)
_MEASURES = "一种 一个 一只 一名 一位 一张 一条 一部 一些 这个 这种 这是 那个 那种"
_PARTICLES = "了 着 过 的 就 都 也 还 又 已经 已 正在 正 不断 并"
_FINALS = "了 着 过 的 吗 呢 吧 啊 就 都 也 还 又 已经 已 正在 正 并"


def _any(words: str) -> str:
    return "(?:" + "|".join(words.split()) + ")+"


_TOPIC = regex.compile(f"^{_any(_OPENINGS)}")
_TRIM = regex.compile(f"^{_any(f'{_MEASURES} {_PARTICLES}')}|{_any(_FINALS)}$")
_PATTERNS = (
    ("NotIsA", regex.compile(r"^(.+?)(?:不是|并非)(.+)$")),
    ("IsA", regex.compile(r"^(.+?)(?:是一种|是一个|就是|属于|是)(.+)$")),
    ("PassiveOf", regex.compile(r"^(.+?)(?:被|遭|遭到)(.+)$")),
    ("NotHasA", regex.compile(r"^(.+?)没有(.+)$")),
    ("NotCapableOf", regex.compile(r"^(.+?)(?:不能|不会|无法)(.+)$")),
    ("CapableOf", regex.compile(r"^(.+?)(?:能够|可以|能|会)(.+)$")),
    ("Causes", regex.compile(r"^(.+?)(?:导致|引起|造成|引发)(.+)$")),
    ("UsedFor", regex.compile(r"^(.+?)(?:用于|用来)(.+)$")),
    ("AtLocation", regex.compile(r"^(.+?)(?:现身于|出现在|发生在|位于|住在|在)(.+?)(?:上|里|中|内|附近)?$")),
    ("AtLocation", regex.compile(r"^()在(.+?)(?:上|里|中|内)(.+)$")),
    ("HasA", regex.compile(r"^(.+?)(?:拥有|含有|包含|有)(.+)$")),
)
_BY = regex.compile(r"^(.{1,6}?)(拍摄|拍到|吃掉|咬|打|杀|撞|抓|炸|淹|烧|骗|偷)(.*)$")


def triples(text: str) -> Iterator[Triple]:
    """The claims of a text, in its order: one a clause."""
    for clause in _CLAUSE.split(text):
        yield from _claim(_TOPIC.sub("", "".join(clause.split())))


def _claim(clause: str) -> Iterator[Triple]:
    for relation, pattern in _PATTERNS:
        found = pattern.match(clause)
        if found is None or len(found.groups()) != 2:
            continue
        first, second = _thing(found[1])[-_LONGEST:], _thing(found[2])
        if not (first and second):
            continue
        if relation == "PassiveOf":
            yield _passive(first, second)
        else:
            yield Triple(first, relation, second[:_LONGEST])
        return


def _passive(thing: str, rest: str) -> Triple:
    """What was done to the thing: by someone, where a verb follows the one who did it."""
    if (by := _BY.match(rest)) is not None:
        return Triple(by[1], by[2], thing)
    return Triple(thing, "ReceivesAction", rest[:_LONGEST])


def _thing(text: str) -> str:
    before = ""
    while before != text:
        before, text = text, _TRIM.sub("", text)
    return text
