"""The seeded mistakes: for each the file, the text that is replaced (it occurs once), and what replaces it."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One mistake, and the sentence of the contract that it breaks."""

    name: str
    law: str
    file: str
    old: str
    new: str


RULES = "streamer/score/rules/"
PACKED = "streamer/score/packed/"

MUTANTS = (
    Mutant(
        "window includes its border",
        "within D always means a distance < D",
        RULES + "count.py",
        'int.from_bytes(times[:WIDTH], "big") > edge_ms',
        'int.from_bytes(times[:WIDTH], "big") >= edge_ms',
    ),
    Mutant(
        "at_least is more_than",
        "true while the number of matching events meets at_least",
        RULES + "count.py",
        "return number >= self.low and",
        "return number > self.low and",
    ),
    Mutant(
        "late event counts as now",
        "a late event counts where it falls",
        RULES + "count.py",
        "state[SEEN] = add(state[SEEN], occurred_at, self.most)",
        "state[SEEN] = add(state[SEEN], now_ms, self.most)",
    ),
    Mutant(
        "leaving a window goes unseen",
        "entering and leaving a window act on time, with no event needed",
        RULES + "count.py",
        "return NEVER if leaving is None else leaving + within_ms",
        "return NEVER",
    ),
    Mutant(
        "award once is given at each rise",
        "`once` gives them at the first rise, for good",
        RULES + "held.py",
        "times = min(state[self.RISES], 1)",
        "times = state[self.RISES]",
    ),
    Mutant(
        "points expire a millisecond late",
        "points earned at t are gone at t + D",
        RULES + "earnings.py",
        "return _time_at(earnings, 0) + self._after_ms if earnings else NEVER",
        "return _time_at(earnings, 0) + self._after_ms + 1 if earnings else NEVER",
    ),
    Mutant(
        "limit gives the last event all of its points",
        "the earliest earn up to the limit, the last one partly",
        RULES + "cap.py",
        "            return (self.points_max if points > 0 else -self.points_max), times",
        "            return points, times",
    ),
    Mutant(
        "skip is one short",
        "the earliest N earn nothing",
        RULES + "plain.py",
        "times = count - self._skip",
        "times = count - self._skip + 1",
    ),
    Mutant(
        "changed model forgets its skip",
        "changing skip keeps what was observed and re-scores",
        RULES + "plain.py",
        "self.cap.earned(max(state[self.COUNT] - self.cap.skip, 0))",
        "self.cap.earned(state[self.COUNT])",
    ),
    Mutant(
        "all holds a millisecond too long",
        "true while each condition has an event in (T - within, T]",
        RULES + "all_of.py",
        "return int(min(state[self.SEEN])) + self.spec.within_ms",
        "return int(min(state[self.SEEN])) + self.spec.within_ms + 1",
    ),
    Mutant(
        "sequence may take as long as its window",
        "last - first < within",
        RULES + "sequence.py",
        "time_ms - first_ms >= within_ms",
        "time_ms - first_ms > within_ms",
    ),
    Mutant(
        "wait runs a millisecond longer",
        "at f + D the rule is true",
        RULES + "after.py",
        "return began_ms != IDLE and now_ms >= began_ms + self._within_ms",
        "return began_ms != IDLE and now_ms > began_ms + self._within_ms",
    ),
    Mutant(
        "threshold must be passed",
        "`at` fires going from below to at-or-above",
        "streamer/score/thresholds.py",
        "if old < at <= new and",
        "if old < at < new and",
    ),
    Mutant(
        "threshold is never armed again",
        "armed again once the score was below rearm_below",
        "streamer/score/thresholds.py",
        "self._rearm_below = spec.at if spec.rearm_below is None else spec.rearm_below",
        "self._rearm_below = -1 << 62",
    ),
    Mutant(
        "cooldown is forgotten",
        "cooldown counts from the last firing, a crossing inside it is lost",
        "streamer/score/thresholds.py",
        "return firing[LAST_MS] is None or now_ms - firing[LAST_MS] >= spec.cooldown_ms",
        "return firing[LAST_MS] is None or now_ms >= firing[LAST_MS]",
    ),
    Mutant(
        "duplicate is scored",
        "an event seen again changes nothing",
        "streamer/score/partition.py",
        "                    counts.duplicate += 1\n                    continue\n",
        "                    counts.duplicate += 1\n",
    ),
    Mutant(
        "duplicate moves the clock",
        "rejects and duplicates do not move it",
        "streamer/score/partition.py",
        "                    counts.duplicate += 1\n                    continue\n",
        "                    counts.duplicate += 1\n"
        "                    self.now_ms = max(self.now_ms, occurred_at)\n                    continue\n",
    ),
    Mutant(
        "machine is scored",
        "human false: recorded, not scored",
        "streamer/score/partition.py",
        "if event.human is False:",
        "if event.human is None:",
    ),
    Mutant(
        "applied offset is not noted",
        "an older id counts again, a replay of offsets never does",
        "streamer/score/partition.py",
        "                row.offsets[code] = offset\n",
        "                row.offsets.setdefault(code, -1)\n",
    ),
    Mutant(
        "what ends waits for the event",
        "what ends at b acts before an event dated b",
        "streamer/score/partition.py",
        "timers and timers[0][0] <= now_ms\n",
        "timers and timers[0][0] < now_ms\n",
    ),
    Mutant(
        "half-life is forgotten by what is late",
        "points are worth points·2^(−age/D)",
        RULES + "earnings.py",
        "return [worth + self._left(at_ms - time_ms), at_ms, times + 1]",
        "return [worth + 1.0, at_ms, times + 1]",
    ),
    Mutant(
        "what a value selects forgets the rest of the condition",
        "every field must match",
        "streamer/score/compiling.py",
        "matcher_of([one for one in condition.where if one.field != field]),",
        "None,",
    ),
    Mutant(
        "a boundary of one score is not watched",
        "`at` fires going from below to at-or-above",
        "streamer/score/thresholds.py",
        "if old != new and bounds.are_crossed(clamp(old), clamp(new)):",
        "if old == new and bounds.are_crossed(clamp(old), clamp(new)):",
    ),
    Mutant(
        "a category keeps what it was given first",
        "a plain rule feeds the event's value of that field",
        "streamer/score/categories.py",
        "sums[value] = (sums.get(value) or 0) + after[POINTS] - points",
        "sums[value] = sums.get(value) or after[POINTS] - points",
    ),
    # The short way: that it says the same as the engine is held by one test.
    Mutant(
        "packed: window includes its border",
        "within D always means a distance < D",
        PACKED + "counting.h",
        "time_at(entries, start) <= after_ms",
        "time_at(entries, start) < after_ms",
    ),
    Mutant(
        "packed: a repeat is not known",
        "an event seen again changes nothing",
        PACKED + "module.c",
        "find(row.ids, id_digest.at, DIGEST_BYTES, 0) >= 0",
        "find(row.ids, id_digest.at, DIGEST_BYTES, 0) > 0",
    ),
    Mutant(
        "packed: a bound is crossed only from above it",
        "`at` fires going from below to at-or-above",
        PACKED + "numbers.h",
        "if ((real_of(before) >= of.list[place]) != (real_of(after) >= of.list[place])) return true;",
        "if ((real_of(before) > of.list[place]) != (real_of(after) > of.list[place])) return true;",
    ),
    Mutant(
        "packed: a limit is used up by one less",
        "limit caps what a rule gives",
        PACKED + "earning.h",
        "earning > rule->times_max) return false;",
        "earning >= rule->times_max) return false;",
    ),
    Mutant(
        "packed: a value earns again",
        "once_per: only the earliest event for each value earns",
        PACKED + "earning.h",
        "bool is_first = digest.at && find(values, digest.at, DIGEST_BYTES, 0) < 0;",
        "bool is_first = digest.at && find(values, digest.at, DIGEST_BYTES, 0) <= 0;",
    ),
    Mutant(
        "packed: evidence keeps the oldest",
        "evidence: the newest records",
        PACKED + "states.h",
        "        serials.at += SERIAL_BYTES;\n",
        "",
    ),
    Mutant(
        "packed: decay is forgotten by what is late",
        "points are worth points·2^(−age/D)",
        PACKED + "fading.h",
        "earned.worth + left_of(rule, -age_ms)",
        "earned.worth + left_of(rule, age_ms)",
    ),
    Mutant(
        "packed: the recent category stays where it was",
        "the most recent categories stay",
        PACKED + "categories.h",
        "} else if (is_evident) {",
        "} else if (!is_evident) {",
    ),
    Mutant(
        "packed: halves are rounded as the product has them",
        "sums, scores and total are rounded to six decimals",
        PACKED + "numbers.h",
        "if (lost * over > 0) near",
        "if (lost * over < 0) near",
    ),
    Mutant(
        "packed: a score is not clamped before the formula",
        "scores are clamped to min and max",
        PACKED + "thresholds.h",
        "if (!clamp(&model->clamps[place], &clamped[place])) return UNSURE;",
        "",
    ),
    Mutant(
        "packed: a category leads by less",
        "leads: one category is ahead of the next by so much",
        PACKED + "thresholds.h",
        "real_of(ahead) >= by",
        "real_of(ahead) > by",
    ),
    Mutant(
        "packed: what decays is looked at from its end alone",
        "a threshold acts when decay crosses it",
        PACKED + "decay.h",
        "span->high += last > now ? last : now;",
        "span->high += last;",
    ),
    Mutant(
        "packed: the formula takes away the other way round",
        "total is the formula",
        PACKED + "formula.h",
        "left = subtract(left, right)",
        "left = subtract(right, left)",
    ),
)
