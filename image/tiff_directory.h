/*
 * The directory of a classic TIFF as a list of entries, every access bounded by the file. Serves
 * the page count, splitting, and the EXIF block of a JPEG, which is a small TIFF.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

struct tiff_view {
    struct bytes file;
    bool big_endian;
};

/* One directory entry; its value lies at `at`, `len` bytes, both inside the file. */
struct tiff_entry {
    uint16_t tag, type;
    uint32_t count;
    size_t at, len;
};

struct tiff_directory {
    size_t at;        /* of the entry count */
    uint16_t entries; /* 12 bytes each, after the count */
};

/* ERR_FORMAT when the first four bytes are not those of a classic TIFF. */
int tiff_view_open(struct bytes file, struct tiff_view *ret_view, struct err *err);

/* Finds directory `page` (from 1) and counts all; ERR_LIMIT beyond IMAGE_PAGES_LIMIT (a loop of
 * directories ends there too), ERR_NOT_FOUND, ERR_FORMAT. */
int tiff_directory_find(const struct tiff_view *view, unsigned page,
                        struct tiff_directory *ret_directory, unsigned *ret_pages, struct err *err);

/* Entry `i` (from 0); ERR_FORMAT when its value lies outside the file or its type is unknown. */
int tiff_entry_read(const struct tiff_view *view, const struct tiff_directory *directory,
                    unsigned i, struct tiff_entry *ret_entry, struct err *err);

/* Every value of the directory must lie inside the file: libtiff drops a tag that it cannot read,
 * and the page then means something else. Entries of unknown types are passed over. ERR_FORMAT. */
int tiff_directory_check(const struct tiff_view *view, const struct tiff_directory *directory,
                         struct err *err);

/* The first entry with that tag, or false. */
bool tiff_entry_find(const struct tiff_view *view, const struct tiff_directory *directory,
                     uint16_t tag, struct tiff_entry *ret_entry);

/* Element `i` of a BYTE, SHORT, LONG or RATIONAL entry; 0 when it has none such. */
double tiff_entry_number(const struct tiff_view *view, const struct tiff_entry *entry, uint32_t i);

/* Bounded reads and writes in the view's byte order; the caller has checked the bounds. */
uint16_t tiff_get16(const struct tiff_view *view, size_t at);
uint32_t tiff_get32(const struct tiff_view *view, size_t at);
void tiff_put16(uint8_t *at, bool big_endian, uint16_t value);
void tiff_put32(uint8_t *at, bool big_endian, uint32_t value);
