/*
 * The blobs of a page as letters: which may be letters by their size, and where they stand once
 * the page's slope is taken out.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/fast/blobs.h"

enum letter_kind {
    LETTER_MARK,  /* smaller than a letter: dot, accent, comma, hyphen, speck */
    LETTER_PLAIN, /* may be a letter, or letters that touch */
    LETTER_NONE   /* larger: picture, upright ruling, frame */
};

enum { LETTER_LOOSE = -1 };

struct letter {
    struct blob blob;               /* on the page */
    float left, right, top, bottom; /* with the page's slope taken out */
    enum letter_kind kind;
    int32_t line; /* the number of its line, or LETTER_LOOSE */
};

struct letters {
    struct letter *items; /* from left to right */
    size_t count, plain;
    float slope; /* of the lines: pixels down per pixel to the right */
    int dpi;
};

static inline float letter_height(const struct letter *letter)
{
    return letter->bottom - letter->top;
}

/* ERR_MEMORY. Free with letters_free. */
int letters_make(const struct blobs *blobs, int dpi, struct letters *ret_letters, struct err *err);
void letters_free(struct letters *letters);

/* Letters by where they are: a letter is listed in every band of the page that it reaches into,
 * from left to right. Tops and bottoms outside the bands count as in the first or last. */
struct letter_bands {
    size_t *first;    /* of each band, and one past the last */
    int32_t *letters; /* indexes */
    int32_t count;
    float top, height; /* of the first band, of each */
};

/* Bands of plain letters only. ERR_MEMORY. */
int letter_bands_make(const struct letters *letters, struct letter_bands *ret_bands,
                      struct err *err);
void letter_bands_free(struct letter_bands *bands);
int32_t letter_band_at(const struct letter_bands *bands, float y);
