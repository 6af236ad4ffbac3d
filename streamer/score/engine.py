"""The engine: one checked model, compiled. A lead's row and what happened in; the row changed, and its alerts out.

A moment is an event, a profile, or a time at which something ends. It is judged once, after everything that belongs to it:
rules take it in, the numbers are added up, thresholds and stages compare them with those before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xxhash import xxh32_intdigest

from streamer.model.spec import Model
from streamer.score.alerting import Alerter, Times
from streamer.score.births import Births
from streamer.score.bounds import Bounds
from streamer.score.categories import Categories
from streamer.score.compiling import Selection, compile_rules, watchers_of
from streamer.score.decay import DecayWatch
from streamer.score.evidence import SERIALS_BYTES_MAX, pack_reference
from streamer.score.numbers import NO_PLACE, Added, Sums, Tally
from streamer.score.packed import Moment, short_way, unpack_moment
from streamer.score.reasons import Explainer
from streamer.score.row import NEVER, POINTS, SERIALS, TIMES, Row, RuleState, encode_row
from streamer.score.rules import CompiledRule, Rises
from streamer.score.rules.plain import Plain
from streamer.score.thresholds import Watch
from topics.alerts import Alert, LeadScores, Reference
from topics.events import Event
from topics.limits import ERASURE_MS, EVIDENCE_BYTES_MAX
from topics.profiles import Profile
from topics.registry import LEAD_PROFILES

COUNT = Plain.COUNT


class Engine:
    """Everything that is the same for all leads of one partition. Not `packed`: without the short way, whatever there is of it."""

    def __init__(self, model: Model, app: str = "streamer", prefix: str = "", partition: int = 0, *, packed: bool = True) -> None:
        self.model = model
        self.app = app
        self.prefix = prefix
        self.rules = compile_rules(model)
        # A new version of the same rules judges nothing anew; a build that keeps their states under other keys does.
        self.fingerprint = xxh32_intdigest(repr((replace(model, version=""), list(self.rules))).encode())
        self._tally = tally = Tally(model, self.rules)
        self._add_up, self._judge = tally.add_up, tally.judge
        self._nothing = Row()
        self._add_up(self._nothing)
        self._judge(self._nothing)
        self.watchers = watchers_of(self.rules, tally)
        self._explainer = Explainer(self.rules, prefix, partition, packed=packed)
        self._alerter = Alerter(model, app, self.rules, tally, self._explainer)
        watch = Watch(model, tally)
        self._is_calm = watch.is_calm
        self._timed = [(key, rule) for key, rule in self.rules.items() if rule.timed]
        self._fading = [(key, rule, tally.places[key]) for key, rule in self.rules.items() if rule.decays]
        self._fades_categories = any(place == NO_PLACE for _, _, place in self._fading)
        self._decay = DecayWatch(model, self.rules, tally.places) if self._fading else None
        self._births = Births(self.rules, tally)
        self.bounds = Bounds(self.rules)
        self.short_way = short_way(model, self.rules, tally, watch, self._decay, self._births, self.bounds.bitten) if packed else None
        self._observe_category = Categories(self.rules, tally, self.bounds.bitten).observe

    def for_partition(self, partition: int) -> Engine:
        """The same engine, naming the records of another partition."""
        return Engine(self.model, self.app, self.prefix, partition, packed=self.short_way is not None)

    def new_row(self, first_seen_at: int) -> Row:
        """A lead of which nothing is known; its numbers are those that fire nothing."""
        return Row(first_seen_at=first_seen_at, sums=self._nothing.sums.copy(), total=self._nothing.total)

    def first_row(self) -> bytes | None:
        """The packed row that the short way makes a new lead's first row of; None where a lead's birth is judged."""
        if self._births.are_judged:
            return None
        row = self.new_row(-1)
        self._births.bear(row, 0, [])
        row.born = False
        return encode_row(row, False, self.fingerprint)

    def erased_row(self, row: Row, requested_at: int) -> Row:
        """What is left of a lead that asked to be forgotten: what was applied, and up to when what comes is dropped."""
        left = self.new_row(0)
        left.offsets, left.applied, left.wake_ms = row.offsets, row.applied, row.wake_ms
        left.erased_at = max(row.erased_at, requested_at)
        left.due_ms = self._next_change_ms(left, 0)
        return left

    def take_event(
        self,
        lead_id: str,
        row: Row,
        event: Event,
        selection: Selection,
        topic_code: int,
        offset: int,
        event_id: str | None,
        now_ms: int,
        decided_at_ms: int,
    ) -> list[Alert] | None:
        """A scored event, and who watches for it; `event_id` is None for the default id."""
        alerts = self._fade(lead_id, row, now_ms, decided_at_ms) if self._fading else None
        sums = row.sums
        sums_before = sums.copy()
        categories_before: Mapping[str, Sums] = row.categories
        occurred_at: int = event.occurred_at
        rises: Rises = []
        row.events += 1
        if occurred_at > row.last_event_at:
            row.last_event_at = occurred_at
        row.updated_at = now_ms
        serial = (row.applied & 0xFFFF).to_bytes(2, "big")
        rules = row.rules
        due_ms = row.due_ms
        is_evident = False
        is_fading = not row.born  # what a birth or a rule that decays gives may leave the sums as they are, and yet cross something later
        for rule, key, place, each, matched, still_to_test, is_timed in selection.watchers:
            if still_to_test is not None:
                matched = still_to_test(event)
                if not matched:
                    continue
            state = rules.get(key)
            if state is None:
                state = rules[key] = rule.new_state()
            if place == NO_PLACE:
                if categories_before is row.categories:
                    row.categories = {name: sums_by.copy() for name, sums_by in categories_before.items()}
                evidence = self._observe_category(row, rule, state, event, matched, now_ms, rises)
                is_fading = is_fading or rule.decays
            elif each is not None:  # what `Plain.observe` does, without the calls: the rule that most events meet
                times = state[COUNT] = state[TIMES] = state[COUNT] + 1
                state[POINTS] = times * each
                sums[place] += each
                evidence = state
            else:
                points = state[POINTS]
                evidence = rule.observe(state, event, matched, now_ms, rises)
                if state[POINTS] != points:
                    sums[place] += state[POINTS] - points
                    is_fading = is_fading or rule.decays
            if is_timed:
                change_ms = rule.next_change_ms(state, now_ms)
                if change_ms < due_ms:
                    due_ms = change_ms
            if evidence is not None:
                serials = evidence[SERIALS] + serial
                evidence[SERIALS] = serials if len(serials) <= SERIALS_BYTES_MAX else serials[2:]
                is_evident = True
        if is_evident:
            references = row.references = row.references + pack_reference(serial, topic_code, occurred_at, offset, event_id)
            if len(references) > EVIDENCE_BYTES_MAX:
                self.bounds.prune_evidence(row)
        row.due_ms = due_ms  # perhaps too early, when another event has put off what was due: nothing happens then
        if not row.born:
            self._births.bear(row, now_ms, rises)
        is_unchanged = row.sums == sums_before and (row.categories is categories_before or row.categories == categories_before)
        if is_unchanged and not rises and not is_fading:
            return alerts
        if self._decay is not None and (is_fading or not is_unchanged):
            row.due_ms = self._decay.next_crossing_ms(row, now_ms, row.due_ms)
        if not rises and self._is_calm(row, sums_before, categories_before):
            return alerts
        trigger = self._explainer.reference(topic_code, offset, event_id)
        found = self._cross(lead_id, row, (sums_before, categories_before), rises, trigger, Times(now_ms, occurred_at, decided_at_ms))
        return found if alerts is None else alerts + found

    def take_moment(
        self, lead_id: str, row: Row, moment: Moment, topic_code: int, offset: int, event_id: str | None, times: Times
    ) -> list[Alert]:
        """What an event crosses that took the short way; the row is that after it."""
        of_before, risen = unpack_moment(moment)
        trigger = self._explainer.reference(topic_code, offset, event_id)
        return self._cross(lead_id, row, of_before, [(self.rules[key], value) for key, value in risen], trigger, times)

    def take_profile(
        self, lead_id: str, row: Row, profile: Profile, offset: int, timestamp_ms: int, now_ms: int, decided_at_ms: int
    ) -> list[Alert]:
        """A new profile, `{}` when it is removed; a lead that does not exist is born by it."""
        alerts = self._fade(lead_id, row, now_ms, decided_at_ms) if self._fading else []
        before = self._judge(row)
        rises: Rises = []
        row.profile, row.profile_at = profile, [offset, timestamp_ms]
        if not row.born:
            self._births.bear(row, now_ms, rises)
        else:
            self._births.judge_profile(row, profile, now_ms, rises)
        row.updated_at = now_ms
        self._add_up(row)
        row.due_ms = self._next_change_ms(row, now_ms)
        trigger = self._explainer.reference(LEAD_PROFILES.code, offset, None)
        times = Times(now_ms, timestamp_ms, decided_at_ms)
        return alerts + self._alerter.alerts(lead_id, row, before, self._judge(row), rises, trigger, times)

    def take_time(self, lead_id: str, row: Row, until_ms: int, decided_at_ms: int | None) -> list[Alert]:
        """Everything that time alone changes up to `until_ms`, one moment after the other."""
        alerts: list[Alert] = []
        while row.due_ms <= until_ms:
            at_ms = row.due_ms
            found = self._settle(lead_id, row, at_ms, at_ms if decided_at_ms is None else decided_at_ms)
            if found:
                row.updated_at = at_ms  # also where decay alone has crossed something
                alerts += found
            assert row.due_ms > at_ms, f"time stands still for lead {lead_id}"
        return alerts

    def adapt(self, row: Row, now_ms: int) -> int:
        """Takes a row over from another model: keeps what unchanged rules observed, re-scores, fires nothing.

        Returns how many thresholds would have fired.
        """
        row.rules = {key: state for key, state in row.rules.items() if key in self.rules}
        leading = self._alerter.is_leading
        row.firings = {key: firing for key, firing in row.firings.items() if key in self._alerter.keys or leading(row, key)}
        quiet: Rises = []
        for key, state in row.rules.items():
            self.rules[key].settle(state, now_ms, quiet)
        if row.born:
            self._births.judge(row, now_ms, quiet)
        row.updated_at = now_ms
        self._add_up(row)
        row.due_ms, row.wake_ms = self._next_change_ms(row, now_ms), NEVER
        return self._alerter.unfired(row, self._judge(row))

    def scores(self, lead_id: str, row: Row, now_ms: int) -> LeadScores:
        """What `lead-scores` says of the lead."""
        return self._alerter.scores(lead_id, row, self._judge(row), now_ms)

    def _cross(self, lead_id: str, row: Row, of_before: Added, rises: Rises, trigger: Reference, times: Times) -> list[Alert]:
        """The alerts of an event that has changed the row's sums and categories, or made rules rise."""
        self._add_up(row)  # so that fractions carry nothing along of what was added and taken away on the way
        before = self._tally.numbers(*of_before, row.profile)
        return self._alerter.alerts(lead_id, row, before, self._judge(row), rises, trigger, times)

    def _settle(self, lead_id: str, row: Row, at_ms: int, decided_at_ms: int) -> list[Alert]:
        """Judges the moment `at_ms`, to which time alone has led."""
        alerts = self._fade(lead_id, row, at_ms, decided_at_ms)
        before = self._judge(row)
        rises: Rises = []
        if row.erased_at and at_ms >= row.erased_at + ERASURE_MS:
            row.erased_at = 0
        stepped = False
        for key, rule in self._timed:
            state = row.rules.get(key)
            if state is not None:
                given = _given(rule, state)
                rule.settle(state, at_ms, rises)
                stepped = stepped or _given(rule, state) != given
        self._add_up(row)
        row.due_ms = self._next_change_ms(row, at_ms)
        after = self._judge(row)
        if stepped or rises:
            row.updated_at = at_ms
        if not rises and after == before:
            return alerts
        return alerts + self._alerter.alerts(lead_id, row, before, after, rises, None, Times(at_ms, at_ms, decided_at_ms))

    def _fade(self, lead_id: str, row: Row, now_ms: int, decided_at_ms: int) -> list[Alert]:
        """Brings what decays to just before a moment: what that crosses is its own, and no change to be published."""
        rules = row.rules
        fading = [(rule, place, rules[key]) for key, rule, place in self._fading if key in rules]
        if not fading:
            return []
        sums, categories = row.sums, row.categories
        row.sums = sums.copy()
        for rule, place, state in fading:
            points = state[POINTS]
            rule.fade(state, now_ms)
            if place != NO_PLACE:
                row.sums[place] += state[POINTS] - points
        if self._fades_categories:
            self._add_up(row)
        if self._is_calm(row, sums, categories):
            return []
        before = self._tally.numbers(sums, categories, row.profile)
        return self._alerter.alerts(lead_id, row, before, self._judge(row), [], None, Times(now_ms, now_ms, decided_at_ms))

    def _next_change_ms(self, row: Row, now_ms: int) -> int:
        due_ms = NEVER
        for key, rule in self._timed:
            state = row.rules.get(key)
            if state is not None:
                change_ms = rule.next_change_ms(state, now_ms)
                if change_ms < due_ms:
                    due_ms = change_ms
        if row.erased_at:
            due_ms = min(due_ms, row.erased_at + ERASURE_MS)
        return due_ms if self._decay is None else self._decay.next_crossing_ms(row, now_ms, due_ms)


def _given(rule: CompiledRule, state: RuleState) -> list[tuple[object, object, object]]:
    """What a rule gives, as `lead-scores` shows it even where a score is clamped."""
    return [(value, one[POINTS], one[TIMES]) for value, one in rule.reasons(state)]
