/*
 * A list of words with blanks between them, the most urgent first.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>

/* How many words stand before this one: 0 for the first; as many as there are when it is none of
 * them, or "". */
size_t words_rank(const char *words, const char *word);
