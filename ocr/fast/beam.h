/*
 * From probabilities to characters: a search over the readings of a line that knows the model's
 * dictionaries, as the installed library's does; text equality with it is the test.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/fast/dictionary.h"
#include "ocr/fast/forward.h"

struct fast_letter {
    int id;          /* of the model's charset; 0 a space */
    int step;        /* where it begins */
    float certainty; /* logarithm of the probability of its worst step, at most 0 */
};

struct fast_reading {
    struct fast_letter *letters; /* owned */
    size_t count;
    double assurance; /* mean probability of what is read, over the steps that say something: 0..1,
                         as the library reckons when it decides whether to trust a line */
};
void fast_reading_free(struct fast_reading *reading);

struct fast_beam;

/* Borrows the model. */
int fast_beam_new(const struct fast_model *model, struct fast_beam **ret_beam, struct err *err);
void fast_beam_free(struct fast_beam **beam);

int fast_beam_search(struct fast_beam *beam, const struct fast_output *output,
                     struct fast_reading *ret_reading, struct err *err);
