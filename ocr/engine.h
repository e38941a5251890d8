/*
 * What a recogniser must do to stand behind ocr.h. An engine fills in this table; nothing outside
 * ocr/ knows which one reads.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/ocr.h"

struct ocr_engine {
    /* Makes the engine's own state; reads its model and remembers what identifies it. */
    int (*open)(const struct ocr_params *params, void **ret_state, struct err *err);
    void (*close)(void *state);
    /* One line, as ocr_id; borrowed from the state. */
    const char *(*id)(const void *state);
    /* As ocr_refusal; NULL: this engine refuses no model. */
    const char *(*refusal)(const void *state);
    /* Reads `crop`, which is the zone cut out (depth 1 or 8). Boxes are in pixels of the crop; the
     * words come in reading order, the account says what it cost. ERR_TIMEOUT with the words read
     * so far. */
    int (*read)(void *state, struct Pix *crop, const struct ocr_request *request,
                struct ocr_text *ret_text, struct err *err);
};

/* Tesseract 5 through its C interface, LSTM network only. */
extern const struct ocr_engine ocr_tesseract;

/* Own recogniser on Tesseract's weights, Tesseract behind it. */
extern const struct ocr_engine ocr_fast;

/* Counts processor time for a step: from `since` (clock_cpu_us) to now, which is returned. */
int64_t ocr_spent(struct ocr_account *account, enum ocr_step step, int64_t since);

/* Appends a word whose `text` it takes (freed when it fails); 0 or ERR_MEMORY. */
int ocr_text_add(struct ocr_text *text, const struct ocr_word *word, struct err *err);
