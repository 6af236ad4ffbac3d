"""What happened in a proof comes in; the table for a reader leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.prove.faults import Fault
from tests.prove.proof import Outcome

WANTED_S: Final = 15


def table(outcome: Outcome) -> str:
    """Faults by kind, what was read and compared, and the differences."""
    form, findings = outcome.form, outcome.findings
    killed = _again_s([fault for fault in outcome.faults if fault.kind == "kill"])
    lines = [
        "",
        f"{form.name} proof, {outcome.guarantee}, seed {outcome.seed}: {len(outcome.faults)} faults in {outcome.faults_s:.0f} s",
        f"brokers: {form.brokers}, partitions: {form.partitions}, workers: 1 to 3; {outcome.all_s:.0f} s in all",
        "",
        "fault              times   scored again after, s (median, most)   records scored meanwhile",
        *(_of_kind(kind, [fault for fault in outcome.faults if fault.kind == kind]) for kind in form.faults),
        f"after kill -9 all is scored again within {killed[-1]:.1f} s (wanted on an idle machine: {WANTED_S} s)" if killed else "",
        "",
        *(f"{name:32} {count:>10,}" for name, count in sorted(findings.counts.items()) if name != "differences"),
        f"{'acked after another attempt':32} {outcome.sent_again:>10,}",
        f"{'workers that ended by themselves':32} {len(outcome.ended_by_themselves):>10,}",
        *(f"    {line}" for line in outcome.ended_by_themselves),
        f"{'exit codes at the end':32} {', '.join(map(str, outcome.exit_codes)):>10}",
        f"{'differences':32} {findings.counts['differences']:>10,}",
        *(f"    {difference}" for difference in findings.differences),
    ]
    return "\n".join(lines)


def _of_kind(kind: str, faults: Sequence[Fault]) -> str:
    again_s = _again_s(faults)
    when = f"{again_s[len(again_s) // 2]:.1f}, {again_s[-1]:.1f}" if again_s else "-"
    return f"{kind:18} {len(faults):>5}   {when:>36}   {sum(fault.committed for fault in faults):>24,}"


def _again_s(faults: Sequence[Fault]) -> list[float]:
    """How long it took after those that were waited for, in rising order; consequences of the ones before them included."""
    return sorted(fault.again_s for fault in faults if fault.is_waited_for and fault.again_s is not None)
