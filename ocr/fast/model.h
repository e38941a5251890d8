/*
 * An installed .traineddata as the fast reader needs it: the network's layers, the characters, and
 * the dictionaries. What it does not understand is refused with ERR_FORMAT and the reason; then
 * Tesseract reads. Formats: measured on Debian's fra and eng ("fast" integer models).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum { FAST_SIDE_MAX = 1024 }; /* rows or columns of a matrix; published models have 512 */

/* Weights of one matrix: `rows` outputs of `cols` inputs and a bias, all int8. A sum times its
 * row's scale is the value before the non-linearity. */
struct fast_matrix {
    int rows, cols;      /* cols without the bias */
    const int8_t *cells; /* rows x (cols + 1), the bias last; borrowed from the model's bytes */
    float *scales;       /* rows; owned */
};

enum fast_gate { GATE_CELL, GATE_INPUT, GATE_FORGET, GATE_OUTPUT, GATE_COUNT };

struct fast_lstm {
    int inputs, states;
    bool backwards; /* runs from the right */
    struct fast_matrix gates[GATE_COUNT];
};

enum { FAST_LSTM_MAX = 8, FAST_HEIGHT = 36, FAST_POOL = 3, FAST_WINDOW = 9 };

struct fast_network {
    struct fast_matrix convolution; /* 9 inputs: columns left to right, each top to bottom */
    struct fast_lstm column;        /* summarises a column of 12 pooled cells */
    struct fast_lstm lines[FAST_LSTM_MAX];
    int line_count;
    struct fast_matrix softmax;
    uint64_t seed; /* of the padding noise */
    int null_code; /* the class that says nothing */
};

enum { FAST_CHAR_SIZE = 25 }; /* bytes of a character's UTF-8 with its NUL */

struct fast_char {
    char utf8[FAST_CHAR_SIZE];
    unsigned properties; /* 1 alpha, 2 lower, 4 upper, 8 digit, 16 punctuation */
};

struct fast_charset {
    struct fast_char *chars; /* by id; 0 is the space */
    int count;
    int *id_of_code; /* by class of the softmax; -1 for the null class */
    int code_count;
};

/* A squeezed word graph: edges as 64-bit numbers, borrowed views are copied out of the file. */
enum { FAST_EDGE_LAST = 1 }; /* flag behind the letter: of its node the last edge */

struct fast_dawg {
    uint64_t *edges;
    uint32_t count;
    uint32_t root_count; /* edges of node 0, the first ones */
    int letter_bits;
};

struct fast_model {
    struct buf file;
    struct fast_network network;
    struct fast_charset charset;
    struct fast_dawg punctuation, words, numbers; /* count 0: none */
};

/* Takes the file's bytes over, whatever comes out. */
int fast_model_read(struct buf *file, struct fast_model **ret_model, struct err *err);
void fast_model_free(struct fast_model **model);

/* The parts, each in a file of its own. */
int fast_network_read(struct bytes part, struct fast_network *ret_network, struct err *err);
void fast_network_free(struct fast_network *network);
int fast_charset_read(struct bytes chars, struct bytes codes, struct fast_charset *ret_charset,
                      struct err *err);
void fast_charset_free(struct fast_charset *charset);
int fast_dawg_read(struct bytes part, struct fast_dawg *ret_dawg, struct err *err);
void fast_dawg_free(struct fast_dawg *dawg);
