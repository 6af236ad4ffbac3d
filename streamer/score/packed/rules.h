/* What each kind of rule makes of an event: its packed state in, the new state out. Each says in C what the class of the same name
   in `score/rules` says in Python; what is not the daily course of things (an alert, a bound that bites) is left to the class. */
#ifndef STREAMER_RULES_H
#define STREAMER_RULES_H

#include "msgpack.h"

enum { PLAIN, CAPPED, COUNT_EVER, COUNT_WITHIN, ONCE_PER, COUNT_DISTINCT, KINDS };
enum { WHILE, ONCE, EACH };
enum { ALERT = 1, TIMED = 2, HAS_HIGH = 4, SETTLED_BY_RISE = 8, ONLY_FIRST_RISE = 16, REAL_POINTS = 32, REAL_POINTS_MAX = 64 };

#define NEVER ((1LL << 48) - 1)
#define TIME_BYTES 6
#define DIGEST_BYTES 8
#define SERIAL_BYTES 2
#define EVIDENCE_REFS_MAX 10
#define ONCE_PER_VALUES_MAX 128
#define EVENTS_MAX (1LL << 31) /* of one rule and lead: beyond it, products with points might leave the range of whole numbers */

/* One rule of the model, as `programs.py` packs it. */
typedef struct {
    uint8_t kind, place, award, flags;
    uint32_t key;
    int64_t digest; /* which of the event's digests the rule counts by; -1: none */
    int64_t points, points_max; /* the bits of a float where the flags say so */
    int64_t skip, times_max;
    int64_t low, high, most, within_ms;
} Rule;

typedef struct {
    int64_t occurred_at, now_ms;
    uint8_t serial[SERIAL_BYTES];
    const Bytes *digests; /* of the fields that rules count by; `at` is NULL where the event has no value */
    size_t digests_size;
} Event;

typedef enum { TAKEN, EVIDENT, LEFT } Outcome; /* LEFT: to the Python class, with the state as it was */

/* What every state begins with. */
typedef struct {
    Number points;
    int64_t times;
    Bytes serials;
} Head;

static Number number_of(int64_t bits, bool is_real) {
    Number number = {is_real, bits, 0};
    if (is_real) memcpy(&number.real, &bits, 8);
    return number;
}

static Number points_of(const Rule *rule) { return number_of(rule->points, rule->flags & REAL_POINTS); }

static int64_t read_count(In *in) {
    int64_t count = read_whole(in);
    if (count < 0 || count > EVENTS_MAX) in->bad = true;
    return count;
}

/* The head of a state with so many elements; of a lead of which the rule has seen nothing, that of a new one. */
static Head read_head(In *state, uint64_t elements, bool is_new) {
    Head head = {whole_number(0), 0, {NULL, 0}};
    if (is_new) return head;
    if (read_list(state) != elements) state->bad = true;
    head.points = read_number(state);
    head.times = read_count(state);
    head.serials = read_bytes(state);
    if (!is_tame(head.points)) state->bad = true;
    return head;
}

static void write_head(Out *out, uint64_t elements, Head head, bool is_evident, const Event *event) {
    write_list(out, elements);
    write_number(out, head.points);
    write_whole(out, head.times);
    Bytes serials = head.serials;
    if (!is_evident) {
        write_bytes(out, serials);
        return;
    }
    if (serials.size + SERIAL_BYTES > SERIAL_BYTES * EVIDENCE_REFS_MAX) {
        serials.at += SERIAL_BYTES;
        serials.size -= SERIAL_BYTES;
    }
    write_bytes_head(out, serials.size + SERIAL_BYTES);
    write_run(out, serials.at, serials.size);
    write_run(out, event->serial, SERIAL_BYTES);
}

static int64_t time_at(Bytes times, size_t start) {
    int64_t time_ms = 0;
    for (size_t place = start; place < start + TIME_BYTES; place++) time_ms = time_ms << 8 | times.at[place];
    return time_ms;
}

static void write_time(Out *out, int64_t time_ms) {
    if (!has_room(out, TIME_BYTES)) return;
    for (int shift = 8 * (TIME_BYTES - 1); shift >= 0; shift -= 8) *out->at++ = (uint8_t)(time_ms >> shift);
}

/* Where the entry of that width starts that has the digest at its place `at`; -1 when there is none. */
static int64_t find(Bytes entries, const uint8_t *digest, size_t width, size_t at) {
    for (size_t start = 0; start + width <= entries.size; start += width)
        if (!memcmp(entries.at + start + at, digest, DIGEST_BYTES)) return (int64_t)start;
    return -1;
}

/* `rules/plain.py` */

