/*
 * Writing a model: see model_fixture.h. The formats are those that ocr/fast/ reads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/model_fixture.h"

#include <string.h>

#include "base/err.h"
#include "base/scope.h"

enum {
    PARTS = 24,
    STATES = 8,
    WINDOW = 9,
    CLASSES = 8,
    HEIGHT = 36,
    FLAGS = 0xc0, /* learning rates follow a group; Adam */
    MODE = 0x85,  /* int8, Adam, the current form */
    MODE_FLOAT = 0x84,
    NULL_CODE = 7
};

/* Bytes that a model is written to; the first failure stays. */
struct writer {
    struct buf *to;
    enum model_kind kind;
    unsigned seed;
    int rc;
};

static void put(struct writer *writer, const void *at, size_t len)
{
    if (writer->rc == 0)
        writer->rc = buf_append(writer->to, bytes_of(at, len));
}

static void put_number(struct writer *writer, uint64_t number, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        uint8_t byte = i < sizeof number ? (uint8_t)(number >> 8 * i) : 0;
        put(writer, &byte, 1);
    }
}

static void put_string(struct writer *writer, const char *text)
{
    put_number(writer, strlen(text), 4);
    put(writer, text, strlen(text));
}

static void put_double(struct writer *writer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(writer, bits, 8);
}

static int next_weight(struct writer *writer)
{
    writer->seed = writer->seed * 1103515245 + 12345;
    return (int)(writer->seed >> 16) % 128 - 64;
}

/* ---- network ---- */

static void put_node(struct writer *writer, const char *type, int inputs, int outputs)
{
    put_number(writer, 0, 1);
    put_string(writer, type);
    put_number(writer, 0, 2);
    put_number(writer, FLAGS, 4);
    put_number(writer, (uint64_t)inputs, 4);
    put_number(writer, (uint64_t)outputs, 4);
    put_number(writer, 0, 4);
    put_string(writer, "");
}

static void open_group(struct writer *writer, const char *type, unsigned children)
{
    put_node(writer, type, 1, 1);
    put_number(writer, children, 4);
}

static void close_group(struct writer *writer)
{
    put_number(writer, 1, 4);
    put_number(writer, 0, 4);
}

static void put_float_matrix(struct writer *writer, int rows, int cols)
{
    put_number(writer, MODE_FLOAT, 1);
    put_number(writer, (uint64_t)rows, 4);
    put_number(writer, (uint64_t)cols + 1, 4);
    put_double(writer, 0);
    for (int i = 0; i < rows * (cols + 1); i++)
        put_double(writer, next_weight(writer) / 64.0);
}

/* Rows of `cols` inputs and a bias. */
static void put_matrix(struct writer *writer, int rows, int cols)
{
    if (writer->kind == MODEL_FLOATS) {
        put_float_matrix(writer, rows, cols);
        return;
    }
    put_number(writer, MODE, 1);
    put_number(writer, (uint64_t)rows, 4);
    put_number(writer, (uint64_t)cols + 1, 4);
    put_number(writer, 0, 1);
    for (int i = 0; i < rows * (cols + 1); i++)
        put_number(writer, (uint64_t)next_weight(writer), 1);
    put_number(writer, (uint64_t)rows, 4);
    for (int i = 0; i < rows; i++)
        put_double(writer, 0.06);
}

static void put_lstm(struct writer *writer, const char *type)
{
    int all = 2 * STATES + (writer->kind == MODEL_FLAT_LSTM ? STATES : 0);
    put_node(writer, type, STATES, STATES);
    put_number(writer, (uint64_t)all, 4);
    for (int gate = 0; gate < 4; gate++)
        put_matrix(writer, STATES, all);
}

static void put_input(struct writer *writer)
{
    int height = writer->kind == MODEL_OTHER_HEIGHT ? 48 : HEIGHT;
    put_node(writer, "Input", 1, 1);
    put_number(writer, 1, 4);
    put_number(writer, (uint64_t)height, 4);
    put_number(writer, 0, 4);
    put_number(writer, 1, 4);
    put_number(writer, 0, 4);
}

static void put_pair(struct writer *writer, const char *type, int both)
{
    put_node(writer, type, 1, 1);
    put_number(writer, (uint64_t)both, 4);
    put_number(writer, (uint64_t)both, 4);
}

