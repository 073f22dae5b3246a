"""CASIA v1 (Dong, Wang and Tan 2013): 800 authentic pictures, 921 made of them by splicing or copying.

The masks, and the list of misnamed files that their names correct, are by Pham et al.
(https://github.com/namtpham/casia1groundtruth).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rumorscope.data.adapters._casia import Layout, read_casia
from rumorscope.data.adapters._interface import Dropped, Kept

PUBLISHED = "https://doi.org/10.1109/ChinaSIP.2013.6625374"

_LAYOUT = Layout(
    published=PUBLISHED,
    tampered=("Sp", "Tp", "Modified Tp"),
    masks=("masks", "CASIA 1.0 groundtruth"),
    prefix="Sp",
    digits=4,
    untrue={
        "Sp_D_NRN_A_sce0011_cha0011_0542": "it shows the authentic Au_cha_0011 as it is, only saved anew",
    },
)


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every picture of `Au/` and `Sp/`, with its mask from `masks/`."""
    return read_casia(source, _LAYOUT)
