/* A rule as it is packed, an event as rules see it, and what the states of all rules begin with. */
#ifndef STREAMER_STATES_H
#define STREAMER_STATES_H

#include "msgpack.h"

enum { PLAIN, CAPPED, ONCE_PER, PERIODS, ONCE_PER_PERIODS, LEDGER, FADING, COUNT_EVER, COUNT_WITHIN, COUNT_DISTINCT, BY_CATEGORY, COUNT_SAME, ALL_OF, AFTER_WITHOUT, SEQUENCE };
enum { WHILE, ONCE, EACH };
enum { ALERT = 1, TIMED = 2, HAS_HIGH = 4, SETTLED_BY_RISE = 8, ONLY_FIRST_RISE = 16, REAL_POINTS = 32, REAL_POINTS_MAX = 64, BY = 128 };

#define NEVER ((1LL << 48) - 1)
#define TIME_BYTES 6
#define DIGEST_BYTES 8
#define SERIAL_BYTES 2
#define EVIDENCE_REFS_MAX 10
#define ONCE_PER_VALUES_MAX 128
#define LIMIT_PERIODS_MAX 8
#define LIVE_EARNINGS_MAX 128
#define SAME_VALUES_MAX 32
#define EVENTS_MAX (1LL << 31) /* of one rule and lead: beyond it, products with points might leave the range of whole numbers */

/* One rule of the model, as `programs.py` packs it. */
typedef struct {
    uint8_t kind, place, award, flags; /* the place is that of a score: among the sums, or among the scores with `by` */
    uint32_t key;
    int16_t digest, period, value; /* which of the event's inputs the rule looks at; -1: none */
    int16_t inner;                 /* the kind of the rule that is judged for each value apart */
    int64_t points, points_max;    /* the bits of a float where the flags say so */
    int64_t skip, times_max;
    int64_t low, high, most, within_ms, expires_ms, half_life_ms; /* a time of -1: none */
    int64_t matched;               /* the conditions that the event matches, a bit for each, of `low` in all */
} Rule;

/* A digest, a packed value (`at` is NULL where the event has none), or a calendar period. */
typedef struct {
    Bytes bytes;
    int64_t period;
} Input;

typedef struct {
    int64_t occurred_at, now_ms;
    uint8_t serial[SERIAL_BYTES];
    const Input *inputs;
} Event;

typedef enum { TAKEN, EVIDENT, LEFT } Outcome; /* LEFT: to the Python class, with the state as it was */

/* What every state begins with. */
typedef struct {
    Number points;
    int64_t times;
    Bytes serials;
} Head;

/* What an event did to one value of a rule. */
typedef struct {
    Bytes value; /* `at` is NULL where the event has none */
    Head before, after;
    bool is_kept; /* whether the rule has a state for the value now */
} Moved;

/* What an event gives by a rule, when time alone changes that next, whether there is an alert to be made of it, and what it did to a value. */
typedef struct {
    Number given;
    int64_t change_ms;
    bool rose;
    Moved moved;
} Effect;

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

#define ENTRIES_BYTES_MAX 4096

static void pack_time(uint8_t *into, int64_t time_ms) {
    for (int place = TIME_BYTES - 1; place >= 0; place--, time_ms >>= 8) into[place] = (uint8_t)time_ms;
}

#endif
