/*
 * French letters of insured persons, employers and professionals to their fund, composed from a
 * sentence grammar so that no two are alike.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/chance.h"
#include "bench/mail/page.h"

struct letter_words {
    unsigned least, most; /* words wanted in the body */
};

/* Paragraphs parted by a blank line, greeting and closing included. The caller frees; NULL when
 * memory is short. Sets `ret_words`. */
char *letter_compose(struct chance *chance, const struct affair *affair,
                     const struct letter_words *wanted, unsigned *ret_words);

/* "Objet : …", a line. */
void letter_subject(struct chance *chance, const struct affair *affair, char *ret_text,
                    size_t size);

/* 1234.56 EUR as "mille deux cent trente-quatre euros et cinquante-six centimes". */
void french_amount(unsigned cents, char *ret_text, size_t size);

unsigned count_words(const char *text);