static Outcome plain(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Number *given) {
    Head head = read_head(state, 4, is_new);
    int64_t count = is_new ? 0 : read_count(state);
    head.times = ++count;
    head.points = times(points_of(rule), count);
    *given = points_of(rule);
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

static bool count_capped(const Rule *rule, Head *head, int64_t *count, Number *given) {
    int64_t earning = ++*count - rule->skip;
    if (earning <= 0 || earning > rule->times_max) return false;
    Number before = head->points;
    earn(rule, earning, head);
    *given = subtract(head->points, before);
    return true;
}

static Outcome capped(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Number *given) {
    Head head = read_head(state, 4, is_new);
    int64_t count = is_new ? 0 : read_count(state);
    bool earns = count_capped(rule, &head, &count, given);
    if (earns && rule->flags & ALERT) return LEFT;
    write_head(out, 4, head, earns, event);
    write_whole(out, count);
    return earns ? EVIDENT : TAKEN;
}

/* `rules/once.py`, OncePer */

static Outcome once_per(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Number *given) {
    Head head = read_head(state, 5, is_new);
    int64_t count = is_new ? 0 : read_count(state);
    Bytes values = is_new ? (Bytes){NULL, 0} : read_bytes(state), digest = event->digests[rule->digest];
    bool is_first = digest.at && find(values, digest.at, DIGEST_BYTES, 0) < 0;
    if (is_first && values.size >= DIGEST_BYTES * ONCE_PER_VALUES_MAX) return LEFT;
    bool earns = is_first && count_capped(rule, &head, &count, given);
    if (earns && rule->flags & ALERT) return LEFT;
    write_head(out, 5, head, earns, event);
    write_whole(out, count);
    write_bytes_head(out, values.size + (is_first ? DIGEST_BYTES : 0));
    write_run(out, values.at, values.size);
    if (is_first) write_run(out, digest.at, DIGEST_BYTES);
    return earns ? EVIDENT : TAKEN;
}

/* `rules/held.py`, without awards that fade */

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

/* Notes whether the rule is true now, and what it gives for that; false when there is an alert to be made of it. */
static bool judge(const Rule *rule, bool is_true, Truth *truth, Head *head, Number *given) {
    if (is_true == truth->held) return true;
    truth->held = is_true;
    truth->rises += is_true;
    if (is_true && rule->flags & ALERT) return false;
    Number before = head->points;
    head->times = rule->award == WHILE ? is_true : rule->award == ONCE ? truth->rises > 0 : truth->rises;
    head->points = times(points_of(rule), head->times);
    *given = subtract(head->points, before);
    return true;
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

static Outcome count_ever(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Number *given) {
    Head head = read_head(state, 7, is_new);
    Truth truth = read_truth(state, is_new);
    int64_t seen = (is_new ? 0 : read_count(state)) + 1;
    bool counts = is_open(rule, truth);
    if (!judge(rule, is_within(rule, seen), &truth, &head, given)) return LEFT;
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

#define ENTRIES_BYTES_MAX 4096

static bool fits(Bytes entries, size_t width) { return entries.size % width == 0 && entries.size + width <= ENTRIES_BYTES_MAX; }

static void pack_time(uint8_t *into, int64_t time_ms) {
    for (int place = TIME_BYTES - 1; place >= 0; place--, time_ms >>= 8) into[place] = (uint8_t)time_ms;
}

static Outcome count_within(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Number *given, int64_t *change_ms) {
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
        if (!judge(rule, is_within(rule, count_since(seen, TIME_BYTES, edge_ms)), &truth, &head, given)) return LEFT;
    }
    if (rule->flags & TIMED && !(rule->flags & ONLY_FIRST_RISE))
        *change_ms = leaving_ms(rule, seen, TIME_BYTES, count_since(seen, TIME_BYTES, edge_ms));
    write_head(out, 7, head, counts, event);
    write_truth(out, truth);
    write_bytes(out, seen);
    return counts ? EVIDENT : TAKEN;
}

/* `rules/distinct.py` */

#define DISTINCT_BYTES (TIME_BYTES + DIGEST_BYTES)

static Outcome count_distinct(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Number *given, int64_t *change_ms) {
    Head head = read_head(state, 7, is_new);
    Truth truth = read_truth(state, is_new);
    Bytes seen = is_new ? (Bytes){NULL, 0} : read_bytes(state), digest = event->digests[rule->digest];
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
        if (!judge(rule, is_within(rule, count_since(seen, DISTINCT_BYTES, edge_ms)), &truth, &head, given)) return LEFT;
    }
    if (rule->within_ms >= 0) *change_ms = leaving_ms(rule, seen, DISTINCT_BYTES, count_since(seen, DISTINCT_BYTES, edge_ms));
    write_head(out, 7, head, counts, event);
    write_truth(out, truth);
    write_bytes(out, seen);
    return counts ? EVIDENT : TAKEN;
}

static Outcome observe(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Number *given, int64_t *change_ms) {
    *given = whole_number(0);
    *change_ms = NEVER;
    Outcome outcome = LEFT;
    switch (rule->kind) {
        case PLAIN: outcome = plain(rule, event, state, is_new, out, given); break;
        case CAPPED: outcome = capped(rule, event, state, is_new, out, given); break;
        case COUNT_EVER: outcome = count_ever(rule, event, state, is_new, out, given); break;
        case COUNT_WITHIN: outcome = count_within(rule, event, state, is_new, out, given, change_ms); break;
        case ONCE_PER: outcome = once_per(rule, event, state, is_new, out, given); break;
        case COUNT_DISTINCT: outcome = count_distinct(rule, event, state, is_new, out, given, change_ms); break;
    }
    return state->bad || state->at != state->end || out->bad || !is_tame(*given) ? LEFT : outcome;
}

#endif
