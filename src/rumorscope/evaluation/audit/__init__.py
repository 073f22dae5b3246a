"""The leakage audit: whether a split measures what a detector has learnt, or what it has seen before."""

from rumorscope.evaluation.audit.audit import audit
from rumorscope.evaluation.audit.record import Audit, Lookup

__all__ = ["Audit", "Lookup", "audit"]
