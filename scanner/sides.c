/*
 * Front and back of one sheet: see sides.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/sides.h"

#include <leptonica/allheaders.h>
#include <math.h>

static const double inch_mm = 25.4;

struct side_size side_size_of(const struct Pix *page, double x_dpi, double y_dpi)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's getters take no const */

    if (x_dpi <= 0 || y_dpi <= 0)
        return (struct side_size){0, 0};
    return (struct side_size){pixGetWidth(from) / x_dpi * inch_mm,
                              pixGetHeight(from) / y_dpi * inch_mm};
}

bool sides_match(struct side_size front, struct side_size back)
{
    if (front.width <= 0 || back.width <= 0)
        return true;
    return fabs(front.width - back.width) <= SIDES_DIFFER_MM &&
           fabs(front.height - back.height) <= SIDES_DIFFER_MM;
}
