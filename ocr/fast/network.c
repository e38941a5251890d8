/*
 * The network of a model: see model.h. A tree of nodes, each with a header and what its type needs;
 * one chain of layers is known, every other is refused.
 *
 *   Series { Input 36; Series { Convolve 3x3; Tanh }; Maxpool 3x3; XYTranspose { SummLSTM };
 *            LSTM or RTLReversed { LSTM }, one or more; Softmax }
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "ocr/fast/cursor.h"
#include "ocr/fast/model.h"

enum {
    FLAG_RATES = 64, /* learning rates of the layers follow */
    MODE_INT8 = 1,
    MODE_CURRENT = 128, /* the layout of a matrix that is read here */
    CHILDREN_MAX = 16,
    SCALE_MAX = 1 << 20, /* of a row; published ones are below 1 */
    TYPE_SIZE = 16
};

struct node {
    char type[TYPE_SIZE];
    int flags, inputs, outputs;
    uint32_t children;
};

static bool is_type(const struct node *node, const char *type)
{
    return strcmp(node->type, type) == 0;
}

static void open_node(struct cursor *from, struct node *ret_node)
{
    *ret_node = (struct node){0};
    cursor_u8(from);
    struct bytes type = cursor_string(from);
    cursor_take(from, 2); /* training, needs backprop */
    ret_node->flags = cursor_i32(from);
    ret_node->inputs = cursor_i32(from);
    ret_node->outputs = cursor_i32(from);
    cursor_i32(from);    /* weights */
    cursor_string(from); /* name */
    snprintf(ret_node->type, TYPE_SIZE, "%.*s", (int)(type.len < TYPE_SIZE ? type.len : 0),
             (const char *)type.at);
}

/* A node that holds others: how many. */
static void open_group(struct cursor *from, const char *type, struct node *ret_node)
{
    open_node(from, ret_node);
    ret_node->children = cursor_u32(from);
    if (!is_type(ret_node, type) || ret_node->children > CHILDREN_MAX)
        from->bad = true;
}

static void close_group(struct cursor *from, const struct node *node)
{
    if (node->flags & FLAG_RATES)
        cursor_take(from, 4 * (uint64_t)cursor_u32(from));
}

static void read_matrix(struct cursor *from, struct fast_matrix *ret_matrix)
{
    int mode = cursor_u8(from);
    int32_t rows = cursor_i32(from), cols = cursor_i32(from);
    cursor_u8(from); /* value of empty cells */
    if (!(mode & MODE_INT8) || !(mode & MODE_CURRENT) || rows < 1 || rows > FAST_SIDE_MAX ||
        cols < 2 || cols > FAST_SIDE_MAX) {
        from->bad = true;
        return;
    }
    struct bytes cells = cursor_take(from, (uint64_t)rows * (uint64_t)cols);
    uint32_t scales = cursor_u32(from);
    struct cursor scale = {.left = cursor_take(from, 8 * (uint64_t)scales)};
    if (from->bad || scales < (uint32_t)rows ||
        !(ret_matrix->scales = calloc((size_t)rows, sizeof *ret_matrix->scales))) {
        from->bad = true;
        return;
    }
    ret_matrix->rows = rows;
    ret_matrix->cols = cols - 1;
    ret_matrix->cells = (const int8_t *)cells.at;
    /* Scales turn sums into values: the highest sum must give the highest value, and no value may
     * be beyond all numbers. */
    for (int i = 0; i < rows; i++) {
        ret_matrix->scales[i] = (float)(cursor_f64(&scale) / SCHAR_MAX);
        if (!(ret_matrix->scales[i] > 0 && ret_matrix->scales[i] < SCALE_MAX))
            from->bad = true;
    }
}

static void read_lstm(struct cursor *from, const char *type, bool backwards,
                      struct fast_lstm *ret_lstm)
{
    struct node node;
    open_node(from, &node);
    int32_t all = cursor_i32(from); /* inputs and states */
    if (!is_type(&node, type))
        from->bad = true;
    ret_lstm->backwards = backwards;
    ret_lstm->inputs = node.inputs;
    for (int gate = 0; gate < GATE_COUNT && !from->bad; gate++) {
        struct fast_matrix *matrix = &ret_lstm->gates[gate];
        read_matrix(from, matrix);
        ret_lstm->states = ret_lstm->gates[0].rows;
        /* a two-dimensional one has its states twice in `all` */
        if (matrix->rows != ret_lstm->states || matrix->cols != all ||
            all != node.inputs + ret_lstm->states)
            from->bad = true;
    }
}

