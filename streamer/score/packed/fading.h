/* A plain rule with `expires_after` or `half_life` and nothing else; as `rules/fading.py`, `earnings.py`. */
#ifndef STREAMER_FADING_H
#define STREAMER_FADING_H

#include "states.h"

#define EARNING_BYTES (TIME_BYTES + 2)

/* What exponential decay needs: the worth in events at a reference time, that time, and how many they are. */
typedef struct {
    double worth;
    int64_t at_ms, times;
} Decaying;

static double left_of(const Rule *rule, int64_t age_ms) { return pow(2.0, (double)-age_ms / (double)rule->half_life_ms); }

static Decaying read_decaying(In *state) {
    Decaying earned = {0.0, 0, 0};
    if (read_list(state) != 3) state->bad = true;
    Number worth = read_number(state);
    if (!worth.is_real) state->bad = true;
    earned.worth = worth.real;
    earned.at_ms = read_whole(state);
    earned.times = read_count(state);
    return earned;
}

static void settle_decaying(const Rule *rule, Decaying earned, int64_t now_ms, Head *head) {
    head->points = real_number(real_of(points_of(rule)) * earned.worth * left_of(rule, now_ms - earned.at_ms));
    head->times = earned.times;
}

static void write_decaying(Out *out, Decaying earned) {
    write_list(out, 3);
    write_number(out, real_number(earned.worth));
    write_whole(out, earned.at_ms);
    write_whole(out, earned.times);
}

static Outcome decaying(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 4, is_new);
    Decaying earned = {0.0, 0, 0};
    if (!is_new) earned = read_decaying(state);
    effect->rose = rule->flags & ALERT;
    int64_t age_ms = event->occurred_at - earned.at_ms;
    if (age_ms >= 0) earned = (Decaying){earned.worth * left_of(rule, age_ms) + 1.0, event->occurred_at, earned.times + 1};
    else earned = (Decaying){earned.worth + left_of(rule, -age_ms), earned.at_ms, earned.times + 1};
    Number before = head.points;
    settle_decaying(rule, earned, event->now_ms, &head);
    effect->given = subtract(head.points, before);
    write_head(out, 4, head, true, event);
    write_decaying(out, earned);
    return EVIDENT;
}

/* Brings what decays to the moment of the event; what it changes is in `given`. */
static bool fade(const Rule *rule, const Event *event, Bytes state, Out *out, Number *given) {
    In in = in_of(state);
    Head head = read_head(&in, 4, false);
    Decaying earned = read_decaying(&in);
    Number before = head.points;
    settle_decaying(rule, earned, event->now_ms, &head);
    *given = subtract(head.points, before);
    write_head(out, 4, head, false, event);
    write_decaying(out, earned);
    return !in.bad && in.at == in.end && !out->bad && is_tame(*given);
}

static Outcome expiring(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 4, is_new);
    Bytes entries = is_new ? (Bytes){NULL, 0} : read_bytes(state);
    if (state->bad || entries.size % EARNING_BYTES || entries.size > EARNING_BYTES * LIVE_EARNINGS_MAX) return LEFT;
    uint8_t room[EARNING_BYTES * (LIVE_EARNINGS_MAX + 1)], entry[EARNING_BYTES];
    int64_t edge_ms = event->now_ms - rule->expires_ms, before = head.times;
    if (event->occurred_at > edge_ms) {
        if (entries.size == EARNING_BYTES * LIVE_EARNINGS_MAX) return LEFT;
        pack_time(entry, event->occurred_at);
        entry[TIME_BYTES] = 0;
        entry[TIME_BYTES + 1] = 1;
        size_t place = entries.size;
        while (place && memcmp(entries.at + place - EARNING_BYTES, entry, TIME_BYTES) > 0) place -= EARNING_BYTES;
        if (entries.size) {
            memcpy(room, entries.at, place);
            memcpy(room + place + EARNING_BYTES, entries.at + place, entries.size - place);
        }
        memcpy(room + place, entry, EARNING_BYTES);
        entries = (Bytes){room, entries.size + EARNING_BYTES};
    }
    while (entries.size && time_at(entries, 0) <= edge_ms) entries = (Bytes){entries.at + EARNING_BYTES, entries.size - EARNING_BYTES};
    head.times = 0;
    for (size_t start = TIME_BYTES; start < entries.size; start += EARNING_BYTES)
        head.times += entries.at[start] << 8 | entries.at[start + 1];
    Number points = head.points;
    head.points = times(points_of(rule), head.times);
    effect->given = subtract(head.points, points);
    if (entries.size) effect->change_ms = time_at(entries, 0) + rule->expires_ms;
    bool earns = head.times > before;
    effect->rose = earns && rule->flags & ALERT;
    write_head(out, 4, head, earns, event);
    write_bytes(out, entries);
    return earns ? EVIDENT : TAKEN;
}

#endif
