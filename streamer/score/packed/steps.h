/* Rules of several conditions: all of them, one after the other, one without the other; as `rules/all_of.py`, `sequence.py`, `after.py`. */
#ifndef STREAMER_STEPS_H
#define STREAMER_STEPS_H

#include "counting.h"

#define CONDITIONS_MAX 8
#define STEP_TIMES_MAX 16

/* `HeldRule.settle` prices the rule also where its truth stays. */
static void settle(const Rule *rule, bool is_true, Truth *truth, Head *head, Effect *effect) {
    judge(rule, is_true, truth, head, effect);
    price(rule, *truth, head);
}

static bool matches(const Rule *rule, uint64_t condition) { return rule->matched >> condition & 1; }

static Outcome all_of(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 7, is_new);
    Truth truth = read_truth(state, is_new);
    int64_t newest[CONDITIONS_MAX], oldest = INT64_MAX;
    uint64_t size = is_new ? (uint64_t)rule->low : read_list(state);
    if (!size || size > CONDITIONS_MAX) return LEFT;
    for (uint64_t place = 0; place < size; place++) {
        newest[place] = is_new ? -1 : read_whole(state);
        if (matches(rule, place) && event->occurred_at > newest[place]) newest[place] = event->occurred_at;
        if (newest[place] < oldest) oldest = newest[place];
    }
    settle(rule, oldest != -1 && (rule->within_ms < 0 || oldest > event->now_ms - rule->within_ms), &truth, &head, effect);
    if (truth.held && rule->within_ms >= 0) effect->change_ms = oldest + rule->within_ms;
    write_head(out, 7, head, true, event);
    write_truth(out, truth);
    write_list(out, size);
    for (uint64_t place = 0; place < size; place++) write_whole(out, newest[place]);
    return EVIDENT;
}

/* When the wait began that runs, or has run its time, after all the steps; -1 when there is none. At equal times `after` counts first. */
static int64_t wait_at(const Rule *rule, Bytes after, Bytes without, int64_t began_ms) {
    size_t at = 0, end = 0;
    while (at < after.size || end < without.size) {
        bool is_after = end >= without.size || (at < after.size && time_at(after, at) <= time_at(without, end));
        if (is_after) {
            int64_t time_ms = time_at(after, at);
            at += TIME_BYTES;
            if (began_ms == -1 || time_ms >= began_ms + rule->within_ms) began_ms = time_ms;
        } else {
            end += TIME_BYTES;
            began_ms = -1;
        }
    }
    return began_ms;
}

static Outcome after_without(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    enum { AFTER, WITHOUT };
    Head head = read_head(state, 7, is_new);
    Truth truth = read_truth(state, is_new);
    Bytes seen[2] = {{NULL, 0}, {NULL, 0}};
    int64_t idle_or_began = -1;
    if (!is_new) {
        if (read_list(state) != 3) return LEFT;
        seen[AFTER] = read_bytes(state);
        seen[WITHOUT] = read_bytes(state);
        idle_or_began = read_whole(state);
    }
    uint8_t entry[TIME_BYTES], room[2][TIME_BYTES * (STEP_TIMES_MAX + 1)];
    pack_time(entry, event->occurred_at);
    for (int step = AFTER; step <= WITHOUT; step++) {
        if (state->bad || seen[step].size % TIME_BYTES || seen[step].size > TIME_BYTES * STEP_TIMES_MAX) return LEFT;
        if (!matches(rule, (uint64_t)step)) continue;
        if (seen[step].size == TIME_BYTES * STEP_TIMES_MAX) return LEFT;
        seen[step] = enter(seen[step], entry, TIME_BYTES, STEP_TIMES_MAX, room[step]);
    }
    int64_t began_ms = wait_at(rule, seen[AFTER], seen[WITHOUT], idle_or_began), ends_ms = began_ms + rule->within_ms;
    settle(rule, began_ms != -1 && event->now_ms >= ends_ms, &truth, &head, effect);
    if (began_ms != -1 && event->now_ms < ends_ms) effect->change_ms = ends_ms;
    bool is_evident = matches(rule, AFTER);
    write_head(out, 7, head, is_evident, event);
    write_truth(out, truth);
    write_list(out, 3);
    write_bytes(out, seen[AFTER]);
    write_bytes(out, seen[WITHOUT]);
    write_whole(out, idle_or_began);
    return is_evident ? EVIDENT : TAKEN;
}

