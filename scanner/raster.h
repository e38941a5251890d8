/*
 * Lines of bytes as SANE sends them become a page: any split into reads, height known or not,
 * padded lines, depth 1 (1 = black), 8 and RGB. What arrives is compared with what was announced.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

struct Pix;
struct raster;

struct raster_params {
    uint32_t width;          /* pixels */
    int64_t lines;           /* -1: unknown until the end */
    uint32_t bytes_per_line; /* at least what the pixels need */
    unsigned depth;          /* bits per sample: 1 or 8 */
    bool rgb;                /* three samples per pixel, depth 8 only */
};

/* ERR_UNSUPPORTED for another depth; ERR_FORMAT for lines too short for their pixels or an empty
 * page; ERR_LIMIT over the limits of device.h, before anything is allocated. */
int raster_new(const struct raster_params *params, struct raster **ret_raster, struct err *err);
void raster_free(struct raster **raster);

/* ERR_FORMAT for more than was announced, ERR_LIMIT when a page of unknown height grows too large.
 */
int raster_add(struct raster *raster, struct bytes more, struct err *err);

/* Bytes taken so far. */
uint64_t raster_received(const struct raster *raster);

/* Takes the raster and returns its page, to be freed by the caller; ERR_FORMAT when it is empty,
 * when lines are missing, or when a line is broken off. */
int raster_finish(struct raster **raster, struct Pix **ret_page, struct err *err);

/* Memory that a page's pixels take. */
uint64_t raster_page_bytes(const struct Pix *page);
