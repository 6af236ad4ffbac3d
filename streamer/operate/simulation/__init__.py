"""Made-up leads: a seed comes in, believable records leave in order of time. No I/O, no clock.

`people` says who the leads are, `journeys` what each does next, `records` who acts when and what goes wrong on the way.
"""

from streamer.operate.simulation.records import SimulatedRecord, simulate

__all__ = ["SimulatedRecord", "simulate"]