static void read_input(struct cursor *from)
{
    struct node node;
    open_node(from, &node);
    cursor_i32(from); /* batch */
    int height = cursor_i32(from);
    cursor_i32(from); /* width: any */
    int depth = cursor_i32(from);
    cursor_i32(from); /* loss */
    if (!is_type(&node, "Input") || height != FAST_HEIGHT || depth != 1)
        from->bad = true;
}

static void expect_pair(struct cursor *from, const char *type, int both)
{
    struct node node;
    open_node(from, &node);
    int x = cursor_i32(from), y = cursor_i32(from);
    if (!is_type(&node, type) || x != both || y != both)
        from->bad = true;
}

static void read_layer(struct cursor *from, const char *type, struct fast_matrix *ret_matrix)
{
    struct node node;
    open_node(from, &node);
    if (!is_type(&node, type))
        from->bad = true;
    if (!from->bad)
        read_matrix(from, ret_matrix);
}

static void read_convolution(struct cursor *from, struct fast_network *network)
{
    struct node group;
    open_group(from, "Series", &group);
    expect_pair(from, "Convolve", 1);
    read_layer(from, "Tanh", &network->convolution);
    if (group.children != 2 || network->convolution.cols != FAST_WINDOW)
        from->bad = true;
    close_group(from, &group);
}

static void read_column(struct cursor *from, struct fast_network *network)
{
    struct node group;
    open_group(from, "XYTranspose", &group);
    read_lstm(from, "SummLSTM", false, &network->column);
    if (group.children != 1)
        from->bad = true;
    close_group(from, &group);
}

static bool peek_type(const struct cursor *from, const char *type)
{
    struct cursor ahead = *from;
    struct node node;
    open_node(&ahead, &node);
    return !ahead.bad && is_type(&node, type);
}

static void read_line_lstm(struct cursor *from, struct fast_lstm *ret_lstm)
{
    struct node group;
    if (!peek_type(from, "RTLReversed")) {
        read_lstm(from, "LSTM", false, ret_lstm);
        return;
    }
    open_group(from, "RTLReversed", &group);
    read_lstm(from, "LSTM", true, ret_lstm);
    if (group.children != 1)
        from->bad = true;
    close_group(from, &group);
}

static void read_tree(struct cursor *from, struct fast_network *network)
{
    struct node group;
    open_group(from, "Series", &group);
    if (group.children < 6 || group.children > 5 + FAST_LSTM_MAX)
        from->bad = true;
    read_input(from);
    read_convolution(from, network);
    expect_pair(from, "Maxpool", FAST_POOL);
    read_column(from, network);
    for (uint32_t i = 0; i + 5 < group.children && !from->bad; i++)
        read_line_lstm(from, &network->lines[network->line_count++]);
    read_layer(from, "Softmax", &network->softmax);
    close_group(from, &group);
}

/* Each layer takes what the one before it gives. */
static bool fits_together(const struct fast_network *network)
{
    int width = network->column.states;
    if (network->column.inputs != network->convolution.rows)
        return false;
    for (int i = 0; i < network->line_count; i++) {
        if (network->lines[i].inputs != width)
            return false;
        width = network->lines[i].states;
    }
    return network->softmax.cols == width;
}

static void read_training(struct cursor *from, struct fast_network *network)
{
    enum { INT_MODE = 1, RECODED = 64, SEED_FACTOR = 0x10000001 };
    cursor_string(from); /* specification */
    int flags = cursor_i32(from);
    cursor_i32(from); /* training iteration */
    network->seed = (uint64_t)((int64_t)cursor_i32(from) * SEED_FACTOR);
    network->null_code = cursor_i32(from);
    cursor_take(from, 12); /* three parameters of training */
    if (!(flags & INT_MODE) || !(flags & RECODED) || from->left.len != 0)
        from->bad = true;
}

int fast_network_read(struct bytes part, struct fast_network *ret_network, struct err *err)
{
    struct cursor from = {.left = part};
    *ret_network = (struct fast_network){0};
    if (part.len == 0)
        return err_set(err, ERR_FORMAT, "model: it has no LSTM network");
    read_tree(&from, ret_network);
    if (!from.bad)
        read_training(&from, ret_network);
    if (!from.bad && fits_together(ret_network))
        return 0;
    fast_network_free(ret_network);
    return err_set(err, ERR_FORMAT, "model: its network is no integer network of the known chain");
}

static void free_lstm(struct fast_lstm *lstm)
{
    for (int gate = 0; gate < GATE_COUNT; gate++)
        free(lstm->gates[gate].scales);
}

void fast_network_free(struct fast_network *network)
{
    free(network->convolution.scales);
    free(network->softmax.scales);
    free_lstm(&network->column);
    for (int i = 0; i < FAST_LSTM_MAX; i++)
        free_lstm(&network->lines[i]);
    *network = (struct fast_network){0};
}
