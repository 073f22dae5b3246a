"""Teach a small English and Chinese text tower: masked words in both languages, and a sentence encoder's view.

The tower learns its own vocabulary, predicts masked tokens, and matches an English sentence encoder on
fresh cuts and joins of the texts. Chinese captions are led to what the teacher says of the English captions
of the same picture. No rumor label is used, and posts of a split named "test" are left out.

    python recipes/compact/distil_text.py --manifests FOLDERS... --captions FOLDER --lines FILES... \\
        --teacher FOLDER --to towers/text --minutes 5
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from schedule import one_cycle
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from transformers import (
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from rumorscope.data.text import clean_text

TOKENS = 64
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CONNECTIVES = (",", "and", "but", "-", ":", ".")


@dataclass(frozen=True)
class Corpus:
    """Texts by language, and Chinese captions with the English captions of the same picture."""

    english: list[str]
    chinese: list[str]
    parallel: list[tuple[str, list[str]]]


def is_chinese(text: str) -> bool:
    return sum("\u4e00" <= char <= "\u9fff" for char in text) > 0.15 * len(text)


def read_rows(folder: Path) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in (folder / "metadata.jsonl").open(encoding="utf-8")]
    return [row for row in rows if row.get("split") != "test"]


def phrases(path: Path) -> Iterator[str]:
    """Head and tail of each triple: of `relation<TAB>head<TAB>tail` lines, or of a CSV with start and end."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            yield from (f"{row['start']} {row['end']}" for row in csv.DictReader(file))
        else:
            yield from (" ".join(line.strip().split("\t")[1:3]) for line in file)


def read_corpus(manifests: list[Path], captions: Path, lines: list[Path]) -> Corpus:
    texts = {clean_text(str(row["text"])) for folder in manifests for row in read_rows(folder)}
    by_picture: dict[str, tuple[list[str], list[str]]] = {}
    for row in read_rows(captions):
        caption = clean_text(str(row["text"]))
        by_picture.setdefault(str(row["images_file_names"]), ([], []))[is_chinese(caption)].append(caption)
        texts.add(caption)
    triples = {clean_text(phrase) for path in lines for phrase in phrases(path)}
    parallel = [(zh, english) for english, chinese in by_picture.values() if english for zh in chinese]
    return Corpus(balanced(texts, triples, chinese=False), balanced(texts, triples, chinese=True), parallel)


