/* Plain rules: what an event earns, with `skip`, `limit` and `once_per`; as `rules/plain.py`, `once.py`, `periods.py`, `ledger.py`. */
#ifndef STREAMER_EARNING_H
#define STREAMER_EARNING_H

#include "states.h"

static Outcome plain(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 4, is_new);
    int64_t count = is_new ? 0 : read_count(state);
    Number before = head.points;
    head.times = ++count;
    head.points = times(points_of(rule), count);
    effect->rose = rule->flags & ALERT;
    effect->given = effect->rose ? subtract(head.points, before) : points_of(rule); /* as the engine adds them up */
    write_head(out, 4, head, true, event);
    write_whole(out, count);
    return EVIDENT;
}

/* `Cap.earned`: what so many events are worth. */
static void earn(const Rule *rule, int64_t events, Head *head) {
    Number points_max = number_of(rule->points_max, rule->flags & REAL_POINTS_MAX);
    head->times = events < rule->times_max ? events : rule->times_max;
    head->points = times(points_of(rule), head->times);
    if (is_below(points_max, head->points) || is_below(head->points, negative(points_max)))
        head->points = is_below(whole_number(0), head->points) ? points_max : negative(points_max);
}

static bool count_capped(const Rule *rule, Head *head, int64_t *count, Effect *effect) {
    int64_t earning = ++*count - rule->skip;
    if (earning <= 0 || earning > rule->times_max) return false;
    Number before = head->points;
    earn(rule, earning, head);
    effect->given = subtract(head->points, before);
    return true;
}

static Outcome capped(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 4, is_new);
    int64_t count = is_new ? 0 : read_count(state);
    bool earns = count_capped(rule, &head, &count, effect);
    effect->rose = earns && rule->flags & ALERT;
    write_head(out, 4, head, earns, event);
    write_whole(out, count);
    return earns ? EVIDENT : TAKEN;
}

static Outcome once_per(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 5, is_new);
    int64_t count = is_new ? 0 : read_count(state);
    Bytes values = is_new ? (Bytes){NULL, 0} : read_bytes(state), digest = event->inputs[rule->digest].bytes;
    bool is_first = digest.at && find(values, digest.at, DIGEST_BYTES, 0) < 0;
    if (is_first && values.size >= DIGEST_BYTES * ONCE_PER_VALUES_MAX) return LEFT;
    bool earns = is_first && count_capped(rule, &head, &count, effect);
    effect->rose = earns && rule->flags & ALERT;
    write_head(out, 5, head, earns, event);
    write_whole(out, count);
    write_bytes_head(out, values.size + (is_first ? DIGEST_BYTES : 0));
    write_run(out, values.at, values.size);
    if (is_first) write_run(out, digest.at, DIGEST_BYTES);
    return earns ? EVIDENT : TAKEN;
}

typedef struct {
    int64_t period, events;
} Counted;

/* `Periods.settle`: what the periods that were folded earn, given as packed, and then those that are known, the earliest first. */
static bool settle_periods(const Rule *rule, const Counted *counts, uint64_t size, int64_t skipped, In folded, Head *head) {
    Number points = whole_number(0);
    int64_t times_of_all = 0;
    for (uint64_t left = read_map(&folded); left && !folded.bad; left--) {
        Head one = *head;
        earn(rule, read_count(&folded), &one);
        int64_t periods = read_count(&folded);
        points = add(points, times(one.points, periods));
        times_of_all += one.times * periods;
    }
    int64_t to_skip = rule->skip - skipped, after = INT64_MIN;
    for (uint64_t done = 0; done < size; done++) {
        const Counted *next = NULL;
        for (const Counted *one = counts; one < counts + size; one++)
            if (one->period > after && (!next || one->period < next->period)) next = one;
        if (!next) break;
        after = next->period;
        int64_t skip = to_skip < 0 ? 0 : to_skip < next->events ? to_skip : next->events;
        to_skip -= skip;
        Head one = *head;
        earn(rule, next->events - skip, &one);
        points = add(points, one.points);
        times_of_all += one.times;
    }
    head->points = points;
    head->times = times_of_all;
    return !folded.bad && is_tame(points);
}

static Outcome periods(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    bool by_value = rule->kind == ONCE_PER_PERIODS;
    uint64_t elements = by_value ? 6 : 5, size = 0;
    static const uint8_t nothing[] = {0x92, 0x00, 0x80};
    Head head = read_head(state, elements, is_new);
    Counted counts[LIMIT_PERIODS_MAX];
    Bytes folded = {nothing, sizeof nothing}, values = {NULL, 0};
    if (!is_new) {
        size = read_map(state);
        if (size > LIMIT_PERIODS_MAX) return LEFT;
        for (uint64_t place = 0; place < size; place++) counts[place] = (Counted){read_whole(state), read_count(state)};
        folded = read_any(state);
        if (by_value) values = read_bytes(state);
        if (state->bad) return LEFT;
    }
    bool counts_now = true;
    size_t width = DIGEST_BYTES + TIME_BYTES;
    Bytes digest = {NULL, 0};
    if (by_value) {
        digest = event->inputs[rule->digest].bytes;
        int64_t known = digest.at ? find(values, digest.at, width, 0) : -1;
        counts_now = digest.at && known < 0;
        if (known >= 0 && event->occurred_at < time_at(values, (size_t)known + DIGEST_BYTES)) return LEFT;
        if (counts_now && values.size >= width * ONCE_PER_VALUES_MAX) return LEFT;
    }
    int64_t before = head.times;
    if (counts_now) {
        int64_t period = event->inputs[rule->period].period;
        uint64_t place = 0;
        while (place < size && counts[place].period != period) place++;
        if (place == LIMIT_PERIODS_MAX) return LEFT;
        if (place == size) counts[size++] = (Counted){period, 0};
        counts[place].events++;
        In in = in_of(folded);
        if (read_list(&in) != 2) return LEFT;
        int64_t skipped = read_count(&in);
        Number points = head.points;
        if (!settle_periods(rule, counts, size, skipped, in, &head)) return LEFT;
        effect->given = subtract(head.points, points);
    }
    bool earns = head.times > before;
    effect->rose = earns && rule->flags & ALERT;
    write_head(out, elements, head, earns, event);
    write_map(out, size);
    for (uint64_t place = 0; place < size; place++) {
        write_whole(out, counts[place].period);
        write_whole(out, counts[place].events);
    }
    write_run(out, folded.at, folded.size);
    if (!by_value) return earns ? EVIDENT : TAKEN;
    write_bytes_head(out, values.size + (counts_now ? width : 0));
    write_run(out, values.at, values.size);
    if (counts_now) {
        write_run(out, digest.at, DIGEST_BYTES);
        write_time(out, event->occurred_at);
    }
    return earns ? EVIDENT : TAKEN;
}

