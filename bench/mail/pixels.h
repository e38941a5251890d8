/*
 * The electronic half of a scan: a drawing becomes noisy, unevenly lit pixels of one depth.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <cairo.h>

#include "bench/mail/scan.h"

/* One pass over the drawing (changed by it when look->blur > 0). The caller frees the image. */
int pixels_scan(cairo_surface_t *drawing, const struct scan_look *look, struct Pix **ret_image,
                struct err *err);
