/*
 * Defects that can be drawn: see defect.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/defect.h"

#include <math.h>

const char *defect_name(enum scan_defect defect)
{
    static const char *const names[DEFECTS] = {"",     "streak", "corner_torn", "corner_folded",
                                               "dark", "light",  "unsharp",     "copied"};
    return names[defect];
}

enum scan_defect defect_draw_kind(struct chance *chance)
{
    return (enum scan_defect)chance_between(chance, DEFECT_STREAK, DEFECTS - 1);
}

/* Lines over the whole image, in its own coordinates: the sensor does not turn with the paper. */
static void draw_streaks(struct canvas *canvas, struct chance *chance)
{
    cairo_t *cairo = canvas->cairo;
    double width = cairo_image_surface_get_width(canvas->surface);
    double height = cairo_image_surface_get_height(canvas->surface);
    int count = chance_between(chance, 1, 4);
    cairo_save(cairo);
    cairo_identity_matrix(cairo);
    for (int i = 0; i < count; i++) {
        double level = chance_yes(chance, 0.7) ? chance_real(chance, 0, 0.4) : 1;
        double x = floor(chance_real(chance, 0.05, 0.95) * width);
        canvas_ink(canvas, (struct ink){level, level, level, chance_real(chance, 0.45, 0.95)});
        cairo_rectangle(cairo, x, 0, chance_between(chance, 1, 4), height);
        cairo_fill(cairo);
    }
    cairo_restore(cairo);
}

/* Puts the origin on a corner, with both axes pointing into the page. */
static void go_to_corner(struct canvas *canvas, struct chance *chance)
{
    bool right = chance_yes(chance, 0.5), bottom = chance_yes(chance, 0.5);
    cairo_translate(canvas->cairo, right ? canvas->width : 0, bottom ? canvas->height : 0);
    cairo_scale(canvas->cairo, right ? -1 : 1, bottom ? -1 : 1);
}

/* From (length, 0) to (0, height), wavering. */
static void tear_line(struct canvas *canvas, struct chance *chance, struct spot ends)
{
    enum { STEPS = 14 };
    for (int i = 0; i <= STEPS; i++) {
        double t = i / (double)STEPS;
        cairo_line_to(canvas->cairo, ends.x * (1 - t) + 0.8 * chance_normal(chance),
                      ends.y * t + 0.8 * chance_normal(chance));
    }
}

static void draw_torn_corner(struct canvas *canvas, struct chance *chance, struct ink backing)
{
    struct spot ends = {chance_real(chance, 15, 50), chance_real(chance, 15, 50)};
    cairo_save(canvas->cairo);
    go_to_corner(canvas, chance);
    canvas_ink(canvas, backing);
    cairo_move_to(canvas->cairo, -10, -10);
    cairo_line_to(canvas->cairo, ends.x, -10);
    tear_line(canvas, chance, ends);
    cairo_line_to(canvas->cairo, -10, ends.y);
    cairo_close_path(canvas->cairo);
    cairo_fill(canvas->cairo);
    cairo_restore(canvas->cairo);
}

/* The corner is gone, its mirror image lies on the page and shows the sheet's other side. */
static void draw_folded_corner(struct canvas *canvas, struct chance *chance, struct ink backing)
{
    double x = chance_real(chance, 15, 45), y = x * chance_real(chance, 0.7, 1.4);
    double reach = 2 * x * y / (x * x + y * y);
    cairo_t *cairo = canvas->cairo;
    cairo_save(cairo);
    go_to_corner(canvas, chance);
    canvas_ink(canvas, backing);
    cairo_move_to(cairo, -10, -10);
    cairo_line_to(cairo, x, -10);
    cairo_line_to(cairo, x, 0);
    cairo_line_to(cairo, 0, y);
    cairo_line_to(cairo, -10, y);
    cairo_fill(cairo);
    canvas_ink(canvas, (struct ink){0.9, 0.9, 0.89, 1});
    cairo_move_to(cairo, x, 0);
    cairo_line_to(cairo, 0, y);
    cairo_line_to(cairo, reach * y, reach * x);
    cairo_close_path(cairo);
    cairo_fill_preserve(cairo);
    canvas_ink(canvas, (struct ink){0.3, 0.3, 0.3, 0.5});
    cairo_set_line_width(cairo, 0.3);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

void defect_draw(struct canvas *canvas, struct chance *chance, enum scan_defect defect,
                 const struct placement *placement)
{
    if (defect == DEFECT_STREAK)
        draw_streaks(canvas, chance);
    else if (defect == DEFECT_CORNER_TORN)
        draw_torn_corner(canvas, chance, placement->backing);
    else if (defect == DEFECT_CORNER_FOLDED)
        draw_folded_corner(canvas, chance, placement->backing);
}
