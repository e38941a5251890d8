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

enum {
    CELLS = FAST_HEIGHT / FAST_POOL,
    WINDOW_SPACE = 10,
    EXP_FLOOR = -86,
    TOGETHER = FAST_TOGETHER
};

/* The gates' weights for what comes in and for what was said last; a column's in one. */
struct packed_lstm {
    const struct fast_lstm *of;
    struct fast_packed inputs, states;
};

struct fast_forward {
    const struct fast_network *network;
    const struct fast_kernels *kernels;
    struct fast_packed convolution, softmax;
    struct packed_lstm column, lines[FAST_LSTM_MAX];
    int widest;      /* sums of one multiplication */
    int32_t *sums;   /* of TOGETHER multiplications */
    float *state;    /* of TOGETHER columns, or of a line */
    int16_t *joined; /* inputs and last outputs of TOGETHER columns */
    int16_t *said;   /* last outputs of a line */
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

static int pack_all_of(struct fast_forward *forward, const struct fast_matrix *matrix,
                       struct fast_packed *ret_packed, struct err *err)
{
    const struct fast_stack all = {&matrix, 1, 0, matrix->cols};
    int rc = fast_pack(&all, forward->kernels, ret_packed, err);
    if (rc == 0 && ret_packed->rows > forward->widest)
        forward->widest = ret_packed->rows;
    return rc;
}

/* `inputs`: the columns that go into the first part. */
static int pack_lstm(struct fast_forward *forward, const struct fast_lstm *lstm, int inputs,
                     struct packed_lstm *ret_packed, struct err *err)
{
    const struct fast_matrix *gates[GATE_COUNT];
    const struct fast_stack first = {gates, GATE_COUNT, 0, inputs};
    const struct fast_stack rest = {gates, GATE_COUNT, inputs,
                                    lstm->inputs + lstm->states - inputs};
    for (int gate = 0; gate < GATE_COUNT; gate++)
        gates[gate] = &lstm->gates[gate];
    if (lstm->states % FAST_LANES || lstm->inputs % 2)
        return err_set(err, ERR_FORMAT, "model: a layer of %d inputs and %d states", lstm->inputs,
                       lstm->states);
    ret_packed->of = lstm;
    int rc = fast_pack(&first, forward->kernels, &ret_packed->inputs, err);
    if (rc == 0 && rest.columns > 0)
        rc = fast_pack(&rest, forward->kernels, &ret_packed->states, err);
    if (rc == 0 && ret_packed->inputs.rows > forward->widest)
        forward->widest = ret_packed->inputs.rows;
    return rc;
}

static int make_room(struct fast_forward *forward, struct err *err)
{
    size_t most = (size_t)forward->widest;
    forward->sums = calloc(TOGETHER * most, sizeof *forward->sums);
    forward->state = calloc(TOGETHER * most, sizeof *forward->state);
    forward->joined = calloc(2 * TOGETHER * most, sizeof *forward->joined);
    forward->said = calloc(most, sizeof *forward->said);
    if (!forward->sums || !forward->state || !forward->joined || !forward->said)
        return err_set(err, ERR_MEMORY, "no memory for a line reader");
    return 0;
}

static int pack_all(struct fast_forward *forward, struct err *err)
{
    const struct fast_network *network = forward->network;
    const struct fast_lstm *column = &network->column;
    int rc = pack_all_of(forward, &network->convolution, &forward->convolution, err);
    if (rc == 0)
        rc = pack_all_of(forward, &network->softmax, &forward->softmax, err);
    if (rc == 0)
        rc = pack_lstm(forward, column, column->inputs + column->states, &forward->column, err);
    for (int i = 0; rc == 0 && i < network->line_count; i++)
        rc = pack_lstm(forward, &network->lines[i], network->lines[i].inputs, &forward->lines[i],
                       err);
    return rc < 0 ? rc : make_room(forward, err);
}

int fast_forward_new(const struct fast_network *network, enum ocr_kernels kernels,
                     struct fast_forward **ret_forward, struct err *err)
{
    SCOPED(fast_forward_free) struct fast_forward *forward = calloc(1, sizeof *forward);
    if (!forward)
        return err_set(err, ERR_MEMORY, "no memory for a line reader");
    forward->network = network;
    forward->kernels = fast_kernels_choose(kernels);
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

static void free_lstm(struct packed_lstm *lstm)
{
    fast_packed_free(&lstm->inputs);
    fast_packed_free(&lstm->states);
}

void fast_forward_free(struct fast_forward **forward)
{
    if (!forward || !*forward)
        return;
    fast_packed_free(&(*forward)->convolution);
    fast_packed_free(&(*forward)->softmax);
    free_lstm(&(*forward)->column);
    for (int i = 0; i < FAST_LSTM_MAX; i++)
        free_lstm(&(*forward)->lines[i]);
    free((*forward)->sums);
    free((*forward)->state);
    free((*forward)->joined);
    free((*forward)->said);
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

/* The windows of TOGETHER pixels of a row from `x` on; what lies beyond the row has none. */
static void cut_windows(const struct fast_image *image, int x, int y, struct noise *noise,
                        int16_t windows[TOGETHER][WINDOW_SPACE])
{
    for (int i = 0; i < TOGETHER && x + i < image->width; i++) {
        if (x + i == 0 || x + i == image->width - 1 || y == 0 || y == FAST_HEIGHT - 1)
            cut_window(image, x + i, y, noise, windows[i]);
        else
            cut_inner_window(image->values + (size_t)(y - 1) * (size_t)image->width + x + i,
                             image->width, windows[i]);
    }
}

/* Sums of one row of pixels, the highest of each pool kept: scales are positive and tanh rises, so
 * the highest sum gives the highest value. Pixels beyond the last pool count only for their noise.
 */
static void convolve_row(struct fast_forward *forward, const struct fast_image *image, int y,
                         struct noise *noise, int32_t *highest)
{
    int16_t windows[TOGETHER][WINDOW_SPACE] = {0};
    int rows = forward->convolution.rows, used = image->width / FAST_POOL * FAST_POOL;
    for (int x = 0; x < image->width; x += TOGETHER) {
        cut_windows(image, x, y, noise, windows);
        forward->kernels->multiply(&forward->convolution, windows[0], WINDOW_SPACE, TOGETHER,
                                   forward->sums);
        for (int i = 0; i < TOGETHER && x + i < used; i++) {
            const int32_t *sums = forward->sums + i * rows;
            int32_t *pool = highest + (size_t)((x + i) / FAST_POOL) * (size_t)rows;
            for (int row = 0; row < rows; row++)
                pool[row] = sums[row] > pool[row] ? sums[row] : pool[row];
        }
    }
}

/* For each step the 12 cells of its column one after another. */
static int convolve(struct fast_forward *forward, const struct fast_image *image,
                    struct sequence *ret_cells, struct err *err)
{
    int rows = forward->convolution.rows, steps = image->width / FAST_POOL;
    int values = forward->network->convolution.rows;
    size_t count = (size_t)steps * (size_t)rows;
    SCOPED(scope_free) int32_t *highest = malloc(count * sizeof *highest);
    struct noise noise = start_noise(forward->network->seed);
    int rc = make_sequence(steps, values * CELLS, ret_cells, err);
    if (rc == 0 && !highest)
        rc = err_set(err, ERR_MEMORY, "no memory for a line of %d steps", steps);
    for (int y = 0; rc == 0 && y < FAST_HEIGHT; y++) {
        if (y % FAST_POOL == 0)
            for (size_t i = 0; i < count; i++)
                highest[i] = INT_MIN;
        convolve_row(forward, image, y, &noise, highest);
        for (int step = 0; y % FAST_POOL == FAST_POOL - 1 && step < steps; step++)
            forward->kernels->squash(highest + (size_t)step * (size_t)rows,
                                     forward->convolution.scales, values,
                                     row_of(ret_cells, step) + y / FAST_POOL * values);
    }
    return rc;
}

/* ---- layers ---- */

static int fewer(int left)
{
    return left < TOGETHER ? left : TOGETHER;
}

/* Columns know nothing of each other, so several go side by side: one cell of each, then the next.
 */
static void summarise_some(struct fast_forward *forward, const struct sequence *cells, int first,
                           struct sequence *steps)
{
    const struct fast_lstm *lstm = forward->column.of;
    const struct fast_packed *gates = &forward->column.inputs;
    size_t inputs = (size_t)lstm->inputs, states = (size_t)lstm->states, both = inputs + states;
    int count = fewer(cells->steps - first);
    memset(forward->state, 0, (size_t)count * states * sizeof *forward->state);
    memset(forward->joined, 0, (size_t)count * both * sizeof *forward->joined);
    for (size_t cell = 0; cell < CELLS; cell++) {
        for (int i = 0; i < count; i++)
            memcpy(forward->joined + (size_t)i * both, row_of(cells, first + i) + cell * inputs,
                   inputs * sizeof *forward->joined);
        forward->kernels->multiply(gates, forward->joined, both, count, forward->sums);
        for (int i = 0; i < count; i++)
            forward->kernels->step(forward->sums + i * gates->rows, gates->scales, lstm->states,
                                   forward->state + (size_t)i * states,
                                   forward->joined + (size_t)i * both + inputs);
    }
    for (int i = 0; i < count; i++)
        memcpy(row_of(steps, first + i), forward->joined + (size_t)i * both + inputs,
               states * sizeof *forward->joined);
}

static int summarise_columns(struct fast_forward *forward, const struct sequence *cells,
                             struct sequence *ret_steps, struct err *err)
{
    int rc = make_sequence(cells->steps, forward->column.of->states, ret_steps, err);
    for (int step = 0; rc == 0 && step < cells->steps; step += TOGETHER)
        summarise_some(forward, cells, step, ret_steps);
    return rc;
}

/* What comes in is known beforehand and multiplied for several steps together; what was said last
 * is added step by step. `first` is the lowest of the steps, whichever way the line runs. */
static void run_some(struct fast_forward *forward, const struct packed_lstm *lstm,
                     const struct sequence *steps, int first, struct sequence *out)
{
    int count = fewer(steps->steps - first);
    forward->kernels->multiply(&lstm->inputs, row_of(steps, first), (size_t)steps->width, count,
                               forward->sums);
    for (int i = 0; i < count; i++) {
        int at = lstm->of->backwards ? count - 1 - i : i;
        int32_t *sums = forward->sums + at * lstm->inputs.rows;
        forward->kernels->add(&lstm->states, forward->said, sums);
        forward->kernels->step(sums, lstm->inputs.scales, lstm->of->states, forward->state,
                               forward->said);
        memcpy(row_of(out, first + at), forward->said,
               (size_t)lstm->of->states * sizeof *forward->said);
    }
}

static int run_line(struct fast_forward *forward, const struct packed_lstm *lstm,
                    struct sequence *steps, struct err *err)
{
    SCOPED(free_sequence) struct sequence out = {0};
    size_t states = (size_t)lstm->of->states;
    int last = (steps->steps - 1) / TOGETHER * TOGETHER;
    int rc = make_sequence(steps->steps, lstm->of->states, &out, err);
    if (rc < 0)
        return rc;
    memset(forward->state, 0, states * sizeof *forward->state);
    memset(forward->said, 0, states * sizeof *forward->said);
    for (int first = 0; first <= last; first += TOGETHER)
        run_some(forward, lstm, steps, lstm->of->backwards ? last - first : first, &out);
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
    for (int first = 0; first < steps->steps; first += TOGETHER) {
        int count = fewer(steps->steps - first);
        forward->kernels->multiply(&forward->softmax, row_of(steps, first), (size_t)steps->width,
                                   count, forward->sums);
        for (int i = 0; i < count; i++)
            soften(forward->sums + i * forward->softmax.rows, forward->softmax.scales, classes,
                   ret_output->rows + (size_t)(first + i) * (size_t)classes);
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
