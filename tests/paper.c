/*
 * Paper to draw on: see paper.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/paper.h"

#include <math.h>

#include "image/page.h"
#include "tests/check.h"
#include "tests/page_fixture.h"

struct paper paper_new(double degrees)
{
    struct paper paper;

    paper.surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, FIXTURE_WIDTH, FIXTURE_HEIGHT);
    paper.cairo = cairo_create(paper.surface);
    cairo_set_source_rgb(paper.cairo, 1, 1, 1);
    cairo_paint(paper.cairo);
    cairo_set_source_rgb(paper.cairo, 0, 0, 0);
    cairo_translate(paper.cairo, FIXTURE_WIDTH / 2.0, FIXTURE_HEIGHT / 2.0);
    cairo_rotate(paper.cairo, degrees * M_PI / 180);
    cairo_translate(paper.cairo, -FIXTURE_WIDTH / 2.0, -FIXTURE_HEIGHT / 2.0);
    return paper;
}

double paper_pixels(double mm)
{
    return mm * PAPER_DPI / 25.4;
}

struct Pix *paper_take(struct paper *paper)
{
    struct err err = {0};
    struct Pix *page;
    uint8_t row[FIXTURE_WIDTH];

    check_ok(page_new(FIXTURE_WIDTH, FIXTURE_HEIGHT, 8, &page, &err), &err);
    cairo_surface_flush(paper->surface);
    for (uint32_t y = 0; y < FIXTURE_HEIGHT; y++) {
        const uint8_t *pixel = cairo_image_surface_get_data(paper->surface) +
                               (size_t)y * (size_t)cairo_image_surface_get_stride(paper->surface);

        for (size_t x = 0; x < FIXTURE_WIDTH; x++)
            row[x] = pixel[4 * x];
        page_put_row(page, y, row);
    }
    cairo_destroy(paper->cairo);
    cairo_surface_destroy(paper->surface);
    return page;
}
