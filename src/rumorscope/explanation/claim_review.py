"""A verdict as the draft of a ClaimReview (schema.org), in JSON-LD, for a person to check and to publish.

A ClaimReview says whether a claim is true. A detector says how much a post resembles the rumors that it
learned from, and does not look up what happened: so the draft is marked as one, names a program as its
author, and says in words what its number is. It names no address and no person; whoever publishes it adds
their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rumorscope import __version__
from rumorscope.errors import InputError
from rumorscope.explanation import words
from rumorscope.explanation.inputs import input_hashes
from rumorscope.post import Post, Verdict

MEDIA_TYPE = "application/ld+json"
UNCHECKED = (
    "Draft made by a program. No person has checked it, and what happened was not looked up. "
    "A person must verify the claim, and replace the rating and the author, before this is published."
)


def claim_review(post: Post, verdict: Verdict) -> dict[str, Any]:
    """The draft as plain values, ready for JSON. Raises InputError where the verdict is an error."""
    if verdict.error is not None or verdict.rumor_probability is None:
        raise InputError(f"there is nothing to review: {verdict.error}")
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "creativeWorkStatus": "Draft",
        "disambiguatingDescription": UNCHECKED,
        "inLanguage": "en",
        "author": _author(verdict),
        "claimReviewed": post.text.strip() or "A post of pictures without words.",
        "itemReviewed": _claim(post),
        "reviewAspect": "Resemblance to the rumors that a detector learned from; not truth.",
        "reviewBody": " ".join(_body(post, verdict)),
        "reviewRating": _rating(verdict, verdict.rumor_probability),
    }


def _author(verdict: Verdict) -> dict[str, Any]:
    return {
        "@type": "SoftwareApplication",
        "name": "rumorscope",
        "applicationCategory": "Automated rumor detection",
        "softwareVersion": f"{__version__}, detector {verdict.detector}, checkpoint {verdict.checkpoint}",
    }


def _claim(post: Post) -> dict[str, Any]:
    posting: dict[str, Any] = {"@type": "SocialMediaPosting", "text": post.text}
    tag, _ = words.language(post)
    if tag:
        posting["inLanguage"] = tag
    if post.time is not None:
        posting["datePublished"] = post.time.isoformat()
    hashes = input_hashes(post)
    if post.images:
        posting["image"] = [{"@type": "ImageObject", "sha256": image} for image in hashes.images_sha256]
    posting["identifier"] = {
        "@type": "PropertyValue",
        "propertyID": "SHA-256 of the text",
        "value": hashes.text_sha256,
    }
    return {"@type": "Claim", "appearance": posting}


def _body(post: Post, verdict: Verdict) -> Iterator[str]:
    yield UNCHECKED
    yield f"{words.judgment(verdict)}: rumor probability {words.percent(verdict.rumor_probability or 0.0)}."
    if verdict.abstained is not None:
        yield f"The detector does not decide: {verdict.abstained}."
    if verdict.warning is not None:
        yield f"Careful: {verdict.warning}."
    yield from words.reasons(post, verdict)
    yield from words.caveats(verdict)


def _rating(verdict: Verdict, probability: float) -> dict[str, Any]:
    """Best is no resemblance with a rumor, since consumers of ClaimReview read the lowest number as false."""
    said = f"{words.judgment(verdict)}, by a program; not checked"
    return {
        "@type": "Rating",
        "worstRating": 0,
        "bestRating": 100,
        "ratingValue": round(100 * (1 - probability)),
        "alternateName": said,
        "ratingExplanation": (
            f"100 minus the rumor probability of {words.percent(probability)}: "
            "it rates resemblance to rumors, not truth."
        ),
    }
