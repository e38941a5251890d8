/*
 * Uneven ink: every line has its own strength.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/stamp.h"

#include <math.h>
#include <stdio.h>

static struct ink stamp_ink(struct chance *chance)
{
    static const struct ink inks[] = {
        {0.15, 0.12, 0.50, 1}, {0.30, 0.10, 0.45, 1}, {0.10, 0.10, 0.12, 1}, {0.12, 0.25, 0.60, 1}};
    struct ink ink = CHANCE_PICK(chance, inks);
    ink.alpha = chance_real(chance, 0.6, 0.95);
    return ink;
}

void stamp_practice(struct canvas *canvas, struct chance *chance, struct area area,
                    const struct prescriber *prescriber)
{
    static const char *const families[] = {"Liberation Sans", "Liberation Serif", "DejaVu Sans"};
    char title[64];
    snprintf(title, sizeof title, "Dr %s", prescriber->name);
    const char *lines[] = {title,
                           prescriber->speciality,
                           prescriber->street,
                           prescriber->town,
                           prescriber->phone,
                           prescriber->number};
    size_t count = area.height < 12 ? 3 : area.height < 20 ? 5 : 6;
    double leading = fmin(area.height / (double)count, 4.4);
    struct type type = {CHANCE_PICK(chance, families), false, false, leading * 0.82,
                        stamp_ink(chance)};
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, area.x + chance_real(chance, 0, area.width * 0.3), area.y);
    cairo_rotate(canvas->cairo, 0.03 * chance_normal(chance));
    double strength = type.ink.alpha;
    for (size_t i = 0; i < count; i++) {
        type.bold = i == 0;
        type.ink.alpha = strength * chance_real(chance, 0.75, 1);
        canvas_text(canvas, (struct spot){0, leading * (double)(i + 1)}, &type, lines[i]);
    }
    cairo_restore(canvas->cairo);
}

void stamp_received(struct canvas *canvas, struct chance *chance, struct spot at, int tenant)
{
    struct type type = {"Liberation Sans", true, false, 4, stamp_ink(chance)};
    char date[32], line[48];
    day_slashes(day_before(chance, MAIL_DAY, 6), date);
    snprintf(line, sizeof line, "REÇU LE %s", date);
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, at.x, at.y);
    cairo_rotate(canvas->cairo, 0.12 * chance_normal(chance));
    double width = canvas_text_width(canvas, &type, line) + 6;
    canvas_frame(canvas, (struct area){0, 0, width, 14}, 0.6, type.ink);
    canvas_text(canvas, (struct spot){3, 11.5}, &type, line);
    snprintf(line, sizeof line, "COURRIER CPAM %03d", tenant);
    type.size = 3.2;
    canvas_text(canvas, (struct spot){3, 5.5}, &type, line);
    cairo_restore(canvas->cairo);
}
