/*
 * The network on one line: see forward.h. Between layers values are whole numbers -127..127, a row
 * per step, padded to an even number of columns.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/forward.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { CELLS = FAST_HEIGHT / FAST_POOL, WINDOW_SPACE = 10, EXP_FLOOR = -86 };

struct packed_lstm {
    const struct fast_lstm *of;
    struct fast_packed gates;
};

struct fast_forward {
    const struct fast_network *network;
    const struct fast_kernels *kernels;
    struct fast_packed convolution, softmax;
    struct packed_lstm column, lines[FAST_LSTM_MAX];
    int widest; /* sums of one multiplication */
    int32_t *sums;
    float *state;
    int16_t *joined; /* inputs and last outputs */
};

/* A row of whole numbers per step. */
struct sequence {
    int steps, width;
    int16_t *values;
};

static void free_sequence(struct sequence *sequence)
{
    free(sequence->values);
    *sequence = (struct sequence){0};
}

static int make_sequence(int steps, int width, struct sequence *ret_sequence, struct err *err)
{
    int even = (width + 1) / 2 * 2;
    *ret_sequence = (struct sequence){steps, even, NULL};
    ret_sequence->values = calloc((size_t)steps * (size_t)even, sizeof *ret_sequence->values);
    return ret_sequence->values
               ? 0
               : err_set(err, ERR_MEMORY, "no memory for a line of %d steps", steps);
}

static int16_t *row_of(const struct sequence *sequence, int step)
{
    return sequence->values + (size_t)step * (size_t)sequence->width;
}

void fast_image_free(struct fast_image *image)
{
    free(image->values);
    *image = (struct fast_image){0};
}

void fast_output_free(struct fast_output *output)
{
    free(output->rows);
    *output = (struct fast_output){0};
}

/* ---- weights ---- */

static int pack_one(struct fast_forward *forward, const struct fast_matrix *const *matrices,
                    int count, struct fast_packed *ret_packed, struct err *err)
{
    int rc = fast_pack(matrices, count, ret_packed, err);
    if (rc == 0 && ret_packed->rows > forward->widest)
        forward->widest = ret_packed->rows;
    return rc;
}

static int pack_lstm(struct fast_forward *forward, const struct fast_lstm *lstm,
                     struct packed_lstm *ret_packed, struct err *err)
{
    const struct fast_matrix *gates[GATE_COUNT];
    for (int gate = 0; gate < GATE_COUNT; gate++)
        gates[gate] = &lstm->gates[gate];
    if (lstm->states % FAST_LANES || lstm->inputs % 2)
        return err_set(err, ERR_FORMAT, "model: a layer of %d inputs and %d states", lstm->inputs,
                       lstm->states);
    ret_packed->of = lstm;
    return pack_one(forward, gates, GATE_COUNT, &ret_packed->gates, err);
}

static int pack_all(struct fast_forward *forward, struct err *err)
{
    const struct fast_network *network = forward->network;
    const struct fast_matrix *convolution = &network->convolution, *softmax = &network->softmax;
    int rc = pack_one(forward, &convolution, 1, &forward->convolution, err);
    if (rc == 0)
        rc = pack_one(forward, &softmax, 1, &forward->softmax, err);
    if (rc == 0)
        rc = pack_lstm(forward, &network->column, &forward->column, err);
    for (int i = 0; rc == 0 && i < network->line_count; i++)
        rc = pack_lstm(forward, &network->lines[i], &forward->lines[i], err);
    if (rc < 0)
        return rc;
    size_t most = (size_t)forward->widest;
    forward->sums = calloc(most, sizeof *forward->sums);
    forward->state = calloc(most, sizeof *forward->state);
    forward->joined = calloc(2 * most, sizeof *forward->joined);
    if (!forward->sums || !forward->state || !forward->joined)
        return err_set(err, ERR_MEMORY, "no memory for a line reader");
    return 0;
}

int fast_forward_new(const struct fast_network *network, bool plain,
                     struct fast_forward **ret_forward, struct err *err)
{
    SCOPED(fast_forward_free) struct fast_forward *forward = calloc(1, sizeof *forward);
    if (!forward)
        return err_set(err, ERR_MEMORY, "no memory for a line reader");
    forward->network = network;
    forward->kernels = fast_kernels_choose(plain);
    if (network->convolution.rows % FAST_LANES)
        return err_set(err, ERR_FORMAT, "model: %d rows of convolution, a multiple of %d is known",
                       network->convolution.rows, FAST_LANES);
    int rc = pack_all(forward, err);
    if (rc < 0)
        return rc;
    *ret_forward = forward;
    forward = NULL;
    return 0;
}

