"""The simulation finds what it is there to find: each seeded mistake breaks a law that is named for it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.playing import HASH_SEED

ROOT = Path(__file__).parents[2]
ids = [mutant.name for mutant in MUTANTS]


@pytest.mark.parametrize("mutant", MUTANTS, ids=ids)
def test_mutant_fits(mutant: Mutant) -> None:
    """The text of a mistake occurs exactly once, and what replaces it is something else that Python can read."""
    spec = find_spec(mutant.module)
    assert spec is not None and spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1
    assert mutant.old != mutant.new
    compile(text.replace(mutant.old, mutant.new), spec.origin, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=ids)
def test_mutant_is_found(mutant: Mutant) -> None:
    """A mistake in the commit, the recovery or the seam breaks one of the laws that it must break."""
    command = [sys.executable, "-m", "tests.simulation.faulty", mutant.name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": HASH_SEED}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"no seed finds it: {done.stderr[-1000:]}"
    assert done.stdout.split(":")[0] in mutant.laws, done.stdout
