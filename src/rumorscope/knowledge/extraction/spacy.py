"""Triples by a dependency parse, of any spaCy pipeline with the labels of English or of UD."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rumorscope.data.text import clean_text
from rumorscope.errors import InputError
from rumorscope.knowledge.extraction._interface import Extraction, TripleExtractor
from rumorscope.knowledge.extraction._optional import optional
from rumorscope.knowledge.extraction._parse import triples
from rumorscope.knowledge.locks import fork_safe_lock

DEFAULT_PIPELINE = "en_core_web_sm"

_PACKAGE = re.compile(r"[a-z]{2,3}_\w+", re.ASCII)
_PARSING = fork_safe_lock()  # spaCy does not promise that threads may share a pipeline
_UNUSED = ("ner", "textcat", "textcat_multilabel", "entity_linker", "entity_ruler")


class SpacyExtractor(TripleExtractor):
    """Parses a text with the pipeline that is named; it must be installed, or be a folder.

    Raises InputError where spaCy or the pipeline is missing, or the pipeline does not parse.
    """

    def __init__(self, pipeline: str | None = None, most_triples: int = 8) -> None:
        super().__init__(most_triples)
        self.pipeline = pipeline or DEFAULT_PIPELINE
        self._parse = _load(self.pipeline)

    def __reduce__(self) -> tuple[Any, ...]:
        return SpacyExtractor, (self.pipeline, self.most_triples)

    def _extract(self, text: str, language: str | None) -> Extraction:
        with _PARSING:
            return Extraction(tuple(triples(self._parse(clean_text(text)))))


def _load(pipeline: str) -> Any:
    spacy = optional("spacy", "nlp")
    if not (_PACKAGE.fullmatch(pipeline) or Path(pipeline).is_dir()):
        # A checkpoint of somebody else's names it too, and loading a package by name runs it.
        raise InputError(
            f"{pipeline!r} is no name of a spaCy pipeline; try {DEFAULT_PIPELINE}, or its folder"
        )
    try:
        loaded = spacy.load(pipeline, exclude=_UNUSED)
    except OSError as error:
        raise InputError(
            f"the spaCy pipeline {pipeline!r} is not installed; install it with: "
            f"python -m spacy download {pipeline}"
        ) from error
    tags = {"tagger", "morphologizer"} & set(loaded.pipe_names)
    if "parser" not in loaded.pipe_names or not tags:
        has = ", ".join(loaded.pipe_names) or "nothing"
        raise InputError(f"the spaCy pipeline {pipeline!r} has {has}; it needs a tagger and a parser")
    return loaded
