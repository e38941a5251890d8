/*
 * One TIFF file in memory, opened by libtiff for reading or writing, with its messages caught
 * instead of printed. Nothing else in the project opens a TIFF.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <tiffio.h>

#include "base/bytes.h"
#include "base/err.h"

enum { TIFF_MESSAGE_SIZE = 160 };

struct tiff_file {
    TIFF *tiff;
    struct bytes from; /* when reading */
    struct buf *into;  /* when writing: starts empty */
    size_t at;
    bool complained;                 /* since last set to false: an error or a warning came */
    bool failed;                     /* since last set to false: an error came */
    char message[TIFF_MESSAGE_SIZE]; /* the first error, or else the first warning; printable */
};

/* Opens directory `page` (from 1). ERR_FORMAT when libtiff cannot read it. The struct must stay
 * where it is until tiff_file_close. */
int tiff_file_open(struct bytes file, unsigned page, struct tiff_file *ret_file, struct err *err);
int tiff_file_create(struct buf *into, struct tiff_file *ret_file, struct err *err);

/* Tolerates a struct that is {0} or closed. */
void tiff_file_close(struct tiff_file *file);
