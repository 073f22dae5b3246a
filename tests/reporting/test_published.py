from __future__ import annotations

import pytest

from rumorscope.reporting.published import _record, contradiction, published_figures


def rows(dataset: str) -> dict[str, tuple[object, ...]]:
    [found] = [one for one in published_figures([dataset]) if one.dataset.startswith(dataset)]
    return {row[0]: row for row in found.table.rows}


def test_figures_are_the_printed_ones() -> None:
    assert rows("PHEME")["MICC"][1:5] == (0.926, 0.939, 0.935, 0.932)
    assert rows("Weibo-CED")["MICC (Table 5)"][1:5] == (0.938, 0.887, 0.949, 0.935)
    assert rows("Weibo-CED")["CAF-ODNN"][1:5] == (0.917, 0.903, 0.911, 0.902)
    assert rows("Twitter")["KECL"][1:5] == (0.940, None, None, 0.940)


def test_an_f1_that_contradicts_its_precision_and_recall_is_told() -> None:
    assert "F1 0.937" in str(rows("PHEME")["MICC"][5])
    assert "F1 0.917" in str(rows("Weibo-CED")["MICC (Table 5)"][5])
    assert rows("Weibo-CED")["MICC"][5] is None  # 0.917 is what 0.887 and 0.949 give
    assert rows("Twitter")["KECL"][5] is None


def test_every_dataset_has_reasons_for_doubt() -> None:
    for dataset in _record().datasets:
        assert len(dataset.cautions) >= 2
        assert dataset.source in _record().sources
        assert all(contradiction(row) or 0 < row.accuracy < 1 for row in dataset.rows)


@pytest.mark.parametrize(
    ("name", "datasets"),
    [
        ("twitter, random split", ["Twitter"]),
        ("pheme-leave-one-event-out", ["PHEME"]),
        ("weibo-ced", ["Weibo-CED"]),
        ("weibo-jin", ["Weibo (Jin et al. 2017)"]),
        ("mine", []),
    ],
)
def test_only_datasets_that_were_used_are_listed(name: str, datasets: list[str]) -> None:
    assert [one.dataset for one in published_figures([name])] == datasets
