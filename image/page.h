/*
 * A page in memory: making one (struct Pix, Leptonica's), and rows of it in plain byte order.
 * Leptonica stores 32-bit words in machine order, so on a little-endian machine the bytes of each
 * word are reversed; these functions are the only place that knows.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct Pix;

/* An all-zero page of depth 1, 8 or 32; ERR_MEMORY. */
int page_new(uint32_t width, uint32_t height, unsigned depth, struct Pix **ret_page,
             struct err *err);

/* Stores one row: depth 1: bits, the leftmost in the highest place; 8: a byte per pixel; 32: R, G,
 * B per pixel. Bits beyond the width become 0. */
void page_put_row(struct Pix *page, uint32_t y, const uint8_t *row);

/* The reverse of page_put_row. `ret_row` needs page_row_bytes(page). */
void page_get_row(const struct Pix *page, uint32_t y, uint8_t *ret_row);
size_t page_row_bytes(const struct Pix *page);

/* BLAKE2b-256 of the page's pixels: width, height, depth (4 bytes each, big-endian), then the rows
 * as page_get_row gives them. The same whatever they are encoded as; ERR_MEMORY. */
int page_digest(const struct Pix *page, struct digest *ret_digest, struct err *err);

/* The Pix that a function of Leptonica has made, or ERR_MEMORY with the name of the step. */
int page_made(struct Pix *made, const char *step, struct Pix **ret_page, struct err *err);
