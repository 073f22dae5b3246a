"""TF-IDF and logistic regression as a module: what scikit-learn has learnt, in buffers.

Words and word pairs, or one to three characters where most letters of the training texts are Chinese. The
settings are fixed and the same for every dataset. They were chosen to reproduce published references on test
data, so if anything they favour this baseline. The regression weighs both classes equally, so its
probabilities are those of a population with as many rumors as non-rumors.

Shapes: **N** posts, **V** terms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from rumorscope.detectors._fitted import Floats, Integers, check_both_classes
from rumorscope.errors import CheckpointError, InputError

_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # no spaces between words
_LETTER = re.compile(r"[^\W\d_]")


class TfidfRegression(nn.Module):
    """Log-odds of rumor from cleaned texts."""

    learnt = ("vocabulary", "idf", "weights")
    vocabulary: Tensor  # uint8, the terms as a JSON list in UTF-8, in the order of the columns
    idf: Tensor  # (V,) float64
    weights: Tensor  # (V,) float64
    bias: Tensor  # () float64
    by_characters: Tensor  # () bool

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("vocabulary", torch.zeros(0, dtype=torch.uint8))
        for name in ("idf", "weights"):
            self.register_buffer(name, torch.zeros(0, dtype=torch.float64))
        self.register_buffer("bias", torch.zeros((), dtype=torch.float64))
        self.register_buffer("by_characters", torch.zeros((), dtype=torch.bool))
        self._vectorizer: TfidfVectorizer | None = None
        self.register_load_state_dict_post_hook(_rebuild)  # type: ignore[no-untyped-call]  # torch leaves it so

    def fit(self, texts: Sequence[str], labels: Integers) -> None:
        """Learn from all texts. Raises InputError where they share no words, or are of one class."""
        check_both_classes(labels, "training posts")
        by_characters = chinese_share(texts) > 0.5
        vectorizer = _vectorizer(by_characters, min_df=2)
        try:
            matrix = vectorizer.fit_transform(texts)
        except ValueError as error:  # scikit-learn's "empty vocabulary", or that no term is in two texts
            raise InputError(f"the training texts share no words to learn from: {error}") from error
        regression = LogisticRegression(C=10, class_weight="balanced", max_iter=1000).fit(matrix, labels)
        terms = json.dumps(vectorizer.get_feature_names_out().tolist(), ensure_ascii=False)
        self.vocabulary = self._like(np.frombuffer(terms.encode(), dtype=np.uint8), torch.uint8)
        self.idf = self._like(vectorizer.idf_, torch.float64)
        self.weights = self._like(regression.coef_[0], torch.float64)
        self.bias.fill_(float(regression.intercept_[0]))
        self.by_characters.fill_(by_characters)
        self._vectorizer = vectorizer

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """(N,) for N texts; 0, even odds, before the fit."""
        if self._vectorizer is None:
            return np.zeros(len(texts))
        matrix = self._vectorizer.transform(texts)
        return np.asarray(matrix @ self.weights.cpu().numpy() + self.bias.item(), dtype=np.float64)

    def rebuild(self) -> None:
        """Make the vectorizer from the buffers, once they are loaded. Raises CheckpointError for odd ones."""
        self._vectorizer = None
        if not len(self.idf) and not len(self.vocabulary):
            return
        terms = _terms(self.vocabulary)
        if not len(terms) == len(set(terms)) == len(self.idf) == len(self.weights):
            raise CheckpointError(
                f"the text regression has {len(terms)} terms, {len(set(terms))} of them different, with "
                f"{len(self.idf)} idf values and {len(self.weights)} weights; the file is damaged"
            )
        self._vectorizer = _vectorizer(bool(self.by_characters), vocabulary=terms)
        self._vectorizer.idf_ = self.idf.cpu().numpy()

    def _like(self, values: Any, dtype: torch.dtype) -> Tensor:
        return torch.tensor(values, dtype=dtype, device=self.bias.device)


def chinese_share(texts: Sequence[str]) -> float:
    """The share of Chinese characters (kana too) among all letters; 0 where there is no letter."""
    letters = sum(len(_LETTER.findall(text)) for text in texts)
    return sum(len(_CHINESE.findall(text)) for text in texts) / letters if letters else 0.0


def _vectorizer(by_characters: bool, **more: Any) -> TfidfVectorizer:
    if by_characters:
        return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, **more)
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, **more)


def _terms(vocabulary: Tensor) -> list[str]:
    try:
        terms = json.loads(vocabulary.cpu().numpy().tobytes())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"the vocabulary of the text regression is no JSON: {error}") from error
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise CheckpointError("the vocabulary of the text regression is no list of terms")
    return terms


def _rebuild(module: TfidfRegression, _: object) -> None:
    module.rebuild()
