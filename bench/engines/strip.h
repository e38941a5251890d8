/*
 * Single lines of print, drawn and scanned by chance: text, type, size, ink, resolution, depth,
 * noise, blur, light, a slight skew, an underline.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "bench/mail/chance.h"

struct Pix;

enum strip_language { STRIP_FRENCH, STRIP_ENGLISH };
enum { STRIP_TEXT_SIZE = 160 };

/* 15 to 95 characters: a piece of a letter, all in capitals at times, or numbers with their names.
 * ERR_MEMORY. */
int strip_text(struct chance *chance, enum strip_language language, char ret_text[STRIP_TEXT_SIZE],
               struct err *err);

/* The line as a scanner sees it, with some margin; the caller frees with image_free. */
int strip_draw(struct chance *chance, const char *text, struct Pix **ret_strip, struct err *err);
