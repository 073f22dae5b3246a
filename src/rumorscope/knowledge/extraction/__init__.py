"""Triples out of texts, one way a file: by rules, by a dependency parse, or by a chat endpoint."""

from __future__ import annotations

from rumorscope.knowledge.extraction._interface import NOTHING, Extraction, ExtractorConfig, TripleExtractor
from rumorscope.knowledge.extraction.endpoint import EndpointExtractor
from rumorscope.knowledge.extraction.rules import RuleExtractor
from rumorscope.knowledge.extraction.spacy import SpacyExtractor

__all__ = ["NOTHING", "Extraction", "ExtractorConfig", "TripleExtractor", "build_extractor"]


def build_extractor(config: ExtractorConfig) -> TripleExtractor:
    """The extractor that a configuration names. Raises InputError where what it needs is missing."""
    if config.kind == "endpoint":
        return EndpointExtractor(config)
    if config.kind == "spacy":
        return SpacyExtractor(config.model, config.most_triples)
    return RuleExtractor(config.most_triples)
