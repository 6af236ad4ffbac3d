/* What the short way needs to know of a model, as `programs.py` packs it: read once, kept as long as its engine. */
#ifndef STREAMER_MODEL_H
#define STREAMER_MODEL_H

#include "categories.h"
#include "formula.h"

#define DECAYING_MAX 64
#define BARRED_MAX 512
#define WATCHED_MAX 128
#define BOUNDS_MAX 2048
#define TEXTS_BYTES_MAX (64 * 1024)

/* A threshold's category, packed as a category's value is. */
typedef struct {
    Bytes category;
    BothWays bounds;
} OfCategory;

/* A score with `by` that thresholds look at: some at one category, some at the one that leads by so much. */
typedef struct {
    Bytes name;
    Clamp clamp;
    OfCategory categories[WATCHED_MAX];
    Bounds leads;
    size_t categories_size;
} WatchedBy;

typedef struct {
    bool is_one_number, is_added_up_at_birth, decays_in_total; /* the total is the only score; a birth adds up anew what the rules give */
    BothWays total;
    Clamp clamps[SCORES_MAX]; /* of the scores without `by` */
    BothWays scores[SCORES_MAX];
    size_t scores_size;
    Formula formula; /* none: the total is the sum */
    Bytes names[BY_SCORES_MAX];
    size_t names_size;
    WatchedBy watched[BY_SCORES_MAX];
    size_t watched_size;
    Rule decaying[DECAYING_MAX];
    size_t decaying_size;
    uint32_t barred[BARRED_MAX]; /* keys of the rules that decay and have no operation */
    size_t barred_size;
    double numbers[BOUNDS_MAX];
    size_t numbers_size;
    uint8_t texts[TEXTS_BYTES_MAX];
} Model;

static size_t read_size(In *in, size_t most) {
    uint64_t size = read_list(in);
    if (size > most) in->bad = true;
    return in->bad ? 0 : (size_t)size;
}

static bool read_optional(In *in, Number *number) {
    if (next_is_nil(in)) {
        read_byte(in);
        return false;
    }
    *number = read_number(in);
    if (!is_tame(*number)) in->bad = true;
    return true;
}

static Clamp read_clamp(In *in) {
    Clamp found = {0};
    found.has_low = read_optional(in, &found.low);
    found.has_high = read_optional(in, &found.high);
    return found;
}

static Bounds read_bounds(In *in, Model *model) {
    Bounds found = {model->numbers + model->numbers_size, read_size(in, BOUNDS_MAX - model->numbers_size)};
    for (size_t place = 0; place < found.size; place++) model->numbers[model->numbers_size++] = real_of(read_number(in));
    return found;
}

static BothWays read_both_ways(In *in, Model *model) {
    Bounds rising = read_bounds(in, model);
    return (BothWays){rising, read_bounds(in, model)};
}

static void read_watched(In *in, Model *model, WatchedBy *watched) {
    if (read_list(in) != 5) in->bad = true;
    watched->clamp = read_clamp(in);
    watched->name = read_any(in);
    watched->leads = read_bounds(in, model);
    watched->categories_size = read_size(in, WATCHED_MAX);
    for (OfCategory *of = watched->categories; of < watched->categories + watched->categories_size; of++) {
        if (read_list(in) != 2) in->bad = true;
        of->category = read_any(in);
        if (read_list(in) != 2) in->bad = true;
        of->bounds = read_both_ways(in, model);
    }
}

/* Into zeroed memory; false for more than there is room for. */
static bool read_model(Bytes packed, Model *model) {
    if (packed.size > sizeof model->texts) return false;
    memcpy(model->texts, packed.at, packed.size);
    In stream = in_of((Bytes){model->texts, packed.size}), *in = &stream;
    model->is_one_number = read_bool(in);
    model->is_added_up_at_birth = read_bool(in);
    model->decays_in_total = read_bool(in);
    model->total = read_both_ways(in, model);
    model->scores_size = read_size(in, SCORES_MAX);
    for (size_t place = 0; place < model->scores_size; place++) {
        if (read_list(in) != 4) in->bad = true;
        model->clamps[place] = read_clamp(in);
        model->scores[place] = read_both_ways(in, model);
    }
    model->formula.size = read_size(in, FORMULA_MAX);
    for (Operation *operation = model->formula.list; operation < model->formula.list + model->formula.size; operation++) {
        if (read_list(in) != 2) in->bad = true;
        operation->what = (uint8_t)read_whole(in);
        operation->number = read_number(in);
        operation->place = operation->number.is_real ? 0 : (uint8_t)operation->number.whole;
    }
    model->names_size = read_size(in, BY_SCORES_MAX);
    for (size_t place = 0; place < model->names_size; place++) model->names[place] = read_any(in);
    model->watched_size = read_size(in, BY_SCORES_MAX);
    for (size_t place = 0; place < model->watched_size; place++) read_watched(in, model, &model->watched[place]);
    model->decaying_size = read_size(in, DECAYING_MAX);
    for (size_t place = 0; place < model->decaying_size; place++) {
        Bytes rule = read_bytes(in);
        if (rule.size != sizeof(Rule)) return false;
        memcpy(&model->decaying[place], rule.at, sizeof(Rule));
        if (model->decaying[place].place >= model->scores_size) return false;
    }
    model->barred_size = read_size(in, BARRED_MAX);
    for (size_t place = 0; place < model->barred_size; place++) model->barred[place] = (uint32_t)read_whole(in);
    return !in->bad && in->at == in->end && (!model->formula.size || is_sound(&model->formula, model->scores_size));
}

static bool is_decaying_of(const Model *model, uint32_t key) {
    for (size_t place = 0; place < model->decaying_size; place++)
        if (model->decaying[place].key == key) return true;
    return false;
}

#endif
