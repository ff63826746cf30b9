// Standard normal numbers by the ziggurat of Marsaglia and Tsang (2000), 128 layers, in doubles: the method of the
// Rust publisher's library, so that a price step costs both sides the same.
#pragma once

#include "common.h"

enum { LAYERS = 128 };
static const double TAIL_START = 3.442619855899;
static const double LAYER_AREA = 9.91256303526217e-3;
static double layer_x[LAYERS + 1], layer_f[LAYERS + 1];

static inline void normal_init(void) {
    layer_f[1] = exp(-0.5 * TAIL_START * TAIL_START);
    layer_x[0] = LAYER_AREA / layer_f[1];
    layer_x[1] = TAIL_START;
    for (int i = 2; i < LAYERS; i++) {
        layer_f[i] = layer_f[i - 1] + LAYER_AREA / layer_x[i - 1];
        layer_x[i] = sqrt(-2.0 * log(layer_f[i]));
    }
    layer_f[0] = 0.0;
    layer_x[LAYERS] = 0.0;
    layer_f[LAYERS] = 1.0;
}

static inline double random_normal(uint64_t *state) {
    for (;;) {
        uint64_t bits = random_u64(state);
        unsigned layer = bits & (LAYERS - 1);
        double unit = (double)((int64_t)bits >> 11) * 0x1p-52;
        double x = unit * layer_x[layer];
        if (fabs(x) < layer_x[layer + 1]) return x;
        if (layer == 0) {
            double tail, height;
            do {
                tail = -log(random_unit(state)) / TAIL_START;
                height = -log(random_unit(state));
            } while (2.0 * height < tail * tail);
            return unit < 0.0 ? -(TAIL_START + tail) : TAIL_START + tail;
        }
        double density = layer_f[layer] + random_unit(state) * (layer_f[layer + 1] - layer_f[layer]);
        if (density < exp(-0.5 * x * x)) return x;
    }
}