static void put_tree(struct writer *writer)
{
    open_group(writer, "Series", 7);
    put_input(writer);
    open_group(writer, "Series", 2);
    put_pair(writer, "Convolve", 1);
    put_node(writer, writer->kind == MODEL_OTHER_CHAIN ? "Relu" : "Tanh", WINDOW, STATES);
    put_matrix(writer, STATES, WINDOW);
    close_group(writer);
    put_pair(writer, "Maxpool", 3);
    open_group(writer, "XYTranspose", 1);
    put_lstm(writer, "SummLSTM");
    close_group(writer);
    put_lstm(writer, "LSTM");
    open_group(writer, "RTLReversed", 1);
    put_lstm(writer, "LSTM");
    close_group(writer);
    put_node(writer, "Softmax", STATES, CLASSES);
    put_matrix(writer, CLASSES, STATES);
    close_group(writer);
}

static void put_network(struct writer *writer)
{
    put_tree(writer);
    put_string(writer, "[1,36,0,1Ct3,3,8Mp3,3Lfys8Lfx8Lrx8O1c8]");
    put_number(writer, 65, 4); /* integers, recoded */
    put_number(writer, 0, 4);
    put_number(writer, 4711, 4);
    put_number(writer, NULL_CODE, 4);
    put_number(writer, 0, 12);
}

/* ---- characters and words ---- */

static void put_charset(struct writer *writer)
{
    static const char text[] =
        "9\nNULL 0\nJoined 7\n|Broken|0|1 f\na 3\nb 3\n1 8\n. 10\né 3\nZ 5\n";
    put(writer, text, sizeof text - 1);
}

static void put_recoder(struct writer *writer)
{
    static const int codes[] = {0, NULL_CODE, NULL_CODE, 1, 2, 3, 4, 5, 6};
    put_number(writer, 9, 4);
    for (int i = 0; i < 9; i++) {
        bool two = writer->kind == MODEL_TWO_CODES && i == 8;
        put_number(writer, 1, 1);
        put_number(writer, two ? 2 : 1, 4);
        put_number(writer, (uint64_t)codes[i], 4);
        if (two)
            put_number(writer, 0, 4);
    }
}

/* An edge: the letter in 4 bits, last edge of its node, backward, word end, the next node. */
static void put_edge(struct writer *writer, unsigned letter, unsigned flags, unsigned next)
{
    put_number(writer, letter | flags << 4 | (uint64_t)next << 7, 8);
}

/* Words "a", "ab", "ba" and so on round; of punctuation the core alone and the core with a stop. */
static void put_dawg(struct writer *writer, bool punctuation)
{
    enum { LAST = 1, WORD_END = 4 };
    put_number(writer, 42, 2);
    put_number(writer, 9, 4);
    put_number(writer, punctuation ? 2 : 4, 4);
    if (punctuation) {
        put_edge(writer, 0, LAST | WORD_END, 1);
        put_edge(writer, 6, LAST | WORD_END, 0);
        return;
    }
    put_edge(writer, 3, WORD_END, 2);
    put_edge(writer, 4, LAST, 3);
    put_edge(writer, 4, LAST | WORD_END, 3);
    put_edge(writer, 3, LAST | WORD_END, 2);
}

/* ---- container ---- */

static bool is_present(enum model_kind kind, unsigned part)
{
    if (kind == MODEL_LEGACY)
        return part == 1;
    if (kind == MODEL_EMBEDDED && part > 20)
        return false;
    return part >= 17 && part <= 22;
}

static void put_part(struct writer *writer, unsigned part)
{
    if (part == 17)
        put_network(writer);
    else if (part == 21)
        put_charset(writer);
    else if (part == 22)
        put_recoder(writer);
    else if (part == 1)
        put_string(writer, "shapes");
    else
        put_dawg(writer, part == 18);
}

static void swap_count(struct buf *model)
{
    for (int i = 0; i < 2; i++) {
        uint8_t byte = model->at[i];
        model->at[i] = model->at[3 - i];
        model->at[3 - i] = byte;
    }
}

int model_fixture(enum model_kind kind, struct buf *ret_model)
{
    SCOPED(buf_free) struct buf parts = {0};
    struct writer body = {&parts, kind, 1, 0}, file = {ret_model, kind, 1, 0};
    *ret_model = (struct buf){0};
    put_number(&file, PARTS, 4);
    for (unsigned part = 0; part < PARTS; part++) {
        bool present = is_present(kind, part);
        put_number(&file, present ? 4 + 8 * PARTS + parts.len : UINT64_MAX, 8);
        if (present)
            put_part(&body, part);
    }
    put(&file, parts.at, parts.len);
    if (body.rc < 0 || file.rc < 0) {
        buf_free(ret_model);
        return ERR_MEMORY;
    }
    if (kind == MODEL_BIG_ENDIAN)
        swap_count(ret_model);
    return 0;
}
