/* Rules that judge each value of a field apart; as `rules/by_category.py`, `same.py`. */
#ifndef STREAMER_VALUES_H
#define STREAMER_VALUES_H

#include "counting.h"
#include "earning.h"
#include "fading.h"

#define INNER_BYTES_MAX (8 * 1024)

typedef struct {
    Bytes value, state;
} Valued;

typedef struct {
    Valued list[SAME_VALUES_MAX + 1];
    uint64_t size, place; /* the place of the event's value */
    bool is_new;
} Values;

static bool read_values(In *state, bool is_new, Bytes value, Values *values) {
    values->size = is_new ? 0 : read_map(state);
    if (values->size > SAME_VALUES_MAX) return false;
    for (uint64_t place = 0; place < values->size && !state->bad; place++) {
        values->list[place].value = read_any(state);
        values->list[place].state = read_any(state);
    }
    for (values->place = 0; values->place < values->size; values->place++) {
        Bytes known = values->list[values->place].value;
        if (value.at && known.size == value.size && !memcmp(known.at, value.at, value.size)) break;
    }
    values->is_new = values->place == values->size;
    return !state->bad;
}

static void write_values(Out *out, const Values *values) {
    write_map(out, values->size);
    for (uint64_t place = 0; place < values->size; place++) {
        write_run(out, values->list[place].value.at, values->list[place].value.size);
        write_run(out, values->list[place].state.at, values->list[place].state.size);
    }
}

/* Lets the rule that is judged for each value apart take in the event; its new state is in `room`. */
static Outcome observe_value(const Rule *rule, const Event *event, const Values *values, uint8_t *room, Bytes *now, Effect *effect) {
    Moved *moved = &effect->moved;
    Head nothing = {whole_number(0), 0, {NULL, 0}};
    Bytes known = values->is_new ? (Bytes){NULL, 0} : values->list[values->place].state;
    In in = in_of(known), again = in;
    if (!values->is_new) read_list(&again);
    moved->before = nothing;
    if (!values->is_new) {
        moved->before.points = read_number(&again);
        moved->before.times = read_count(&again);
    }
    Out out = {room, room, room + INNER_BYTES_MAX, false};
    Effect inner = {whole_number(0), NEVER, false, {{NULL, 0}, nothing, nothing, false}};
    Outcome outcome = LEFT;
    switch (rule->inner) {
        case PLAIN: outcome = plain(rule, event, &in, values->is_new, &out, &inner); break;
        case COUNT_EVER: outcome = count_ever(rule, event, &in, values->is_new, &out, &inner); break;
        case COUNT_WITHIN: outcome = count_within(rule, event, &in, values->is_new, &out, &inner); break;
        case COUNT_DISTINCT: outcome = count_distinct(rule, event, &in, values->is_new, &out, &inner); break;
    }
    if (outcome == LEFT || in.bad || again.bad || in.at != in.end || out.bad) return LEFT;
    *now = (Bytes){room, (size_t)(out.at - out.start)};
    again = in_of(*now);
    read_list(&again);
    moved->after = nothing;
    moved->after.points = read_number(&again);
    moved->after.times = read_count(&again);
    moved->is_kept = true;
    effect->rose = inner.rose;
    return outcome;
}

static Outcome by_category(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Moved *moved = &effect->moved;
    Head head = read_head(state, 4, is_new);
    moved->value = event->inputs[rule->value].bytes;
    Values values;
    if (!read_values(state, is_new, moved->value, &values)) return LEFT;
    Outcome outcome = TAKEN;
    uint8_t room[INNER_BYTES_MAX];
    if (moved->value.at) {
        Bytes now;
        outcome = observe_value(rule, event, &values, room, &now, effect);
        if (outcome == LEFT) return LEFT;
        values.list[values.place] = (Valued){moved->value, now};
        values.size += values.is_new;
    }
    write_head(out, 4, head, false, event);
    write_values(out, &values);
    return outcome;
}

/* When time alone changes what is kept of a value next. */
static int64_t value_change_ms(const Rule *rule, const Event *event, Bytes state) {
    In in = in_of(state);
    read_head(&in, 7, false);
    read_truth(&in, false);
    if (rule->inner == COUNT_EVER || rule->within_ms < 0) return NEVER;
    size_t width = rule->inner == COUNT_WITHIN ? TIME_BYTES : DISTINCT_BYTES;
    Bytes seen = read_bytes(&in);
    if (in.bad || seen.size < width || seen.size % width) return NEVER;
    int64_t edge_ms = event->now_ms - rule->within_ms, newest_ms = time_at(seen, seen.size - width), change_ms = NEVER;
    if (!(rule->inner == COUNT_WITHIN && rule->flags & ONLY_FIRST_RISE))
        change_ms = leaving_ms(rule, seen, width, count_since(seen, width, edge_ms));
    if (newest_ms > edge_ms && newest_ms + rule->within_ms < change_ms) change_ms = newest_ms + rule->within_ms;
    return change_ms;
}

static Outcome count_same(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Moved *moved = &effect->moved;
    Head head = read_head(state, 6, is_new);
    Bytes value = event->inputs[rule->value].bytes;
    moved->value = value;
    Values values;
    if (!read_values(state, is_new, value, &values)) return LEFT;
    if (!is_new && (read_map(state) || read_bytes(state).size)) return LEFT; /* awards of values that lost their place */
    Outcome outcome = TAKEN;
    uint8_t room[INNER_BYTES_MAX];
    if (value.at && (rule->within_ms < 0 || event->occurred_at > event->now_ms - rule->within_ms)) {
        Bytes now;
        outcome = observe_value(rule, event, &values, room, &now, effect);
        if (outcome == LEFT) return LEFT;
        if (values.is_new && outcome == TAKEN) {
            moved->is_kept = effect->rose = false;
            moved->after = moved->before;
        } else {
            if (values.is_new && values.size == SAME_VALUES_MAX) return LEFT;
            values.size += values.is_new;
            for (uint64_t place = values.place; place + 1 < values.size; place++) values.list[place] = values.list[place + 1];
            values.list[values.size - 1] = (Valued){value, now};
            effect->given = subtract(moved->after.points, moved->before.points);
            head.points = add(head.points, effect->given);
        }
    }
    if (rule->flags & TIMED)
        for (uint64_t place = 0; place < values.size; place++) {
            int64_t one_ms = value_change_ms(rule, event, values.list[place].state);
            if (one_ms < effect->change_ms) effect->change_ms = one_ms;
        }
    write_head(out, 6, head, false, event);
    write_values(out, &values);
    write_map(out, 0);
    write_bytes(out, (Bytes){NULL, 0});
    return outcome;
}

#endif
