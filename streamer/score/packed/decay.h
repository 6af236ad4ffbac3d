/* When decay next crosses something; as `score/decay.py`. */
#ifndef STREAMER_DECAY_H
#define STREAMER_DECAY_H

#include "fading.h"
#include "model.h"

#define PRECISION_MS 1000
#define SPAN_MS_MAX (1LL << 46)
#define NARROWING 4

/* What the rules that decay give now; a lead has not seen all of them. */
typedef struct {
    bool is_seen[DECAYING_MAX];
    double points[DECAYING_MAX];
} Giving;

static bool clamp_end(const Clamp *within, double *end) {
    Number number = real_number(*end);
    bool is_sure = clamp(within, &number);
    *end = real_of(number);
    return is_sure;
}

/* Where the scores without `by` may get within a span of time. */
static bool span_scores(const Model *model, const Number *sums, const Giving *giving, int64_t span_ms, Interval *spans) {
    for (size_t place = 0; place < model->scores_size; place++) spans[place].low = real_of(sums[place]);
    for (size_t at = 0; at < model->decaying_size; at++)
        if (giving->is_seen[at]) spans[model->decaying[at].place].low -= giving->points[at];
    for (size_t place = 0; place < model->scores_size; place++) spans[place].high = spans[place].low;
    for (size_t at = 0; at < model->decaying_size; at++) {
        if (!giving->is_seen[at]) continue;
        Interval *span = &spans[model->decaying[at].place];
        double now = giving->points[at], last = now * left_of(&model->decaying[at], span_ms);
        span->low += last < now ? last : now;
        span->high += last > now ? last : now;
    }
    for (size_t place = 0; place < model->scores_size; place++)
        if (!clamp_end(&model->clamps[place], &spans[place].low) || !clamp_end(&model->clamps[place], &spans[place].high)) return false;
    return true;
}

/* Whether a bound of either direction lies within the span. */
static bool has_bound_in(const BothWays *bounds, Interval span, bool *is_sure) {
    const Clamp unbound = {0};
    *is_sure = *is_sure && clamp_end(&unbound, &span.low) && clamp_end(&unbound, &span.high);
    const Bounds both[] = {bounds->rising, bounds->falling};
    for (int way = 0; *is_sure && way < 2; way++)
        for (size_t place = 0; place < both[way].size; place++)
            if (span.low < both[way].list[place] && both[way].list[place] <= span.high) return true;
    return false;
}

static Interval span_total(const Model *model, const Interval *spans) {
    if (model->formula.size) return work_out_interval(&model->formula, spans);
    Interval total = {0, 0};
    for (size_t place = 0; place < model->scores_size; place++) {
        total.low += spans[place].low;
        total.high += spans[place].high;
    }
    return total;
}

static Judgement may_cross(const Model *model, const Number *sums, const Giving *giving, int64_t span_ms) {
    Interval spans[SCORES_MAX];
    if (!span_scores(model, sums, giving, span_ms, spans)) return UNSURE;
    bool is_sure = true;
    if (model->decays_in_total && has_bound_in(&model->total, span_total(model, spans), &is_sure)) return CROSSED;
    for (size_t place = 0; place < model->scores_size && is_sure; place++)
        if (has_bound_in(&model->scores[place], spans[place], &is_sure)) return CROSSED;
    return is_sure ? CALM : UNSURE;
}

/* `DecayWatch.next_crossing_ms`: a time before which decay crosses nothing, at most that which comes in. */
static bool foresee(const Model *model, const Number *sums, const Giving *giving, int64_t now_ms, int64_t *until_ms) {
    int64_t span_ms = *until_ms - now_ms < SPAN_MS_MAX ? *until_ms - now_ms : SPAN_MS_MAX;
    Judgement judged = may_cross(model, sums, giving, span_ms);
    if (judged != CROSSED) return judged == CALM;
    while (span_ms > PRECISION_MS) {
        span_ms /= NARROWING;
        judged = may_cross(model, sums, giving, span_ms);
        if (judged == UNSURE) return false;
        if (judged == CALM) break;
    }
    *until_ms = now_ms + (span_ms > PRECISION_MS ? span_ms : PRECISION_MS);
    if (*until_ms > NEVER) *until_ms = NEVER;
    return true;
}

#endif
