"""Copy a finished run's checkpoint with weights at half precision, as the package carries it.

python recipes/compact/pack.py RUN src/rumorscope/models/compact
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run")
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    source = resolve_checkpoint(options.run)
    shutil.rmtree(options.target, ignore_errors=True)
    shutil.copytree(source, options.target)
    weights = options.target / "model.safetensors"
    halves = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in load_file(weights).items()
    }
    save_file(halves, weights)
    print(
        f"{options.target}: {weights.stat().st_size / 1e6:.1f} MB, checkpoint {load_checkpoint(options.target).hash}"
    )


if __name__ == "__main__":
    main()
