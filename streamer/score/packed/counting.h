/* Rules of `count`: true while so many events, or values, are in the window; as `rules/held.py`, `count.py`, `distinct.py`. */
#ifndef STREAMER_COUNTING_H
#define STREAMER_COUNTING_H

#include "states.h"

/* What awards leave that do not fade. */
typedef struct {
    bool held;
    int64_t rises;
} Truth;

static Truth read_truth(In *state, bool is_new) {
    Truth truth = {false, 0};
    if (is_new) return truth;
    truth.held = read_bool(state);
    truth.rises = read_count(state);
    if (!next_is_nil(state)) state->bad = true;
    read_byte(state);
    return truth;
}

static void write_truth(Out *out, Truth truth) {
    write_bool(out, truth.held);
    write_whole(out, truth.rises);
    write_nil(out);
}

static bool is_open(const Rule *rule, Truth truth) { return rule->award != ONCE || !truth.rises; }

static bool is_within(const Rule *rule, int64_t number) {
    return number >= rule->low && (!(rule->flags & HAS_HIGH) || number <= rule->high);
}

/* What the rule's truth and its rises are worth. */
static void price(const Rule *rule, Truth truth, Head *head) {
    head->times = rule->award == WHILE ? truth.held : rule->award == ONCE ? truth.rises > 0 : truth.rises;
    head->points = times(points_of(rule), head->times);
}

/* Notes whether the rule is true now, and what it gives for that. */
static void judge(const Rule *rule, bool is_true, Truth *truth, Head *head, Effect *effect) {
    if (is_true == truth->held) return;
    truth->held = is_true;
    truth->rises += is_true;
    Number before = head->points;
    price(rule, *truth, head);
    effect->given = subtract(head->points, before);
    effect->rose = is_true && rule->flags & ALERT;
}

/* The newest but how manieth of so many events in a window is the one whose leaving matters; 0 if none does. */
static int64_t leaving_rank(const Rule *rule, int64_t number) {
    if (rule->flags & HAS_HIGH && number > rule->high) return rule->high + 1;
    return 0 < rule->low && rule->low <= number ? rule->low : 0;
}

/* When the entry of that rank, of entries that begin with a time, leaves the window. */
static int64_t leaving_ms(const Rule *rule, Bytes entries, size_t width, int64_t number) {
    int64_t rank = leaving_rank(rule, number);
    if (!rank || (uint64_t)rank * width > entries.size) return NEVER;
    return time_at(entries, entries.size - (size_t)rank * width) + rule->within_ms;
}

/* How many of the entries, which begin with a time and are in its order, are later than that. */
static int64_t count_since(Bytes entries, size_t width, int64_t after_ms) {
    size_t start = 0;
    while (start + width <= entries.size && time_at(entries, start) <= after_ms) start += width;
    return (int64_t)((entries.size - start) / width);
}

/* `rules/count.py` */

static Outcome count_ever(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 7, is_new);
    Truth truth = read_truth(state, is_new);
    int64_t seen = (is_new ? 0 : read_count(state)) + 1;
    bool counts = is_open(rule, truth);
    judge(rule, is_within(rule, seen), &truth, &head, effect);
    write_head(out, 7, head, counts, event);
    write_truth(out, truth);
    write_whole(out, seen);
    return counts ? EVIDENT : TAKEN;
}

/* An entry with the time of the event put in its place among the others, of which the newest `most` stay. */
static Bytes enter(Bytes entries, const uint8_t *entry, size_t width, int64_t most, uint8_t *into) {
    size_t place = entries.size;
    while (place && memcmp(entries.at + place - width, entry, width) > 0) place -= width;
    if (entries.size) {
        memcpy(into, entries.at, place);
        memcpy(into + place + width, entries.at + place, entries.size - place);
    }
    memcpy(into + place, entry, width);
    Bytes all = {into, entries.size + width};
    if (all.size > (size_t)most * width) {
        all.at += all.size - (size_t)most * width;
        all.size = (size_t)most * width;
    }
    return all;
}

static bool fits(Bytes entries, size_t width) { return entries.size % width == 0 && entries.size + width <= ENTRIES_BYTES_MAX; }

static Outcome count_within(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 7, is_new);
    Truth truth = read_truth(state, is_new);
    Bytes seen = is_new ? (Bytes){NULL, 0} : read_bytes(state);
    if (state->bad || !fits(seen, TIME_BYTES)) return LEFT;
    uint8_t entry[TIME_BYTES], room[ENTRIES_BYTES_MAX];
    pack_time(entry, event->occurred_at);
    seen = enter(seen, entry, TIME_BYTES, rule->most, room);
    int64_t edge_ms = event->now_ms - rule->within_ms;
    bool counts = false;
    if (!(rule->flags & SETTLED_BY_RISE && truth.rises)) {
        counts = event->occurred_at > edge_ms && is_open(rule, truth);
        judge(rule, is_within(rule, count_since(seen, TIME_BYTES, edge_ms)), &truth, &head, effect);
    }
    if (rule->flags & TIMED && !(rule->flags & ONLY_FIRST_RISE))
        effect->change_ms = leaving_ms(rule, seen, TIME_BYTES, count_since(seen, TIME_BYTES, edge_ms));
    write_head(out, 7, head, counts, event);
    write_truth(out, truth);
    write_bytes(out, seen);
    return counts ? EVIDENT : TAKEN;
}

/* `rules/distinct.py` */

#define DISTINCT_BYTES (TIME_BYTES + DIGEST_BYTES)

static Outcome count_distinct(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 7, is_new);
    Truth truth = read_truth(state, is_new);
    Bytes seen = is_new ? (Bytes){NULL, 0} : read_bytes(state), digest = event->inputs[rule->digest].bytes;
    if (state->bad || !fits(seen, DISTINCT_BYTES)) return LEFT;
    uint8_t entry[DISTINCT_BYTES], others[ENTRIES_BYTES_MAX], room[ENTRIES_BYTES_MAX];
    int64_t edge_ms = rule->within_ms < 0 || event->now_ms < rule->within_ms ? -1 : event->now_ms - rule->within_ms;
    bool counts = false;
    if (digest.at) {
        pack_time(entry, event->occurred_at);
        memcpy(entry + TIME_BYTES, digest.at, DIGEST_BYTES);
        int64_t known = find(seen, digest.at, DISTINCT_BYTES, TIME_BYTES);
        if (known < 0) seen = enter(seen, entry, DISTINCT_BYTES, rule->most, room);
        else if (memcmp(seen.at + known, entry, TIME_BYTES) < 0) {
            size_t start = (size_t)known, after = start + DISTINCT_BYTES;
            memcpy(others, seen.at, start);
            memcpy(others + start, seen.at + after, seen.size - after);
            seen = enter((Bytes){others, seen.size - DISTINCT_BYTES}, entry, DISTINCT_BYTES, rule->most, room);
        }
        counts = event->occurred_at > edge_ms && is_open(rule, truth);
        judge(rule, is_within(rule, count_since(seen, DISTINCT_BYTES, edge_ms)), &truth, &head, effect);
    }
    if (rule->within_ms >= 0) effect->change_ms = leaving_ms(rule, seen, DISTINCT_BYTES, count_since(seen, DISTINCT_BYTES, edge_ms));
    write_head(out, 7, head, counts, event);
    write_truth(out, truth);
    write_bytes(out, seen);
    return counts ? EVIDENT : TAKEN;
}

#endif
