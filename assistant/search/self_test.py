"""A folder of vectors -> how many of the nearest passages Chroma finds, measured in a process of its own.

A damaged graph of Chroma's does not raise: it finds too little, or ends the process that opens it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.search.rows import Ids, VectorRows

if TYPE_CHECKING:  # importing it takes a second, which only the other process needs
    from assistant.search.vectors import VectorIndex

ENOUGH = 0.8
"""Share of the nearest that a whole index finds: at least 0.97 was measured, and 0.15 where its graph was gone."""
_QUESTIONS = 30  # stored vectors whose nearest are asked for
_NEAREST = 60
_SECONDS = 300
_AT_A_TIME = 8_192
_EQUAL = 1e-4  # cosines as near as that are equal: of passages that are the same, any will do


@dataclass(frozen=True, slots=True)
class Tested:
    """What a vector index said when it was asked."""

    found: float
    """The share of the nearest neighbours that it finds, 0 to 1."""
    ids: tuple[int, ...]
    """The passages whose vectors are there."""


def examine_vectors(folder: Path) -> Tested | None:
    """Ask the vector index in `folder` for what its rows know, in another process; None if asking it fails."""
    command = [sys.executable, "-m", "assistant.search.self_test", str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        ended = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=_SECONDS, env=environment, check=True
        )
        said = json.loads(ended.stdout.splitlines()[-1])
        return Tested(float(said["found"]), tuple(said["ids"]))
    except (subprocess.SubprocessError, ValueError, IndexError, KeyError, TypeError):
        return None


def measure(folder: Path) -> Tested:
    """The same in this process, which a damaged index may end."""
    from assistant.errors import StorageError
    from assistant.search.vectors import VectorIndex

    rows = VectorRows(folder / "rows")
    try:
        index = VectorIndex(folder)
        ids = np.array(sorted(index.ids()), dtype=np.int64)
    except StorageError:  # nothing is asked of Chroma where it may not write: the rows are all that is used
        return Tested(1.0, tuple(sorted(rows.ids())))
    if not len(ids):
        return Tested(1.0, ())
    return Tested(_share_found(index, rows, ids), tuple(ids.tolist()))


def _share_found(index: VectorIndex, rows: VectorRows, ids: Ids) -> float:
    asked = rows.vectors(ids[np.linspace(0, len(ids) - 1, min(_QUESTIONS, len(ids))).astype(int)])
    count = min(_NEAREST, len(ids))
    best = np.full((len(asked), count), -np.inf, dtype=np.float32)
    for start in range(0, len(ids), _AT_A_TIME):
        products = asked @ rows.vectors(ids[start : start + _AT_A_TIME]).T
        best = np.sort(np.hstack([best, products]), axis=1)[:, -count:]
    shares = []
    for vector, worst in zip(asked, best[:, 0], strict=True):
        found = np.array(sorted(n.passage_id for n in index.nearest(vector, count)), dtype=np.int64)
        found = found[np.isin(found, ids)]
        shares.append(float((rows.vectors(found) @ vector >= worst - _EQUAL).sum()) / count)
    return float(np.mean(shares))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(measure(Path(sys.argv[1])))) + "\n")
