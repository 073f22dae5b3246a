"""CASIA v2 (Dong, Wang and Tan 2013): 7,491 authentic pictures, 5,123 made of them and worked over.

The masks, and the list of misnamed files that their names correct, are by Pham et al.
(https://github.com/namtpham/casia2groundtruth).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rumorscope.data.adapters._casia import Layout, read_casia
from rumorscope.data.adapters._interface import Dropped, Kept

PUBLISHED = "https://doi.org/10.1109/ChinaSIP.2013.6625374"

_CROPPED = "it was only cropped out of an authentic picture"
_LAYOUT = Layout(
    published=PUBLISHED,
    tampered=("Tp",),
    masks=("masks", "CASIA2_GT", "CASIA 2 Groundtruth", "Groundtruth", "Gt"),
    prefix="Tp",
    digits=5,
    untrue={
        "Tp_D_NRD_S_N_cha10002_cha10001_20094": _CROPPED,
        "Tp_D_NRN_M_N_cha00085_ani10104_10029": _CROPPED,
    },
)


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every picture of `Au/` and `Tp/`, with its mask from the folder of masks beside them."""
    return read_casia(source, _LAYOUT)
