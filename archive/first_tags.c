/*
 * Which mail goes first: see first_tags.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/first_tags.h"

#include <string.h>

size_t first_tags_rank(const char *first, const char *tag)
{
    const size_t len = strlen(tag);
    size_t rank = 0;
    for (const char *word = first + strspn(first, " "); *word; word += strspn(word, " ")) {
        const size_t word_len = strcspn(word, " ");
        if (word_len == len && memcmp(word, tag, len) == 0)
            return rank;
        word += word_len;
        rank++;
    }
    return rank;
}
