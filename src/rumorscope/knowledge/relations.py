"""Free phrases for relations → ConceptNet's names of them, by a small table."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import regex

_PHRASES = {
    "IsA": "is, is kind of, is type of, is sort of, is example of, is form of, 是, 是一种, 是一个, 属于",
    "InstanceOf": "is instance of",
    "PartOf": "part of, is in part, belongs to, member of, component of, piece of, 组成部分, 的一部分",
    "HasA": "has, contains, includes, consists of, possesses, owns, 有, 拥有, 包含, 包括, 具有",
    "AtLocation": "at, in, on, inside, located in, located at, located on, situated in, found in, found at, "
    "found on, lives in, stands in, stays in, resides in, based in, 在, 位于, 坐落于, 住在",
    "LocatedNear": "near, next to, close to, beside, located near, 靠近, 在附近",
    "UsedFor": "used for, used to, used as, serves as, serves for, 用于, 用来, 用作",
    "CapableOf": "can, able to, capable of, could, 能, 能够, 可以, 会",
    "Causes": "causes, leads to, results in, brings about, produces, triggers, 导致, 引起, 造成, 引发",
    "CausesDesire": "makes want, makes you want",
    "Desires": "wants, wants to, desires, wishes, wishes for, wishes to, 想, 想要, 希望",
    "HasProperty": "has property, described as, known for, has characteristic, 具有特征",
    "HasPrerequisite": "requires, needs, depends on, has prerequisite, 需要, 要求",
    "HasSubevent": "involves, has subevent",
    "MotivatedByGoal": "motivated by, done because of, motivated by goal",
    "MadeOf": "made of, made from, made out of, built of, built from, composed of, 由制成, 制成",
    "CreatedBy": "created by, made by, invented by, written by, built by, produced by, designed by, "
    "painted by, 由创造, 发明",
    "ReceivesAction": "receives action",
    "DefinedAs": "means, defined as, 定义为, 意思是",
    "SymbolOf": "symbolizes, symbolises, symbol of, stands for, represents, 象征, 代表",
    "Synonym": "same as, synonym of, known as, called, also known as, also called, 又称, 也叫",
    "Antonym": "opposite of, antonym of, 相反",
    "DistinctFrom": "different from, distinct from, differs from, 不同于",
    "SimilarTo": "like, similar to, resembles, looks like, 类似, 像",
    "RelatedTo": "related to, relates to, associated with, connected to, about, 有关, 相关",
    "DerivedFrom": "derived from, comes from, originates from, 源于, 来自",
    "MannerOf": "way of, manner of",
    "NotIsA": "is not, 不是",
    "NotHasA": "has not, has no, does not have, doesn't have, lacks, 没有",
    "NotCapableOf": "cannot, can not, can't, unable to, not able to, not capable of, 不能, 无法, 不会",
    "NotDesires": "does not want, does not want to, doesn't want, doesn't want to, 不想",
}
_PLAIN = (
    dict.fromkeys(["be", "am", "are", "was", "were", "been", "being", "'s"], "is")
    | dict.fromkeys(["isn't", "wasn't", "aren't", "weren't"], "is not")
    | dict.fromkeys(["have", "had", "having"], "has")
)
_ARTICLES = {"a", "an", "the"}
_CAMEL = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})")


def link_relation(phrase: str, relations: Collection[str]) -> str:
    """ConceptNet's name for a phrase, such as IsA for "was a"; the phrase itself where the table has none.

    A name that `relations`, those of a store, hold already, however it is spelt ("is_a", "/r/IsA"), is that
    name. A claim whose relation has no name can still be matched by its head and tail.
    """
    bare = phrase.strip().removeprefix("/r/")
    names = {name.lower(): name for name in relations}
    if name := names.get(regex.sub(r"[\s_-]", "", bare).lower()):
        return name
    words = _plain(bare)
    for tried in (words, words.removeprefix("is "), words.removeprefix("has been ")):
        if tried in _table():
            return _table()[tried]
    return phrase.strip()


@cache
def _table() -> dict[str, str]:
    return {_plain(phrase): name for name, phrases in _PHRASES.items() for phrase in phrases.split(", ")}


def _plain(phrase: str) -> str:
    words = _CAMEL.sub(" ", phrase).lower().replace("_", " ").split()
    return " ".join(_PLAIN.get(word, word) for word in words if word not in _ARTICLES)
