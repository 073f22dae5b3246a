"""Triples out of text, and what is known of them: KECL measures how far a claim deviates from it."""
