"""The closed lists of English words that the rules read by."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS = _words(
    "a an the this that these those some any every each no my your his her its our their another both "
    "all many several few more most such what which whose"
)
PRONOUNS = _words(
    "i you he she it we they me him us them who whom there here someone something anyone everyone "
    "nobody nothing myself himself itself themselves one"
)
BE = _words("is are was were be been being am ain't isn't aren't wasn't weren't it's that's he's she's i'm")
HAVE = _words("has have had having hasn't haven't")
DENIALS = _words("not never no")  # adverbs and a determiner, at the same time
MODALS = _words("can could will would may might must shall should cannot can't won't to")
AUXILIARIES = _words("do does did don't doesn't didn't")
CONJUNCTIONS = _words(
    "and or but so because if while when where than then as though although unless since until "
    "whether how why"
)
ADVERBS = _words(
    "not very really just also only even still now again already never always often too quite so "
    "almost nearly actually apparently reportedly allegedly currently recently today yesterday "
    "tomorrow right away please breaking wow omg lol yes oh"
)
PREPOSITIONS = _words(
    "in on at of from by with for near inside outside under over above below behind between through "
    "into onto across along around against after before during about like off out up down via without "
    "within toward towards among beside beneath"
)
PLACES = _words(
    "in on at inside outside under over above below behind between through into onto across along "
    "around among beside beneath off down up within"
)
VERBS = _words(
    "accuse add admit advance aim allow announce appear approach arrest arrive ask attack attempt ban "
    "beat become begin believe bite block blow bomb break bring build burn burst buy call cancel "
    "capture carry cast catch cause change charge chase claim clean clear climb close collapse come "
    "confirm contain continue control cook cover crash create cross cry cut damage deal declare "
    "defend deliver demand deny describe destroy detain develop die dig discover donate drag draw "
    "drink drive drop drown dump eat emerge empty end enter erupt escape evacuate expect explain "
    "explode expose face fake fall feed feel fight fill film find finish fire flee float flood fly "
    "follow force form free freeze gather get give go grab grow guard hang happen hate hear help hide "
    "hijack hit hold hope hug hunt hurt ignore include injure invade jail join jump keep kick kidnap "
    "kill kiss know lack land last launch lead lean leave let lie lift light like live locate loot look lose "
    "love make march mark meet melt miss mourn move murder name need notice offer open order own pass "
    "pay perform photograph pick plan plant play post pour pray prepare present press prevent produce "
    "promise protect protest prove publish pull push put raid rain raise reach read receive recover "
    "release remain remember remove repeat replace report rescue respond return reveal ride rise risk "
    "roar rob roll run rush sail save say scream search see seek seem sell send serve set shake share "
    "shoot show shut sing sink sit sleep slam smash smile sound speak spend spot spread stab stand "
    "stare start stay steal stop storm strand strike struggle study submerge suffer suggest support "
    "surround survive swallow sweep swim take talk target teach tear tell test thank threaten "
    "throw tie touch track train trap travel treat try turn use visit vote wait walk want warn wash "
    "watch wear welcome win work worry wreck write yell"
)
