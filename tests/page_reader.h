/*
 * A reader of whole drawn pages, with the configuration of the tree: classifier and OCR.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/classify.h"

struct Pix;

/* A group's setup and teardown. */
int page_reader_open(void **state);
int page_reader_close(void **state);

/* The same reader with `from` replaced by `to` in its classify.conf; both as long. */
void page_reader_set(const char *from, const char *to);

/* What the cascade says of an image; fails the test when it says nothing. */
struct verdict page_reader_verdict(struct Pix *image, int dpi);
