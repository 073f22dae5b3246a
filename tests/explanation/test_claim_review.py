from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rumorscope.errors import InputError
from rumorscope.explanation.claim_review import UNCHECKED, claim_review
from rumorscope.explanation.words import CAVEATS
from rumorscope.post import Contribution, Evidence, Label, Post, Verdict

PICTURE = b"the bytes of a picture"
POST = Post(
    "7", "Shark in the street!", (PICTURE,), language="en", time=datetime(2017, 8, 28, 12, tzinfo=UTC)
)
VERDICT = Verdict(
    "7",
    0.761,
    Label.RUMOR,
    "micc",
    "1860a1ffa2a72694",
    evidence=Evidence(contribution=Contribution(0.5, 0.2)),
)


def test_the_draft_is_a_claim_review_that_rates_resemblance() -> None:
    review = claim_review(POST, VERDICT)
    assert review["@context"] == "https://schema.org"
    assert review["@type"] == "ClaimReview"
    assert review["claimReviewed"] == "Shark in the street!"
    rating = review["reviewRating"]
    assert (rating["worstRating"], rating["ratingValue"], rating["bestRating"]) == (0, 24, 100)
    assert rating["alternateName"] == "Likely a rumor, by a program; not checked"
    assert "76%" in rating["ratingExplanation"]


def test_it_says_that_a_machine_made_it_and_a_person_must_check_it() -> None:
    review = claim_review(POST, VERDICT)
    assert review["creativeWorkStatus"] == "Draft"
    assert review["disambiguatingDescription"] == UNCHECKED
    assert review["reviewBody"].startswith(UNCHECKED)
    assert all(caveat in review["reviewBody"] for caveat in CAVEATS)
    assert review["author"]["@type"] == "SoftwareApplication"
    assert "1860a1ffa2a72694" in review["author"]["softwareVersion"]


def test_it_names_what_was_judged_by_its_hashes() -> None:
    posting = claim_review(POST, VERDICT)["itemReviewed"]["appearance"]
    assert posting["image"] == [{"@type": "ImageObject", "sha256": hashlib.sha256(PICTURE).hexdigest()}]
    assert posting["identifier"]["value"] == hashlib.sha256(b"Shark in the street!").hexdigest()
    assert posting["datePublished"] == "2017-08-28T12:00:00+00:00"
    assert posting["inLanguage"] == "en"


def test_it_invents_no_address_no_person_and_no_date() -> None:
    written = json.dumps(claim_review(POST, VERDICT))
    assert written.count("http") == 1  # the vocabulary's own
    assert not any(kind in written for kind in ("Person", "Organization", '"url"'))
    assert "datePublished" not in claim_review(POST, VERDICT)
    assert "image" not in claim_review(replace(POST, images=()), VERDICT)["itemReviewed"]["appearance"]


def test_doubts_are_carried_along() -> None:
    doubtful = replace(
        VERDICT, abstained="it lies between 0.40 and 0.60", warning="this post is unlike the training"
    )
    review = claim_review(POST, doubtful)
    assert review["reviewRating"]["alternateName"].startswith("Undecided")
    assert "it lies between 0.40 and 0.60" in review["reviewBody"]
    assert "unlike the training" in review["reviewBody"]


def test_a_post_of_pictures_alone_claims_nothing_in_words() -> None:
    assert (
        claim_review(replace(POST, text=" "), VERDICT)["claimReviewed"] == "A post of pictures without words."
    )


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_the_rating_runs_against_the_probability(probability: float) -> None:
    rating = claim_review(POST, replace(VERDICT, rumor_probability=probability))["reviewRating"]
    assert rating["ratingValue"] == round(100 - 100 * probability)


def test_an_error_cannot_be_reviewed() -> None:
    with pytest.raises(InputError, match="nothing to review: no picture"):
        claim_review(POST, Verdict("7", None, None, "micc", "0", error="no picture"))