void fast_forward_free(struct fast_forward **forward)
{
    if (!forward || !*forward)
        return;
    fast_packed_free(&(*forward)->convolution);
    fast_packed_free(&(*forward)->softmax);
    fast_packed_free(&(*forward)->column.gates);
    for (int i = 0; i < FAST_LSTM_MAX; i++)
        fast_packed_free(&(*forward)->lines[i].gates);
    free((*forward)->sums);
    free((*forward)->state);
    free((*forward)->joined);
    free(*forward);
    *forward = NULL;
}

const char *fast_forward_kernels(const struct fast_forward *forward)
{
    return forward->kernels->name;
}

/* ---- convolution and pooling ---- */

/* What lies outside the image is noise, drawn afresh for every window that touches it. The
 * generator is that of Tesseract 5.0 to 5.5.0: the minimal standard one (Park and Miller, factor
 * 48271). */
struct noise {
    uint64_t state;
};

enum { NOISE_MODULUS = 2147483647, NOISE_FACTOR = 48271 };

static int16_t draw(struct noise *noise)
{
    noise->state = noise->state * NOISE_FACTOR % NOISE_MODULUS;
    double value = FAST_ONE * 2.0 * (double)noise->state / NOISE_MODULUS - FAST_ONE;
    return (int16_t)(value >= 0 ? value + 0.5 : value - 0.5);
}

static struct noise start_noise(uint64_t seed)
{
    struct noise noise = {seed % NOISE_MODULUS};
    if (noise.state == 0)
        noise.state = 1;
    draw(&noise);
    return noise;
}

/* The nine values round a pixel, columns from the left, each from the top. */
static void cut_window(const struct fast_image *image, int x, int y, struct noise *noise,
                       int16_t window[WINDOW_SPACE])
{
    for (int dx = -1; dx <= 1; dx++)
        for (int dy = -1; dy <= 1; dy++) {
            bool inside =
                x + dx >= 0 && x + dx < image->width && y + dy >= 0 && y + dy < FAST_HEIGHT;
            *window++ =
                inside ? image->values[(size_t)(y + dy) * (size_t)image->width + (size_t)(x + dx)]
                       : draw(noise);
        }
}

static void cut_inner_window(const int8_t *above, int width, int16_t window[WINDOW_SPACE])
{
    const int8_t *row = above + width, *below = row + width;
    for (int dx = -1; dx <= 1; dx++) {
        *window++ = above[dx];
        *window++ = row[dx];
        *window++ = below[dx];
    }
}

/* Sums of one row of pixels, the highest of each pool kept: scales are positive and tanh rises, so
 * the highest sum gives the highest value. */
static void convolve_row(struct fast_forward *forward, const struct fast_image *image, int y,
                         struct noise *noise, int32_t *highest)
{
    int16_t window[WINDOW_SPACE] = {0};
    int rows = forward->convolution.rows, used = image->width / FAST_POOL * FAST_POOL;
    for (int x = 0; x < image->width; x++) {
        if (x == 0 || x == image->width - 1 || y == 0 || y == FAST_HEIGHT - 1)
            cut_window(image, x, y, noise, window);
        else
            cut_inner_window(image->values + (size_t)(y - 1) * (size_t)image->width + x,
                             image->width, window);
        if (x >= used)
            continue; /* only for its noise */
        forward->kernels->multiply(&forward->convolution, window, forward->sums);
        int32_t *pool = highest + (size_t)(x / FAST_POOL) * (size_t)rows;
        for (int i = 0; i < rows; i++)
            pool[i] = forward->sums[i] > pool[i] ? forward->sums[i] : pool[i];
    }
}

/* For each step the 12 cells of its column one after another. */
static int convolve(struct fast_forward *forward, const struct fast_image *image,
                    struct sequence *ret_cells, struct err *err)
{
    int rows = forward->convolution.rows, steps = image->width / FAST_POOL;
    size_t count = (size_t)steps * (size_t)rows;
    SCOPED(scope_free) int32_t *highest = malloc(count * sizeof *highest);
    struct noise noise = start_noise(forward->network->seed);
    int rc = make_sequence(steps, rows * CELLS, ret_cells, err);
    if (rc == 0 && !highest)
        rc = err_set(err, ERR_MEMORY, "no memory for a line of %d steps", steps);
    for (int y = 0; rc == 0 && y < FAST_HEIGHT; y++) {
        if (y % FAST_POOL == 0)
            for (size_t i = 0; i < count; i++)
                highest[i] = INT_MIN;
        convolve_row(forward, image, y, &noise, highest);
        for (int step = 0; y % FAST_POOL == FAST_POOL - 1 && step < steps; step++)
            forward->kernels->squash(highest + (size_t)step * (size_t)rows,
                                     forward->convolution.scales, rows,
                                     row_of(ret_cells, step) + y / FAST_POOL * rows);
    }
    return rc;
}

