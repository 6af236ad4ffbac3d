"""A plain rule whose earnings must be told apart: `skip`, `limit` or `once_per` together with fading points or categories.

Which events earn depends on their order in event time, so 128 of them are kept, besides those skipped, and walked after each
that comes, of those that no full limit keeps from earning. What the others earned, the oldest of them first, is added up by
category for each 128th of `expires_after`; points that decay, and those that stay, can be added up as they are.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from streamer.model.spec import Number, Per, Rule
from streamer.score.adding import sum_of
from streamer.score.fields import Field, Value
from streamer.score.row import NEVER, POINTS, TIMES, RuleState
from streamer.score.rules.base import OWN, CompiledRule, Matched, Rises, ValuesRule
from streamer.score.rules.calendar import period_of
from streamer.score.rules.cap import Cap
from topics.events import Event
from topics.limits import LIMIT_PERIODS_MAX, LIVE_EARNINGS_MAX

TIME: Final = 0
DIGEST: Final = 1
CATEGORY: Final = 2
PERIOD: Final = 3
SKIPPED: Final = 0
USED: Final = 1
EARNED: Final = 2
Entry = tuple[int, bytes, Value | None, int]
Span = tuple[int, Number, int]


class Ledger(CompiledRule):
    """`state[ENTRIES]`: [time, digest of the `once_per` value, category, period of the limit], oldest first.

    `state[FOLDED]`: what older entries leave behind: [events skipped, {period: [times, points] of its limit used},
    {category: {span: [newest time, worth in events then, times] of what was earned in a span of time}}].
    """

    ENTRIES, FOLDED = OWN, OWN + 1

    def __init__(self, spec: Rule, key: int, timezone: str, once_per: Field | None, category: Field | None = None) -> None:
        super().__init__(spec, key)
        self._cap = Cap(spec)
        self.once_per = once_per
        self._category = category
        self.period_of = period_of(spec.limit.per if spec.limit is not None else Per.EVER, timezone)
        # A value of `once_per` that found no room in its period is remembered: it earns nothing in another one.
        self._forgets_those_without_room = spec.once_per is None or spec.limit is None or spec.limit.per is Per.EVER
        self._folds_in_fullest_period = spec.once_per is None and spec.limit is not None and spec.limit.per is not Per.EVER
        self.decays = spec.half_life_ms is not None
        self.timed = self.decays or spec.expires_after_ms is not None
        self._span_ms = NEVER if spec.expires_after_ms is None else -(-spec.expires_after_ms // LIVE_EARNINGS_MAX)

    def new_state(self) -> RuleState:
        return [0, 0, b"", [], [0, {}, {}]]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        entry = self._entry(event)
        if entry is None or not self._enter(state[self.ENTRIES], entry):
            return None
        if len(state[self.ENTRIES]) > LIVE_EARNINGS_MAX + self._cap.skip:
            self._make_room(state, now_ms)
        before = state[TIMES]
        self.settle(state, now_ms, rises)
        if state[TIMES] <= before:
            return None
        if self.alert:
            rises.append((self, None))
        return state

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        earned = self.earned(state, now_ms)
        state[POINTS] = sum_of(points for points, _ in earned.values())
        state[TIMES] = sum(times for _, times in earned.values())

    def fade(self, state: RuleState, now_ms: int) -> None:
        self.settle(state, now_ms, [])

    def next_change_ms(self, state: RuleState, now_ms: int) -> int:
        after_ms = self.spec.expires_after_ms
        if after_ms is None:
            return NEVER
        edge_ms = now_ms - after_ms
        change_ms = next((int(entry[TIME]) + after_ms for entry in state[self.ENTRIES] if entry[TIME] > edge_ms), NEVER)
        kept = (span[TIME] + after_ms for spans in state[self.FOLDED][EARNED].values() for span in spans.values() if span[TIME] > edge_ms)
        return min(change_ms, min(kept, default=NEVER))

    def earned(self, state: RuleState, now_ms: int) -> dict[Value | None, tuple[Number, int]]:
        """Points, and how many events earn them, by category."""
        skipped, used, kept = state[self.FOLDED]
        used = {period: list(use) for period, use in used.items()}
        earned: dict[Value | None, tuple[Number, int]] = {}

        def add(category: Value | None, time_ms: int, points: Number, times: int) -> None:
            left = self._left(now_ms - time_ms)
            if left is not None:
                known_points, known_times = earned.get(category, (0, 0))
                earned[category] = known_points + points * left, known_times + times

        for category, spans in kept.items():
            for time_ms, worth, times in spans.values():
                add(category, time_ms, worth * self.points, times)
        for time_ms, _, category, period in state[self.ENTRIES]:
            if skipped < self._cap.skip:
                skipped += 1
                continue
            part = self._use(used, period)
            if part is not None:
                add(category, time_ms, part, 1)
        return earned

    def _entry(self, event: Event) -> Entry | None:
        digest, category = b"", None
        if self.once_per is not None and not (digest := self.once_per.digest(event) or b""):
            return None
        if self._category is not None and (category := self._category.value(event)) is None:
            return None
        return event.occurred_at, digest, category, self.period_of(event.occurred_at)

    def _enter(self, entries: list[Entry], entry: Entry) -> bool:
        if entry[DIGEST]:
            known = next((one for one in entries if one[DIGEST] == entry[DIGEST]), None)
            if known is not None:
                if known[TIME] <= entry[TIME]:
                    return False
                entries.remove(known)
        place = len(entries)
        while place and entries[place - 1][TIME] > entry[TIME]:
            place -= 1
        entries.insert(place, entry)
        return True

    def _use(self, used: dict[int, list[Number]], period: int) -> Number | None:
        """The points that the next event in its period earns, taken off the period's limit; None when it has no room."""
        use = used.setdefault(period, [0, 0])
        if use[0] >= self._cap.times_max:
            return None
        part = self._cap.part(int(use[0]), use[1])
        use[0] += 1
        use[1] += abs(part)
        return part

    def _left(self, age_ms: int) -> float | None:
        """What is left of a point of that age; None when it has expired."""
        if self.spec.half_life_ms is not None:
            return float(2.0 ** (-age_ms / self.spec.half_life_ms))
        return None if self.spec.expires_after_ms is not None and age_ms >= self.spec.expires_after_ms else 1

    def _make_room(self, state: RuleState, now_ms: int) -> None:
        """Drops the newest entry that a full limit keeps from earning for ever, or else folds one that earns."""
        entries: list[Entry] = state[self.ENTRIES]
        folded = state[self.FOLDED]
        first = max(self._cap.skip - folded[SKIPPED], 0)
        if self._forgets_those_without_room:
            in_period = Counter(entry[PERIOD] for entry in entries[first:])
            in_period.update({period: use[0] for period, use in folded[USED].items()})
            for place in range(len(entries) - 1, first - 1, -1):
                if in_period[entries[place][PERIOD]] > self._cap.times_max:
                    del entries[place]
                    return
        self._fold_one(state, now_ms)

    def _fold_one(self, state: RuleState, now_ms: int) -> None:
        """Those skipped stay, for a late event puts the last of them to those that earn; a limit's last ones stay in every period."""
        self.bitten["kept_earnings"] += 1
        entries: list[Entry] = state[self.ENTRIES]
        folded = state[self.FOLDED]
        place = max(self._cap.skip - folded[SKIPPED], 0)
        if self._folds_in_fullest_period:
            periods = [entry[PERIOD] for entry in entries[place:]]
            place += periods.index(Counter(periods).most_common(1)[0][0])
        entry = entries.pop(place)
        part = self._use(folded[USED], entry[PERIOD])
        while len(folded[USED]) > LIMIT_PERIODS_MAX:
            del folded[USED][min(folded[USED])]
        if part is not None:
            self._keep(folded[EARNED], entry, 1 if part == self.points else part / self.points, now_ms)

    def _keep(self, kept: dict[Value | None, dict[int, Span]], entry: Entry, worth: Number, now_ms: int) -> None:
        """Adds to what was earned in the same span of time; points that expire leave late by it. What has expired goes."""
        time_ms = entry[TIME]
        place = time_ms // self._span_ms
        known_ms, known_worth, times = kept.setdefault(entry[CATEGORY], {}).get(place, (time_ms, 0, 0))
        newest_ms = max(known_ms, time_ms)
        worth = known_worth * (self._left(newest_ms - known_ms) or 0) + worth * (self._left(newest_ms - time_ms) or 0)
        kept[entry[CATEGORY]][place] = (newest_ms, worth, times + 1)
        for category, spans in list(kept.items()):
            for place in [place for place, span in spans.items() if self._left(now_ms - span[TIME]) is None]:
                del spans[place]
            if not spans:
                del kept[category]


