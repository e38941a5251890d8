/*
 * Reading lines with the fast recogniser: a model, the network and the search put together.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "ocr/engine.h"

struct fast_reader;

/* Takes the bytes of a .traineddata over, whatever comes out. ERR_FORMAT says why this model is not
 * for it. `plain`: without vector instructions, for tests. */
int fast_reader_new(struct buf *model, enum ocr_kernels kernels, struct fast_reader **ret_reader,
                    struct err *err);
void fast_reader_free(struct fast_reader **reader);

/* Appends the words of a strip that holds one line (depth 1 or 8, some pixels of margin); boxes are
 * in pixels of the strip, its full height. `ret_assurance`: mean probability of what is read, 0..1;
 * 0 when nothing is. Time is added to the text's account. */
int fast_reader_line(struct fast_reader *reader, const struct Pix *strip, struct ocr_text *text,
                     double *ret_assurance, struct err *err);

/* 1 and the words of the strip with black and white told by all of it, where its middle row misled
 * fast_reader_line; 0 and none where it did not. */
int fast_reader_line_anew(struct fast_reader *reader, const struct Pix *strip,
                          struct ocr_text *text, double *ret_assurance, struct err *err);
