/* The `total` formula, of numbers and of intervals; as `score/formula.py` and `score/decay.py`. It is a list of operations on a stack. */
#ifndef STREAMER_FORMULA_H
#define STREAMER_FORMULA_H

#include "numbers.h"

#define FORMULA_MAX 1024

enum { CONSTANT, SCORE, NEGATE, LEAST, GREATEST, PLUS, MINUS, TIMES, DIVIDED };

typedef struct {
    uint8_t what, place; /* the place of a score */
    Number number;       /* a constant */
} Operation;

typedef struct {
    Operation list[FORMULA_MAX];
    size_t size;
} Formula;

typedef struct {
    double low, high;
} Interval;

/* Whether the operations leave one value, and take none that is not there. */
static bool is_sound(const Formula *formula, size_t scores_size) {
    size_t height = 0;
    for (const Operation *operation = formula->list; operation < formula->list + formula->size; operation++) {
        size_t taken = operation->what <= SCORE ? 0 : operation->what == NEGATE ? 1 : 2;
        if (operation->what > DIVIDED || height < taken || (operation->what == SCORE && operation->place >= scores_size)) return false;
        height += 1 - taken;
    }
    return height == 1;
}

/* What is infinite, and division by zero, is 0. */
static Number combine(uint8_t what, Number left, Number right) {
    switch (what) {
        case LEAST: return is_below(right, left) ? right : left;
        case GREATEST: return is_below(left, right) ? right : left;
        case PLUS: left = add(left, right); break;
        case MINUS: left = subtract(left, right); break;
        case TIMES:
            if (left.is_real || right.is_real || fabs(real_of(left) * real_of(right)) > (double)WHOLE_MAX) left = real_number(real_of(left) * real_of(right));
            else left = whole_number(left.whole * right.whole);
            break;
        case DIVIDED: left = is_equal(right, whole_number(0)) ? whole_number(0) : real_number(real_of(left) / real_of(right)); break;
    }
    return left.is_real && !isfinite(left.real) ? whole_number(0) : left;
}

/* False where whole numbers have become larger than doubles show. */
static bool work_out(const Formula *formula, const Number *scores, Number *found) {
    Number stack[FORMULA_MAX];
    size_t height = 0;
    for (const Operation *operation = formula->list; operation < formula->list + formula->size; operation++) {
        if (operation->what == CONSTANT) stack[height++] = operation->number;
        else if (operation->what == SCORE) stack[height++] = scores[operation->place];
        else if (operation->what == NEGATE) stack[height - 1] = negative(stack[height - 1]);
        else {
            height--;
            stack[height - 1] = combine(operation->what, stack[height - 1], stack[height]);
        }
        if (!is_tame(stack[height - 1]) || (stack[height - 1].is_real && fabs(stack[height - 1].real) > (double)WHOLE_MAX)) return false;
    }
    *found = stack[0];
    return true;
}

static Interval spanned(Interval left, Interval right, bool divides) {
    double ends[] = {left.low, left.low, left.high, left.high}, others[] = {right.low, right.high, right.low, right.high};
    Interval span = {INFINITY, -INFINITY};
    bool is_finite = true, is_infinite = true;
    for (int place = 0; place < 4; place++) {
        double end = divides ? ends[place] / others[place] : ends[place] * others[place];
        is_finite = is_finite && isfinite(end);
        is_infinite = is_infinite && !isfinite(end);
        span.low = end < span.low ? end : span.low;
        span.high = end > span.high ? end : span.high;
    }
    if (is_finite) return span;
    bool meets_zero = (left.low <= 0 && 0 <= left.high) || (right.low <= 0 && 0 <= right.high);
    return is_infinite && !meets_zero ? (Interval){0, 0} : (Interval){-INFINITY, INFINITY};
}

static Interval combine_intervals(uint8_t what, Interval left, Interval right) {
    switch (what) {
        case LEAST: return (Interval){right.low < left.low ? right.low : left.low, right.high < left.high ? right.high : left.high};
        case GREATEST: return (Interval){right.low > left.low ? right.low : left.low, right.high > left.high ? right.high : left.high};
        case PLUS: return (Interval){left.low + right.low, left.high + right.high};
        case MINUS: return (Interval){left.low - right.high, left.high - right.low};
        case DIVIDED:
            if ((left.low == 0 && left.high == 0) || (right.low == 0 && right.high == 0)) return (Interval){0, 0};
            if (right.low <= 0 && 0 <= right.high) return (Interval){-INFINITY, INFINITY}; /* may divide by zero, or by next to nothing */
            return spanned(left, right, true);
        default: return spanned(left, right, false);
    }
}

/* Wider than need be where a score occurs twice, never narrower. */
static Interval work_out_interval(const Formula *formula, const Interval *scores) {
    Interval stack[FORMULA_MAX];
    size_t height = 0;
    for (const Operation *operation = formula->list; operation < formula->list + formula->size; operation++) {
        if (operation->what == CONSTANT) stack[height++] = (Interval){real_of(operation->number), real_of(operation->number)};
        else if (operation->what == SCORE) stack[height++] = scores[operation->place];
        else if (operation->what == NEGATE) stack[height - 1] = (Interval){-stack[height - 1].high, -stack[height - 1].low};
        else {
            height--;
            stack[height - 1] = combine_intervals(operation->what, stack[height - 1], stack[height]);
        }
    }
    return stack[0];
}

#endif