class LedgerByCategory(ValuesRule):
    """A ledger on a score with `by`: one ledger for all categories, its earnings handed to each in `state[VALUES]`."""

    LEDGER = ValuesRule.VALUES + 1
    moves_others = True

    def __init__(self, spec: Rule, key: int, timezone: str, once_per: Field | None, category: Field) -> None:
        super().__init__(spec, key, category)
        self._ledger = Ledger(spec, key, timezone, once_per, category)
        self.timed, self.decays = self._ledger.timed, self._ledger.decays

    def count_bites_in(self, bitten: Counter[str]) -> None:
        super().count_bites_in(bitten)
        self._ledger.count_bites_in(bitten)

    def new_state(self) -> RuleState:
        return [0, 0, b"", {}, self._ledger.new_state()]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        before = {category: one[TIMES] for category, one in self.states(state).items()}
        mine: Rises = []
        self._ledger.observe(state[self.LEDGER], event, matched, now_ms, mine)
        self.settle(state, now_ms, mine)
        # a late event may take up the skip or the limit, so that one of another category earns in its place
        grown = [category for category, one in self.states(state).items() if one[TIMES] > before.get(category, 0)]
        rises.extend((self, category) for category in grown if mine)
        value = self.value(event)
        return self.states(state)[value] if value in grown else None

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        self._ledger.settle(state[self.LEDGER], now_ms, rises)
        before = self.states(state)
        earned = self._ledger.earned(state[self.LEDGER], now_ms)
        state[self.VALUES] = {
            category: [points, times, before[category][2] if category in before else b""] for category, (points, times) in earned.items()
        }

    def fade(self, state: RuleState, now_ms: int) -> None:
        self.settle(state, now_ms, [])

    def next_change_ms(self, state: RuleState, now_ms: int) -> int:
        return self._ledger.next_change_ms(state[self.LEDGER], now_ms)

    def forget(self, state: RuleState, value: Value) -> None:
        ledger = state[self.LEDGER]
        ledger[Ledger.ENTRIES] = [entry for entry in ledger[Ledger.ENTRIES] if entry[CATEGORY] != value]
        ledger[Ledger.FOLDED][EARNED].pop(value, None)
        super().forget(state, value)
