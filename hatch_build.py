"""Compiles the short way (`streamer/score/packed`) when the package is built or installed; without a C compiler it is left out.

The scorer then does the same in Python, at half the speed. COMPILE_SHORT_WAY=require makes a failure of it one of the installation;
COMPILE_SHORT_WAY=no leaves it out.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

PACKED = Path("streamer", "score", "packed")
MODULE = ".".join((*PACKED.parts, "_packed"))


class CompileShortWay(BuildHookInterface[Any]):
    """Leaves the compiled module beside its source, where an editable installation finds it and a wheel takes it from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before a wheel or an editable installation is made."""
        wanted = os.environ.get("COMPILE_SHORT_WAY", "")
        if self.target_name != "wheel":
            return
        for old in Path(self.root, PACKED).glob("_packed.*"):
            old.unlink()
        if wanted == "no":
            return
        try:
            compiled = compile_module(Path(self.root))
        except (BaseError, CCompilerError, OSError) as error:
            if wanted == "require":
                raise
            self.app.display_warning(f"streamer: the short way is not compiled, all events are scored in Python: {error}")
            return
        build_data["artifacts"].append(str(compiled))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def compile_module(root: Path) -> Path:
    """Compiles the module; returns its path below the root."""
    sources = [str(PACKED / "module.c")]
    headers = [str(path.relative_to(root)) for path in sorted((root / PACKED).glob("*.h"))]
    # Sums with fractions are those of Python to the last bit: nothing is to be contracted.
    extension = Extension(
        MODULE, sources, depends=headers, py_limited_api=True, libraries=["m"], extra_compile_args=["-O3", "-ffp-contract=off"]
    )
    command = build_ext(Distribution({"name": "streamer", "ext_modules": [extension]}))
    command.build_lib, command.force = str(root), True
    before = Path.cwd()
    os.chdir(root)  # the paths of the sources are below it
    try:
        with tempfile.TemporaryDirectory() as folder:
            command.build_temp = folder
            command.ensure_finalized()
            command.run()
    finally:
        os.chdir(before)
    return Path(command.get_ext_filename(MODULE))
