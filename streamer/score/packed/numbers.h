/* Sums rounded, clamped and compared; as `score/numbers.py`. */
#ifndef STREAMER_NUMBERS_H
#define STREAMER_NUMBERS_H

#include "msgpack.h"

#define SCORES_MAX 32
#define LAST_DECIMAL 1e6 /* six decimals */
#define SCALED_MAX 2251799813685248.0 /* 2 ** 51: below it halves are doubles */

/* Within a score's bounds, where it has some. */
typedef struct {
    bool has_low, has_high;
    Number low, high;
} Clamp;

/* Numbers at which something happens. */
typedef struct {
    const double *list;
    size_t size;
} Bounds;

/* Those of a number that rises, and those of one that falls. */
typedef struct {
    Bounds rising, falling;
} BothWays;

/* What may come of a question: UNSURE where Python has to answer it. */
typedef enum { CALM, CROSSED, UNSURE } Judgement;

/* Six decimals, as Python rounds: to the nearest of what the double stands for exactly, halves to the even one. A whole number as such.
   False for numbers so large that doubles are not that fine. */
static bool round_number(Number *number) {
    if (!number->is_real || isinf(number->real)) return true;
    double scaled = number->real * LAST_DECIMAL, near = rint(scaled), over = scaled - near;
    if (!(fabs(scaled) < SCALED_MAX)) return false;
    if (fabs(over) == 0.5) { /* a half, or what the product was rounded to: what it lost says on which side it was */
        double lost = fma(number->real, LAST_DECIMAL, -scaled);
        if (lost * over > 0) near += over > 0 ? 1 : -1;
    }
    double rounded = near / LAST_DECIMAL;
    *number = fmod(near, LAST_DECIMAL) == 0.0 ? whole_number((int64_t)rounded) : real_number(rounded);
    return true;
}

static bool clamp(const Clamp *within, Number *number) {
    if (!round_number(number)) return false;
    if (within->has_low && is_below(*number, within->low)) *number = within->low;
    else if (within->has_high && is_below(within->high, *number)) *number = within->high;
    return true;
}

/* Whether one of the bounds lies between the two numbers, in this direction. */
static bool crosses(const BothWays *bounds, Number before, Number after) {
    Bounds of = is_below(before, after) ? bounds->rising : is_below(after, before) ? bounds->falling : (Bounds){NULL, 0};
    for (size_t place = 0; place < of.size; place++)
        if ((real_of(before) >= of.list[place]) != (real_of(after) >= of.list[place])) return true;
    return false;
}

#endif
