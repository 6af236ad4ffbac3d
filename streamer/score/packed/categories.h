/* What the rules give to each category of the scores with `by`, in a row and moved by an event; as `score/categories.py`. */
#ifndef STREAMER_CATEGORIES_H
#define STREAMER_CATEGORIES_H

#include "rules.h"

#define CATEGORIES_MAX 32
#define BY_SCORES_MAX 32

typedef struct {
    Bytes value;
    bool is_nil;
    Number number;
} Category;

typedef struct {
    Bytes name;
    Category list[CATEGORIES_MAX + 1];
    uint64_t size;
} ByScore;

typedef struct {
    ByScore list[BY_SCORES_MAX];
    uint64_t size;
    bool is_read, is_changed;
} Categories;

static bool is_same(Bytes one, Bytes other) { return one.size == other.size && !memcmp(one.at, other.at, one.size); }

static bool read_categories(Bytes bytes, Categories *categories) {
    In in = in_of(bytes);
    categories->is_read = true;
    categories->size = read_map(&in);
    if (categories->size > BY_SCORES_MAX) return false;
    for (ByScore *of = categories->list; of < categories->list + categories->size && !in.bad; of++) {
        of->name = read_any(&in);
        of->size = read_map(&in);
        if (of->size > CATEGORIES_MAX) return false;
        for (Category *one = of->list; one < of->list + of->size && !in.bad; one++) {
            one->value = read_any(&in);
            one->is_nil = next_is_nil(&in);
            if (one->is_nil) read_byte(&in);
            else one->number = read_number(&in);
        }
    }
    return !in.bad && in.at == in.end;
}

static void write_categories(Out *out, const Categories *categories) {
    write_map(out, categories->size);
    for (const ByScore *of = categories->list; of < categories->list + categories->size; of++) {
        write_run(out, of->name.at, of->name.size);
        write_map(out, of->size);
        for (const Category *one = of->list; one < of->list + of->size; one++) {
            write_run(out, one->value.at, one->value.size);
            if (one->is_nil) write_nil(out);
            else write_number(out, one->number);
        }
    }
}

/* `Categories.observe` for what a rule did to one value; false where it is more than that one's number that changes. */
static bool move(Categories *categories, Bytes name, const Moved *moved, bool is_evident) {
    Head before = moved->before, after = moved->after;
    bool gave = before.times || !is_equal(before.points, whole_number(0)), gives = after.times || !is_equal(after.points, whole_number(0));
    if (!moved->is_kept || (gave && !gives)) return false;
    if (!is_evident && !gives) return true;
    ByScore *of = categories->list;
    while (of < categories->list + categories->size && !is_same(of->name, name)) of++;
    if (of == categories->list + categories->size) {
        if (categories->size == BY_SCORES_MAX) return false;
        of->name = name;
        of->size = 0;
        categories->size++;
        categories->is_changed = true;
    }
    uint64_t place = 0;
    while (place < of->size && !is_same(of->list[place].value, moved->value)) place++;
    if (place == of->size) {
        if (of->size == CATEGORIES_MAX) return false;
        of->list[of->size++] = (Category){moved->value, true, whole_number(0)};
        categories->is_changed = true;
    } else if (is_evident) { /* the most recent one is the last */
        Category recent = of->list[place];
        for (; place + 1 < of->size; place++) of->list[place] = of->list[place + 1];
        of->list[place] = recent;
    }
    Category *one = &of->list[place];
    if (!gives) return true;
    Number known = one->is_nil || is_equal(one->number, whole_number(0)) ? whole_number(0) : one->number;
    Number number = subtract(add(known, after.points), before.points);
    categories->is_changed = categories->is_changed || one->is_nil || !is_equal(one->number, number);
    one->is_nil = false;
    one->number = number;
    return is_tame(number);
}

#endif
