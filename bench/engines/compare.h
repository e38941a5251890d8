/*
 * How far what was read is from what stands there: characters by edit distance, words as bags.
 * White space counts as one blank however much of it there is; quotation marks and dashes count by
 * what they are, not by their shape.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>
#include <uchar.h>

#include "base/err.h"

/* Unicode characters. */
struct characters {
    char32_t *at; /* owned */
    size_t count;
};

/* Characters of UTF-8, made comparable; bytes that are none are left out. ERR_MEMORY. */
int characters_of(const char *utf8, struct characters *ret_characters, struct err *err);
void characters_free(struct characters *characters);

/* The least number of characters to insert, drop or change to get one from the other: Levenshtein,
 * a row at a time. */
int compare_all(const struct characters *a, const struct characters *b, size_t *ret_errors,
                struct err *err);

/* The same to find all of `wanted` somewhere in `read`: what is read before and behind it is free.
 */
int compare_within(const struct characters *wanted, const struct characters *read,
                   size_t *ret_errors, struct err *err);

/* Words of `least` letters or more, without the signs at their ends. */
struct bag {
    struct characters text;
    struct bag_word {
        const char32_t *at;
        size_t count;
    } * words; /* sorted */
    size_t count;
};

int bag_of(const char *utf8, size_t least, struct bag *ret_bag, struct err *err);
void bag_free(struct bag *bag);

/* How many words of `wanted` are in `read`, each as often as it stands there. */
size_t bag_common(const struct bag *wanted, const struct bag *read);
