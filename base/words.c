/*
 * Lists of words: see words.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/words.h"

#include <string.h>

size_t words_rank(const char *words, const char *word)
{
    const size_t len = strlen(word);
    size_t rank = 0;
    for (const char *at = words + strspn(words, " "); *at; at += strspn(at, " ")) {
        const size_t at_len = strcspn(at, " ");
        if (at_len == len && memcmp(at, word, len) == 0)
            return rank;
        at += at_len;
        rank++;
    }
    return rank;
}
