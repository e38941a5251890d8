/*
 * A pale mark, looked at closely: is it writing, or what shows through from the other side? Paper
 * scatters light: what shows through it has lost its edges, pale writing has kept them.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "image/geometry.h"

struct Pix;

struct pale {
    double contrast; /* darkest part below the paper, share of the paper; noise taken off */
    double edge;     /* 1/mm: steepest steps over that contrast. A sharp stroke has 3 and more; one
                        that came through paper, blurred by 0.3 mm, 1 to 2 */
};

/* The mark in a box of a page of depth 8 or 32, 100 to 200 dpi; `dpi` is that of its pixels. {0}
 * where the box has no paper round the mark. ERR_MEMORY. */
int pale_look(const struct Pix *page, const struct image_box *box, double dpi,
              struct pale *ret_pale, struct err *err);
