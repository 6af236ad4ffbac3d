/* Whether a change crosses nothing: the sums and categories before and after in; as `Watch` of `score/thresholds.py`. */
#ifndef STREAMER_THRESHOLDS_H
#define STREAMER_THRESHOLDS_H

#include "model.h"

/* `Tally.total` of clamped scores. */
static bool total_of(const Model *model, const Number *scores, Number *total) {
    if (model->formula.size) return work_out(&model->formula, scores, total) && round_number(total);
    *total = whole_number(0);
    for (size_t place = 0; place < model->scores_size; place++) *total = add(*total, scores[place]);
    return is_tame(*total) && round_number(total);
}

/* `Watch.calm_total`. The total before comes in, that after goes out. */
static Judgement judge_numbers(const Model *model, const Number *before, const Number *after, Number *total) {
    if (model->is_one_number) { /* which clamping would but bring nearer to each other; the total is told when it is judged */
        Number old = before[0], new = after[0];
        if (!round_number(&old) || !round_number(&new)) return UNSURE;
        return crosses(&model->total, old, new) ? CROSSED : CALM;
    }
    Number clamped[SCORES_MAX], new_total;
    for (size_t place = 0; place < model->scores_size; place++) {
        clamped[place] = after[place];
        if (!clamp(&model->clamps[place], &clamped[place])) return UNSURE;
    }
    if (!total_of(model, clamped, &new_total)) return UNSURE;
    if (crosses(&model->total, *total, new_total)) return CROSSED;
    *total = new_total;
    for (size_t place = 0; place < model->scores_size; place++) {
        const BothWays *bounds = &model->scores[place];
        if (!(bounds->rising.size || bounds->falling.size) || is_equal(before[place], after[place])) continue;
        Number old = before[place];
        if (!clamp(&model->clamps[place], &old)) return UNSURE;
        if (crosses(bounds, old, clamped[place])) return CROSSED;
    }
    return CALM;
}

/* The clamped numbers of a score's categories. */
typedef struct {
    Category list[CATEGORIES_MAX + 1];
    size_t size;
} Clamped;

static bool is_text(Bytes value) { return value.size && ((*value.at >= 0xa0 && *value.at <= 0xbf) || (*value.at >= 0xd9 && *value.at <= 0xdb)); }

/* `Tally.by_category`. False where a number is to be rounded in decimals, or where two categories may print alike. */
static bool clamp_categories(const WatchedBy *watched, const Categories *categories, Clamped *found) {
    found->size = 0;
    for (const ByScore *of = categories->list; of < categories->list + categories->size; of++) {
        if (!is_same(of->name, watched->name)) continue;
        for (const Category *one = of->list; one < of->list + of->size; one++) {
            if (one->is_nil) continue;
            if (!is_text(one->value)) return false;
            Category *clamped = &found->list[found->size++];
            *clamped = *one;
            if (!clamp(&watched->clamp, &clamped->number)) return false;
        }
        break; /* a broken row may hold the name again, and there is room for it once */
    }
    return true;
}

static const Category *find_category(const Clamped *of, Bytes value) {
    for (const Category *one = of->list; one < of->list + of->size; one++)
        if (is_same(one->value, value)) return one;
    return NULL;
}

/* `CompiledLead.leader`: the category that is ahead by so much, NULL when none is. */
static const Category *find_leader(const Clamped *of, double by, bool *is_sure) {
    const Category *leader = NULL;
    Number best = whole_number(0), next = whole_number(0);
    for (const Category *one = of->list; one < of->list + of->size; one++) {
        if (is_below(best, one->number)) {
            leader = one;
            next = best;
            best = one->number;
        } else if (is_below(next, one->number)) next = one->number;
    }
    Number ahead = subtract(best, next);
    *is_sure = *is_sure && is_tame(ahead) && round_number(&ahead);
    return leader && real_of(ahead) >= by && is_below(next, best) ? leader : NULL;
}

static Judgement judge_watched(const WatchedBy *watched, const Clamped *before, const Clamped *after) {
    Number missing = whole_number(0);
    bool is_sure = clamp(&watched->clamp, &missing);
    for (const OfCategory *of = watched->categories; of < watched->categories + watched->categories_size; of++) {
        const Category *old = find_category(before, of->category), *new = find_category(after, of->category);
        if (crosses(&of->bounds, old ? old->number : missing, new ? new->number : missing)) return CROSSED;
    }
    for (size_t place = 0; place < watched->leads.size; place++) {
        const Category *old = find_leader(before, watched->leads.list[place], &is_sure), *new = find_leader(after, watched->leads.list[place], &is_sure);
        if (!is_sure) return UNSURE;
        if (old && new ? !is_same(old->value, new->value) : old != new) return CROSSED;
    }
    return CALM;
}

/* `Watch.is_calm_by`. */
static Judgement judge_categories(const Model *model, const Categories *before, const Categories *after) {
    for (size_t place = 0; place < model->watched_size; place++) {
        Clamped old, new;
        if (!clamp_categories(&model->watched[place], before, &old) || !clamp_categories(&model->watched[place], after, &new)) return UNSURE;
        Judgement judged = judge_watched(&model->watched[place], &old, &new);
        if (judged != CALM) return judged;
    }
    return CALM;
}

#endif
