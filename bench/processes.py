"""Words of command lines come in; the CPU seconds that the processes which this one started have used leave, by those words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_s(roles: dict[str, bytes]) -> dict[str, float]:
    """Seconds by role until now. A role is how a word of the command line begins; the last one that fits counts."""
    parents: dict[int, int] = {}
    used_s: dict[int, float] = {}
    words: dict[int, list[bytes]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            words[int(folder.name)] = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended meanwhile
        parents[int(folder.name)] = int(fields[1])
        used_s[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
    total_s = dict.fromkeys(roles, 0.0)
    for number in used_s:
        if (role := _role(words[number], roles)) and _is_ours(number, parents):
            total_s[role] += used_s[number]
    return total_s


def _role(words: list[bytes], roles: dict[str, bytes]) -> str | None:
    return next((role for role, word in reversed(roles.items()) if any(one.startswith(word) for one in words)), None)


def _is_ours(number: int, parents: Mapping[int, int]) -> bool:
    while number > 1:
        if number == os.getpid():
            return True
        number = parents.get(number, 0)
    return False
