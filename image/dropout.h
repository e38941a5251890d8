/*
 * Form print against writing, by the ink. French care forms and sick notes are printed in an
 * orange-brown that a scanner with a red lamp does not see; on a colour page it can be taken away,
 * or looked at alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

struct Pix;

struct dropout_params {
    double wash; /* how much warmth whitens: 1.4 turns a brown bar into paper, 2.2 also thin
                    print, whose colour a JPEG has spread */
    double gain; /* how much warmth darkens the print that is kept */
};
#define DROPOUT_DEFAULT ((struct dropout_params){.wash = 2.2, .gain = 1.3})

struct dropout {
    struct Pix *print;   /* bilevel, 1 = orange-brown ink */
    struct Pix *writing; /* bilevel, 1 = all other ink */
    double print_share;  /* of the page; 0 on grey and bilevel pages */
};

/* A grey or bilevel page is all writing. Free with dropout_free. 30 ms for A4 at 300 dpi. */
int dropout_split(const struct Pix *page, const struct dropout_params *params,
                  struct dropout *ret_dropout, struct err *err);

/* NULL-safe; leaves {0}. */
void dropout_free(struct dropout *dropout);
