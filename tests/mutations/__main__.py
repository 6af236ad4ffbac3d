"""Runs the engine's tests once for each seeded mistake, on a copy of the project; prints a table of which test found it.

Exit code 0: the engine as it is passes, and every mistake was found. `python -m tests.mutations NAME…` tries only those whose
names hold one of the words.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from sysconfig import get_path

from tests.mutations.mutants import MUTANTS, Mutant
from tests.mutations.quick import PROFILE

ROOT = Path(__file__).parents[2]
COPIED = ("topics", "streamer", "tests", "models", "docs", "model.yaml", "pyproject.toml")
# Of a mistake in Python, without the short way, which most events take where it is compiled; and of one in C
TESTS = ("tests/mutations/test_laws.py", "tests/models", "tests/score/test_rules.py", "tests/score/test_models.py")
PACKED_TESTS = ("tests/score/test_packed.py",)
PACKED = Path("streamer", "score", "packed")
COMPILER = (*shlex.split(os.environ.get("CC", "cc")), "-O1", "-ffp-contract=off", "-shared", "-fPIC", f"-I{get_path('include')}")
TIMEOUT_S = 180


def main(words: list[str]) -> int:
    """Tries the mistakes one after the other and tells of each; returns the exit code."""
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="streamer-mutations-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
            else:
                shutil.copy(source, copy / name)
        if failure := run_tests(copy, TESTS) or run_packed_tests(copy):
            tell(f"The engine as it is fails {failure}: mend that first.")
            return 1
        survivors = [mutant.name for mutant in chosen if not is_found(copy, mutant)]
    tell(f"{len(chosen) - len(survivors)} of {len(chosen)} mistakes were found.")
    return 1 if survivors or not chosen else 0


def is_found(copy: Path, mutant: Mutant) -> bool:
    """Makes the mistake in the copy, runs the tests, and takes it back."""
    path = copy / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        tell(f"STALE     {mutant.name}: {mutant.file} has its text {text.count(mutant.old)} times, expected once")
        return False
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    started_s = time.monotonic()
    try:
        failure = run_tests(copy, TESTS) if path.suffix == ".py" else run_packed_tests(copy)
    except subprocess.TimeoutExpired:
        tell(f"HANGS     {mutant.name}: no test failed within {TIMEOUT_S} s, so none names the mistake")
        return False
    finally:
        path.write_text(text, encoding="utf-8")
    tell(f"{'found' if failure else 'SURVIVED':<9} {mutant.name:<46} {time.monotonic() - started_s:4.0f} s  {failure or mutant.law}")
    return bool(failure)


def run_packed_tests(copy: Path) -> str:
    """The same for the short way of the copy, which is compiled for them."""
    compiled = copy / PACKED / "_packed.abi3.so"
    subprocess.run([*COMPILER, str(copy / PACKED / "module.c"), "-o", str(compiled)], check=True)
    try:
        return run_tests(copy, PACKED_TESTS)
    finally:
        compiled.unlink()


def run_tests(copy: Path, tests: tuple[str, ...]) -> str:
    """The first test of the copy that fails; empty when none does. Raises TimeoutExpired when they do not end."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--tb=no", "-p", "tests.mutations.quick", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "HYPOTHESIS_PROFILE": PROFILE}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", done.stdout, re.MULTILINE)
    if failed is None:
        raise SystemExit(f"pytest ended with {done.returncode} and named no test:\n{done.stdout}{done.stderr}")
    return failed[1]


def tell(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
