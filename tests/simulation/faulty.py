"""Plays seeds with one seeded mistake in the production code, until one breaks a law: `python -m tests.simulation.faulty NAME`.

The mistake is made as the module is imported, in this process alone. Begins with the seed that found it last; prints the law and
the seed. Exit code 1 when nothing was found.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.simulation.mutants import MUTANTS, Mutant

SEEDS_MAX = 600


class Mistaken(MetaPathFinder, Loader):
    """Imports one module with a mistake in it."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of the one module; other finders know the rest."""
        if fullname != self._mutant.module:
            return None
        found = PathFinder.find_spec(fullname, path)
        assert found is not None and found.origin is not None
        return ModuleSpec(fullname, self, origin=found.origin)

    def exec_module(self, module: ModuleType) -> None:
        """Runs the changed text as the module."""
        assert module.__spec__ is not None and module.__spec__.origin is not None
        text = Path(module.__spec__.origin).read_text(encoding="utf-8")
        assert text.count(self._mutant.old) == 1, f"{self._mutant.name}: its text is not there once"
        exec(compile(text.replace(self._mutant.old, self._mutant.new), module.__spec__.origin, "exec"), module.__dict__)


def main(name: str) -> int:
    """The command."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    sys.meta_path.insert(0, Mistaken(mutant))
    from tests.simulation.drawing import draw
    from tests.simulation.playing import play

    for seed in (mutant.seed, *range(1, SEEDS_MAX + 1)):
        for verdict in play(draw(seed)):
            sys.stdout.write(f"{verdict.law}: seed {seed}\n")
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
