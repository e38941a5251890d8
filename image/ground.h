/*
 * Paper that lies on dark ground: a photograph of a sheet on a table, a small sheet under a black
 * scanner lid.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "image/geometry.h"

struct Pix;

/* The upright rectangle of the paper where the page is dark along all four sides and one light
 * piece lies inside, at most 0.8 of the picture; `ret_found` false otherwise. A page of any depth;
 * 0.3 ms. ERR_MEMORY. */
int ground_find_paper(const struct Pix *page, bool *ret_found, struct image_box *ret_paper,
                      struct err *err);