def balanced(texts: set[str], triples: set[str], *, chinese: bool) -> list[str]:
    """The texts of one language, repeated until they are no fewer than its triples."""
    chosen, short = (
        sorted(t for t in group if len(t) > 3 and is_chinese(t) == chinese) for group in (texts, triples)
    )
    return chosen * max(1, -(-len(short) // len(chosen))) + short


def train_tokenizer(texts: list[str], size: int) -> PreTrainedTokenizerFast:
    """WordPiece over lower-cased words; every Chinese character stands alone, as in BERT."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=SPECIAL, min_frequency=3, limit_alphabet=4500, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = dict(
        zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True)
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, **names)


def altered(texts: list[str], rng: random.Random) -> str:
    """A text, or a cut of one, or a join of two: something the teacher has an opinion on."""
    words = rng.choice(texts).split()
    if rng.random() < 0.4 and len(words) > 3:
        start = rng.randrange(len(words) - 2)
        words = words[start : start + rng.randint(2, len(words))]
    if rng.random() < 0.3:
        words += [rng.choice(CONNECTIVES), *rng.choice(texts).split()]
    if rng.random() < 0.15:
        words = [word for word in words if rng.random() < 0.8] or words
    return " ".join(words)


@dataclass(frozen=True)
class Lesson:
    """One batch: what the student reads, and for its first rows what the teacher reads."""

    student: dict[str, Tensor]
    teacher: dict[str, Tensor]  # English rows only: one for each of the first rows of `student`


def lessons(
    corpus: Corpus, student: PreTrainedTokenizerBase, teacher: PreTrainedTokenizerBase, size: int, seed: int
) -> Iterator[Lesson]:
    """Endless batches: 5/8 English, 1/8 Chinese captions with English counterparts, 2/8 other Chinese."""
    rng = random.Random(seed)

    def encode(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> dict[str, Tensor]:
        options = {"truncation": True, "max_length": TOKENS, "padding": "max_length", "return_tensors": "pt"}
        encoded = tokenizer(texts, **options)
        return {name: encoded[name] for name in ("input_ids", "attention_mask")}

    def make() -> Lesson:
        english = [altered(corpus.english, rng) for _ in range(5 * size // 8)]
        pairs = [rng.choice(corpus.parallel) for _ in range(size // 8)]
        chinese = [rng.choice(corpus.chinese) for _ in range(2 * size // 8)]
        cuts = [text[rng.randrange(1 + len(text) // 2) :] for text in chinese]
        read = english + [zh for zh, _ in pairs] + cuts
        known = english + [rng.choice(english_captions) for _, english_captions in pairs]
        return Lesson(encode(student, read), encode(teacher, known))

    with ThreadPoolExecutor(1) as pool:  # the next lesson is written while this one is learnt
        coming = [pool.submit(make) for _ in range(3)]
        while True:
            coming.append(pool.submit(make))
            yield coming.pop(0).result()


def masked(token_ids: Tensor, mask: Tensor, mask_id: int, vocabulary: int) -> tuple[Tensor, Tensor]:
    """BERT's masking: 15% of tokens; of these 80% hidden, 10% replaced. Returns inputs and labels."""
    chosen = (
        (torch.rand(token_ids.shape, device=token_ids.device) < 0.15)
        & mask.bool()
        & (token_ids >= len(SPECIAL))
    )
    kind = torch.rand(token_ids.shape, device=token_ids.device)
    inputs = torch.where(chosen & (kind < 0.8), mask_id, token_ids)
    inputs = torch.where(
        chosen & (kind > 0.9), torch.randint_like(token_ids, len(SPECIAL), vocabulary), inputs
    )
    return inputs, torch.where(chosen, token_ids, -100)


def mean_tokens(tokens: Tensor, mask: Tensor) -> Tensor:
    weight = mask[..., None].to(tokens.dtype)
    return (tokens * weight).sum(1) / weight.sum(1)


def new_student(vocabulary: int) -> BertForMaskedLM:
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=1024,
        max_position_embeddings=128,
    )
    return BertForMaskedLM(config)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--manifests", nargs="+", type=Path, required=True, help="imported posts")
    parser.add_argument("--captions", type=Path, required=True, help="imported captions in two languages")
    parser.add_argument(
        "--lines", nargs="*", type=Path, default=[], help="ConceptNet triples, for more phrases"
    )
    parser.add_argument("--teacher", required=True, type=Path, help="an English sentence encoder's folder")
    parser.add_argument("--to", required=True, type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--vocabulary", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=0)
    distil(parser.parse_args())


def distil(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    corpus = read_corpus(options.manifests, options.captions, options.lines)
    sizes = {name: len(texts) for name, texts in vars(corpus).items()}
    print("texts:", sizes, flush=True)
    tokenizer = train_tokenizer(corpus.english + 3 * corpus.chinese, options.vocabulary)
    teacher = (
        AutoModel.from_pretrained(options.teacher, dtype=torch.float32)
        .to(device)
        .eval()
        .requires_grad_(False)
    )
    student = new_student(len(tokenizer)).to(device)
    to_teacher = nn.Linear(256, teacher.config.hidden_size).to(device)
    parameters = [*student.parameters(), *to_teacher.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.05)

    history, start, step = [], time.monotonic(), 0
    batches = lessons(
        corpus, tokenizer, AutoTokenizer.from_pretrained(options.teacher), options.batch_size, options.seed
    )
    while (progress := (time.monotonic() - start) / (60 * options.minutes)) < 1:
        lesson = next(batches)
        for group in optimizer.param_groups:
            group["lr"] = one_cycle(progress, 1e-3)
        read = {name: tensor.to(device) for name, tensor in lesson.student.items()}
        known = {name: tensor.to(device) for name, tensor in lesson.teacher.items()}
        inputs, labels = masked(
            read["input_ids"], read["attention_mask"], tokenizer.mask_token_id, len(tokenizer)
        )
        with torch.autocast(device, torch.bfloat16):
            with torch.no_grad():
                target = mean_tokens(teacher(**known).last_hidden_state, known["attention_mask"]).float()
            tokens = student.bert(**read).last_hidden_state
            hidden = student.bert(inputs, read["attention_mask"]).last_hidden_state
            logits = student.cls(hidden[labels >= 0])
        words = F.cross_entropy(logits.float(), labels[labels >= 0])
        sentence = to_teacher(mean_tokens(tokens.float(), read["attention_mask"])[: len(target)])
        sentence_loss = 1 - F.cosine_similarity(sentence, target).mean()
        loss = 0.3 * words + 3 * sentence_loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        step += 1
        if step % 200 == 0:
            row = {"step": step, "masked_words": words.item(), "cosine": 1 - sentence_loss.item()}
            history.append(row)
            print(round(time.monotonic() - start), json.dumps(row), flush=True)
    student.bert.eval().half().save_pretrained(options.to)
    tokenizer.save_pretrained(options.to)
    (options.to / "history.json").write_text(json.dumps(history, indent=1))


if __name__ == "__main__":
    main()
