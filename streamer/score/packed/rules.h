/* What each kind of rule makes of an event: its packed state in, the new state out. Each says in C what the class of the same name
   in `score/rules` says in Python; what is not the daily course of things (an alert, a bound that bites) is left to the class. */
#ifndef STREAMER_RULES_H
#define STREAMER_RULES_H

#include "steps.h"
#include "values.h"

static Outcome observe(const Rule *rule, const Event *event, In *state, bool is_new, Out *out, Effect *effect) {
    *effect = (Effect){.given = whole_number(0), .change_ms = NEVER};
    Outcome outcome = LEFT;
    switch (rule->kind) {
        case PLAIN: outcome = plain(rule, event, state, is_new, out, effect); break;
        case CAPPED: outcome = capped(rule, event, state, is_new, out, effect); break;
        case ONCE_PER: outcome = once_per(rule, event, state, is_new, out, effect); break;
        case PERIODS:
        case ONCE_PER_PERIODS: outcome = periods(rule, event, state, is_new, out, effect); break;
        case LEDGER: outcome = ledger(rule, event, state, is_new, out, effect); break;
        case FADING:
            if (rule->half_life_ms >= 0) outcome = decaying(rule, event, state, is_new, out, effect);
            else outcome = expiring(rule, event, state, is_new, out, effect);
            break;
        case COUNT_EVER: outcome = count_ever(rule, event, state, is_new, out, effect); break;
        case COUNT_WITHIN: outcome = count_within(rule, event, state, is_new, out, effect); break;
        case COUNT_DISTINCT: outcome = count_distinct(rule, event, state, is_new, out, effect); break;
        case BY_CATEGORY: outcome = by_category(rule, event, state, is_new, out, effect); break;
        case COUNT_SAME: outcome = count_same(rule, event, state, is_new, out, effect); break;
        case ALL_OF: outcome = all_of(rule, event, state, is_new, out, effect); break;
        case AFTER_WITHOUT: outcome = after_without(rule, event, state, is_new, out, effect); break;
        case SEQUENCE: outcome = sequence(rule, event, state, is_new, out, effect); break;
    }
    return state->bad || state->at != state->end || out->bad || !is_tame(effect->given) ? LEFT : outcome;
}

#endif