/* `Cap.part`: the points that the next event earns when so much of the limit is used up. */
static Number part(const Rule *rule, Number used) {
    Number points = points_of(rule), zero = whole_number(0);
    Number size = is_below(points, zero) ? negative(points) : points;
    Number room = subtract(number_of(rule->points_max, rule->flags & REAL_POINTS_MAX), used);
    if (is_below(room, size)) size = room;
    return is_below(points, zero) ? negative(size) : size;
}

typedef struct {
    int64_t time_ms, period;
    Bytes digest;
} Earning;

typedef struct {
    int64_t period, times;
    Number points;
} Used;

/* `Ledger.settle` with nothing folded. */
static void settle_ledger(const Rule *rule, const Earning *entries, uint64_t size, int64_t now_ms, Head *head) {
    Used used[LIVE_EARNINGS_MAX + 1];
    uint64_t periods_used = 0;
    int64_t times_of_all = 0;
    Number points = whole_number(0);
    for (uint64_t place = (uint64_t)rule->skip; place < size; place++) {
        uint64_t at = 0;
        while (at < periods_used && used[at].period != entries[place].period) at++;
        if (at == periods_used) used[periods_used++] = (Used){entries[place].period, 0, whole_number(0)};
        if (used[at].times >= rule->times_max) continue;
        Number one = part(rule, used[at].points);
        used[at].times++;
        used[at].points = add(used[at].points, is_below(one, whole_number(0)) ? negative(one) : one);
        if (rule->expires_ms >= 0 && now_ms - entries[place].time_ms >= rule->expires_ms) continue;
        points = add(points, one);
        times_of_all++;
    }
    head->points = points;
    head->times = times_of_all;
}

static Outcome ledger(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    static const uint8_t nothing[] = {0x93, 0x00, 0x80, 0x80};
    Head head = read_head(state, 5, is_new);
    Earning entries[2 * LIVE_EARNINGS_MAX + 1];
    if (rule->skip > LIVE_EARNINGS_MAX) return LEFT;
    uint64_t size = 0, entries_max = (uint64_t)(LIVE_EARNINGS_MAX + rule->skip);
    if (!is_new) {
        size = read_list(state);
        if (size > entries_max) return LEFT;
        for (uint64_t place = 0; place < size && !state->bad; place++) {
            if (read_list(state) != 4) return LEFT;
            entries[place].time_ms = read_whole(state);
            entries[place].digest = read_bytes(state);
            if (!next_is_nil(state)) return LEFT;
            read_byte(state);
            entries[place].period = read_whole(state);
        }
        Bytes folded = read_any(state);
        if (state->bad || folded.size != sizeof nothing || memcmp(folded.at, nothing, sizeof nothing)) return LEFT;
    }
    bool enters = true;
    Earning entry = {event->occurred_at, event->inputs[rule->period].period, {nothing, 0}};
    if (rule->digest >= 0) {
        entry.digest = event->inputs[rule->digest].bytes;
        enters = entry.digest.at != NULL;
        for (uint64_t place = 0; place < size && enters; place++) {
            Bytes known = entries[place].digest;
            if (known.size != DIGEST_BYTES || memcmp(known.at, entry.digest.at, DIGEST_BYTES)) continue;
            if (entry.time_ms < entries[place].time_ms) return LEFT;
            enters = false;
        }
    }
    int64_t before = head.times;
    if (enters) {
        if (size == entries_max) return LEFT;
        uint64_t place = size++;
        for (; place && entries[place - 1].time_ms > entry.time_ms; place--) entries[place] = entries[place - 1];
        entries[place] = entry;
        Number points = head.points;
        settle_ledger(rule, entries, size, event->now_ms, &head);
        effect->given = subtract(head.points, points);
        if (!is_tame(head.points)) return LEFT;
    }
    bool earns = head.times > before;
    effect->rose = earns && rule->flags & ALERT;
    for (uint64_t place = 0; place < size && rule->expires_ms >= 0; place++) {
        if (entries[place].time_ms <= event->now_ms - rule->expires_ms) continue;
        effect->change_ms = entries[place].time_ms + rule->expires_ms;
        break;
    }
    write_head(out, 5, head, earns, event);
    write_list(out, size);
    for (uint64_t place = 0; place < size; place++) {
        write_list(out, 4);
        write_whole(out, entries[place].time_ms);
        write_bytes(out, entries[place].digest);
        write_nil(out);
        write_whole(out, entries[place].period);
    }
    write_run(out, nothing, sizeof nothing);
    return earns ? EVIDENT : TAKEN;
}

#endif
