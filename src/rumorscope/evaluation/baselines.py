"""Plain references that a detector must beat to be worth its weight, fitted on the training split alone.

Majority class: the training posts' share of rumors, for every post. Look-up: what training posts with the
same picture were, which beats chance only where pictures leak. Text: TF-IDF and logistic regression. Images:
a frozen tower's features and logistic regression. Both: the mean of the last two probabilities.
The settings are fixed and the same for every dataset. Those of the text reference were chosen to reproduce
published references on test data, so if anything they favour it. Regressions weigh the classes equally, so
their probabilities are those of a population with as many rumors as non-rumors.
**N** posts, **U** distinct pictures, **D** width.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from rumorscope.data.shared_pictures import picture_keys
from rumorscope.data.text import clean_text
from rumorscope.encoders._interface import ImageEncoder, ImageTowerConfig
from rumorscope.encoders.preprocess import read_picture
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.errors import InputError
from rumorscope.evaluation.assess import Assessment, Resampling, assess
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.evaluation.predictions import Predictions, check_labelled
from rumorscope.post import Post

IMAGE_SIZE, RECEPTIVE_FIELD = 224, 32  # what most towers were trained at
MAJORITY, LOOKUP, TEXT = "majority class", "picture look-up", "text TF-IDF"
IMAGES, MEAN = "image features", "mean of text and images"
_IMAGES_A_PASS = 32
_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # no spaces between words
_LETTER = re.compile(r"[^\W\d_]")


def load_image_tower(model: str) -> ImageEncoder:
    """A frozen tower for the image baseline, by hub name or from a local folder. Raises InputError."""
    config = ImageTowerConfig(model=model, image_size=IMAGE_SIZE, receptive_fields=(RECEPTIVE_FIELD,))
    return PretrainedTowers().image("image", config).eval()


def baselines(
    train: Sequence[Post], posts: Sequence[Post], image_tower: ImageEncoder | None = None
) -> dict[str, Floats]:
    """The rumor probability (N,) of `posts` by each plain baseline fitted on `train`, by its name.

    Raises InputError for training posts without a label or of a single class.
    """
    check_labelled(train)
    labels = np.array([post.label for post in train], dtype=np.int64)
    if len(np.unique(labels)) < 2:
        raise InputError("the training posts of the baselines are all of one class; they need both")
    answers = {
        MAJORITY: np.full(len(posts), labels.mean()),
        LOOKUP: lookup_baseline(train, labels, posts),
        TEXT: text_baseline(train, labels, posts),
    }
    if image_tower is not None:
        answers[IMAGES] = image_baseline(train, labels, posts, image_tower)
        answers[MEAN] = (answers[TEXT] + answers[IMAGES]) / 2
    return answers


def assess_baselines(
    train: Sequence[Post],
    posts: Sequence[Post],
    clusters: Clusters,
    resampling: Resampling,
    image_tower: ImageEncoder | None = None,
) -> list[Assessment]:
    """The baselines judged on the posts and the resamples that a detector was judged on."""
    return [
        assess(name, Predictions.of(posts, answers), clusters, resampling=resampling)
        for name, answers in baselines(train, posts, image_tower).items()
    ]


def lookup_baseline(train: Sequence[Post], labels: Integers, posts: Sequence[Post]) -> Floats:
    """The share of rumors among training posts that show the post's pictures, or among all if none does."""
    keys = picture_keys([*train, *posts])
    shown: Counter[str] = Counter()
    rumors: Counter[str] = Counter()
    for post, label in zip(train, labels, strict=True):
        for source in post.images:
            shown[keys[source]] += 1
            rumors[keys[source]] += int(label)
    answers = np.full(len(posts), labels.mean())
    for index, post in enumerate(posts):
        seen = sum(shown[keys[source]] for source in post.images)
        if seen:
            answers[index] = sum(rumors[keys[source]] for source in post.images) / seen
    return answers


def text_baseline(train: Sequence[Post], labels: Integers, posts: Sequence[Post]) -> Floats:
    """TF-IDF and logistic regression, on words, or on characters where most letters are Chinese."""
    texts = [clean_text(post.text) for post in train]
    if chinese_share(texts) > 0.5:
        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    else:
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = make_pipeline(vectorizer, _regression(strength=10))
    try:
        model.fit(texts, labels)
    except ValueError as error:  # scikit-learn's "empty vocabulary"
        raise InputError(f"the training texts share no words to learn from: {error}") from error
    return _rumor(model.predict_proba([clean_text(post.text) for post in posts]))


def image_baseline(
    train: Sequence[Post], labels: Integers, posts: Sequence[Post], tower: ImageEncoder
) -> Floats:
    """Logistic regression on a frozen tower's pooled features of unit length.

    A post of several pictures has the mean of their features; one without gets the training share of rumors.
    """
    features = _encode([*train, *posts], tower)
    seen = np.array([bool(post.images) for post in train])
    answers = np.full(len(posts), labels.mean())
    if len(np.unique(labels[seen])) < 2:
        raise InputError("the training posts with pictures are all of one class; it takes both")
    model = make_pipeline(Normalizer(), _regression(strength=1))
    model.fit(np.stack([features(post) for post in train if post.images]), labels[seen])
    for index, post in enumerate(posts):
        if post.images:
            answers[index] = _rumor(model.predict_proba(features(post)[None]))[0]
    return answers


def chinese_share(texts: Sequence[str]) -> float:
    """The share of Chinese characters (kana too) among all letters; 0 where there is no letter."""
    letters = sum(len(_LETTER.findall(text)) for text in texts)
    return sum(len(_CHINESE.findall(text)) for text in texts) / letters if letters else 0.0


def _regression(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=1000)


def _rumor(probabilities: Floats) -> Floats:
    return np.asarray(probabilities[:, 1], dtype=np.float64)


@torch.inference_mode()
def _encode(posts: Sequence[Post], tower: ImageEncoder) -> Callable[[Post], Floats]:
    """Encode each distinct picture once; gives the function from a post with pictures to its (D,) feature."""
    keys = picture_keys(posts)
    distinct = {key: source for source, key in keys.items()}
    device = next(tower.parameters()).device
    features: dict[str, Floats] = {}
    for start in range(0, len(distinct), _IMAGES_A_PASS):
        chosen = list(distinct.items())[start : start + _IMAGES_A_PASS]
        pixels = torch.stack([read_picture(source, tower.image_size).pixels for _, source in chosen])
        pooled = tower(pixels.to(device)).pooled.double().cpu().numpy()  # (U, D)
        features |= {key: row for (key, _), row in zip(chosen, pooled, strict=True)}
    return lambda post: np.asarray(np.mean([features[keys[source]] for source in post.images], axis=0))