typedef struct {
    int64_t time_ms, number;
} Step;

typedef struct {
    Step list[STEP_TIMES_MAX];
    uint64_t size;
} Steps;

/* Whether the steps from this one on happened, each at its earliest; `used` are the events of those before. */
static bool continues(const Rule *rule, const Steps *seen, uint64_t size, uint64_t step, int64_t since_ms, int64_t first_ms, int64_t *used) {
    if (step == size || step == CONDITIONS_MAX) return true;
    bool is_earliest_known = false;
    int64_t earliest_ms = 0;
    for (const Step *one = seen[step].list; one < seen[step].list + seen[step].size; one++) {
        bool is_used = false;
        for (uint64_t before = 0; before < step; before++) is_used = is_used || used[before] == one->number;
        if (one->time_ms < since_ms || is_used) continue;
        if ((is_earliest_known && one->time_ms > earliest_ms) || (rule->within_ms >= 0 && one->time_ms - first_ms >= rule->within_ms)) break;
        is_earliest_known = true;
        earliest_ms = one->time_ms;
        used[step] = one->number;
        if (continues(rule, seen, size, step + 1, one->time_ms, first_ms, used)) return true;
    }
    return false;
}

static Outcome sequence(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    Head head = read_head(state, 7, is_new);
    Truth truth = read_truth(state, is_new);
    Steps seen[CONDITIONS_MAX];
    uint64_t size = (uint64_t)rule->low;
    int64_t number = 0;
    if (!is_new) {
        if (read_list(state) != 2) return LEFT;
        number = read_count(state);
        size = read_list(state);
    }
    if (size > CONDITIONS_MAX) return LEFT;
    for (uint64_t step = 0; step < size; step++) {
        Steps *of = &seen[step];
        of->size = is_new ? 0 : read_list(state);
        if (of->size > STEP_TIMES_MAX) return LEFT;
        for (uint64_t place = 0; place < of->size; place++) {
            if (read_list(state) != 2) return LEFT;
            of->list[place].time_ms = read_whole(state);
            of->list[place].number = read_whole(state);
        }
        if (truth.held || !matches(rule, step)) continue;
        if (of->size == STEP_TIMES_MAX) return LEFT;
        uint64_t place = of->size++;
        for (; place && of->list[place - 1].time_ms > event->occurred_at; place--) of->list[place] = of->list[place - 1];
        of->list[place] = (Step){event->occurred_at, number + 1};
    }
    bool is_evident = !truth.held;
    if (is_evident) {
        number++;
        bool happened = false, all_seen = size > 0;
        for (uint64_t step = 0; step < size; step++) all_seen = all_seen && seen[step].size;
        for (uint64_t place = all_seen ? seen[0].size : 0; place && !happened; place--) {
            const Step *first = &seen[0].list[place - 1];
            int64_t used[CONDITIONS_MAX] = {first->number};
            happened = continues(rule, seen, size, 1, first->time_ms, first->time_ms, used);
        }
        if (happened)
            for (uint64_t step = 0; step < size; step++) seen[step].size = 0;
        settle(rule, happened, &truth, &head, effect);
    }
    write_head(out, 7, head, is_evident, event);
    write_truth(out, truth);
    write_list(out, 2);
    write_whole(out, number);
    write_list(out, size);
    for (uint64_t step = 0; step < size; step++) {
        write_list(out, seen[step].size);
        for (uint64_t place = 0; place < seen[step].size; place++) {
            write_list(out, 2);
            write_whole(out, seen[step].list[place].time_ms);
            write_whole(out, seen[step].list[place].number);
        }
    }
    return is_evident ? EVIDENT : TAKEN;
}

#endif
