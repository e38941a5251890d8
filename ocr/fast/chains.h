/*
 * Letters that follow each other closely at one height.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/fast/letters.h"

/* Gives every plain letter the number of its chain in `line`, 0 .. *ret_count - 1; one without
 * neighbours is a chain of its own. A letter too tall for its neighbours (two lines that touch)
 * stays LETTER_LOOSE. ERR_MEMORY. */
int chains_link(struct letters *letters, size_t *ret_count, struct err *err);
