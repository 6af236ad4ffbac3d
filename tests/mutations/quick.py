"""A pytest plugin for runs that only need to know whether a test fails: the same examples each time, and none made smaller."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

PROFILE = "mutations"
EXAMPLES_MAX = 100

settings.register_profile(
    PROFILE,
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=EXAMPLES_MAX,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