/* ---- layers ---- */

static void begin_lstm(struct fast_forward *forward, const struct packed_lstm *lstm)
{
    size_t states = (size_t)lstm->of->states;
    memset(forward->state, 0, states * sizeof *forward->state);
    memset(forward->joined + lstm->of->inputs, 0, states * sizeof *forward->joined);
}

static void step_lstm(struct fast_forward *forward, const struct packed_lstm *lstm,
                      const int16_t *inputs)
{
    memcpy(forward->joined, inputs, (size_t)lstm->of->inputs * sizeof *inputs);
    forward->kernels->multiply(&lstm->gates, forward->joined, forward->sums);
    forward->kernels->step(forward->sums, lstm->gates.scales, lstm->of->states, forward->state,
                           forward->joined + lstm->of->inputs);
}

static int summarise_columns(struct fast_forward *forward, const struct sequence *cells,
                             struct sequence *ret_steps, struct err *err)
{
    const struct packed_lstm *lstm = &forward->column;
    int rc = make_sequence(cells->steps, lstm->of->states, ret_steps, err);
    for (int step = 0; rc == 0 && step < cells->steps; step++) {
        begin_lstm(forward, lstm);
        for (int cell = 0; cell < CELLS; cell++)
            step_lstm(forward, lstm, row_of(cells, step) + cell * lstm->of->inputs);
        memcpy(row_of(ret_steps, step), forward->joined + lstm->of->inputs,
               (size_t)lstm->of->states * sizeof *forward->joined);
    }
    return rc;
}

static int run_line(struct fast_forward *forward, const struct packed_lstm *lstm,
                    struct sequence *steps, struct err *err)
{
    SCOPED(free_sequence) struct sequence out = {0};
    int rc = make_sequence(steps->steps, lstm->of->states, &out, err);
    if (rc < 0)
        return rc;
    begin_lstm(forward, lstm);
    for (int i = 0; i < steps->steps; i++) {
        int at = lstm->of->backwards ? steps->steps - 1 - i : i;
        step_lstm(forward, lstm, row_of(steps, at));
        memcpy(row_of(&out, at), forward->joined + lstm->of->inputs,
               (size_t)lstm->of->states * sizeof *forward->joined);
    }
    struct sequence was = *steps;
    *steps = out;
    out = was;
    return 0;
}

static void soften(const int32_t *sums, const float *scales, int classes, float *ret_row)
{
    float highest = -INFINITY, total = 0;
    for (int i = 0; i < classes; i++) {
        ret_row[i] = (float)sums[i] * scales[i];
        highest = ret_row[i] > highest ? ret_row[i] : highest;
    }
    for (int i = 0; i < classes; i++) {
        float below = ret_row[i] - highest;
        ret_row[i] = expf(below < EXP_FLOOR ? EXP_FLOOR : below);
        total += ret_row[i];
    }
    for (int i = 0; i < classes; i++)
        ret_row[i] /= total;
}

static int finish(struct fast_forward *forward, const struct sequence *steps,
                  struct fast_output *ret_output, struct err *err)
{
    int classes = forward->network->softmax.rows;
    *ret_output = (struct fast_output){steps->steps, classes, NULL};
    ret_output->rows = malloc((size_t)steps->steps * (size_t)classes * sizeof *ret_output->rows);
    if (!ret_output->rows)
        return err_set(err, ERR_MEMORY, "no memory for a line of %d steps", steps->steps);
    for (int step = 0; step < steps->steps; step++) {
        forward->kernels->multiply(&forward->softmax, row_of(steps, step), forward->sums);
        soften(forward->sums, forward->softmax.scales, classes,
               ret_output->rows + (size_t)step * (size_t)classes);
    }
    return 0;
}

int fast_forward_run(struct fast_forward *forward, const struct fast_image *image,
                     struct fast_output *ret_output, struct err *err)
{
    SCOPED(free_sequence) struct sequence cells = {0};
    SCOPED(free_sequence) struct sequence steps = {0};
    int count = image->width / FAST_POOL;
    if (count < 1 || count > FAST_STEPS_MAX)
        return err_set(err, ERR_LIMIT, "a line of %d steps, 1 to %d", count, FAST_STEPS_MAX);
    int rc = convolve(forward, image, &cells, err);
    if (rc == 0)
        rc = summarise_columns(forward, &cells, &steps, err);
    for (int i = 0; rc == 0 && i < forward->network->line_count; i++)
        rc = run_line(forward, &forward->lines[i], &steps, err);
    return rc < 0 ? rc : finish(forward, &steps, ret_output, err);
}
