"""Builds the wheel, with the components inside: `build_wheel.py FOLDER_OR_FILES… DIST`.

The components come from wherever they were built: the files, or folders that hold them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from flit_core import buildapi

HERE = Path(__file__).parent
COMPONENTS = ("metric_service.wasm", "metric_codec.wasm")


def build(sources: list[Path], dist: Path) -> Path:
    """The wheel that was built, in `dist`."""
    files = {file.name: file for source in sources for file in (source.iterdir() if source.is_dir() else [source])}
    missing = [name for name in COMPONENTS if name not in files]
    if missing:
        raise SystemExit(f"{' and '.join(missing)} not found in {', '.join(map(str, sources))}: cargo xtask build")
    dist.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # A copy, so that no component gets into the checkout.
        copy = Path(folder)
        shutil.copytree(HERE / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(HERE / name, copy)
        inside = copy / "src/metric_service/components"
        inside.mkdir()
        for name in COMPONENTS:
            shutil.copyfile(files[name], inside / name)
        with contextlib.chdir(copy):
            # A wheel of the same files is the same bytes.
            os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")
            return dist / str(buildapi.build_wheel(str(dist)))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    *given, target = map(Path, sys.argv[1:])
    print(build([path.resolve() for path in given], target.resolve()))
