// The simulated prices of the publishers: five symbols round-robin, a step of geometric Brownian motion each.
#pragma once

#include "normal.h"

enum { SYMBOLS = 5 };
static const char *const symbols[SYMBOLS] = {"MSFT", "AAPL", "GOOG", "YHOO", "BBRY"};
static double prices[SYMBOLS] = {41.78, 95.35, 571.09, 34.53, 10.90};

static const double DRIFT_A_YEAR = 0.05, VOLATILITY_A_YEAR = 0.30, SECONDS_A_YEAR = 365.25 * 86400.0;

struct walk {
    double drift, spread;
    uint64_t random;
    int next;
};

// A step covers the time that passes between two ticks of one symbol; at full speed, for which `rate` is 0, a millisecond.
static inline struct walk start_walk(double rate) {
    normal_init();
    double step_years = (rate > 0.0 ? SYMBOLS / rate : 1e-3) / SECONDS_A_YEAR;
    return (struct walk){
        .drift = (DRIFT_A_YEAR - 0.5 * VOLATILITY_A_YEAR * VOLATILITY_A_YEAR) * step_years,
        .spread = VOLATILITY_A_YEAR * sqrt(step_years),
        .random = 1,
    };
}

// Moves the price of the next symbol, and returns which it is.
static inline int step(struct walk *walk) {
    int index = walk->next;
    prices[index] *= exp(walk->drift + walk->spread * random_normal(&walk->random));
    walk->next = index + 1 == SYMBOLS ? 0 : index + 1;
    return index;
}
