/*
 * A sheet of A4 at 300 dpi to draw on with cairo, for pages whose ink is known.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <cairo.h>

struct Pix;

enum { PAPER_DPI = 300 };

struct paper {
    cairo_surface_t *surface;
    cairo_t *cairo; /* pixels; black */
};

/* White, what is drawn turned by so many degrees about its middle. */
struct paper paper_new(double degrees);

double paper_pixels(double mm);

/* The page in grey; the paper is used up. */
struct Pix *paper_take(struct paper *paper);
