/*
 * Drawing on placed paper. Hinting is off: a scanner sees printed shapes, not a screen's grid.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/canvas.h"

#include <fontconfig/fontconfig.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#define MM_PER_INCH 25.4

static void font_options(cairo_t *cairo)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(cairo, options);
    cairo_font_options_destroy(options);
}

int canvas_open(const struct placement *placement, struct canvas *ret_canvas, struct err *err)
{
    const struct placement *p = placement;
    double scale = p->dpi / MM_PER_INCH;
    double width = p->paper_width + 2 * p->overscan, height = p->paper_height + 2 * p->overscan;
    bool lying = p->rotation % 180 != 0;
    int columns = (int)lround((lying ? height : width) * scale);
    int rows = (int)lround((lying ? width : height) * scale);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows);
    cairo_t *cairo = cairo_create(surface);
    *ret_canvas = (struct canvas){cairo, surface, p->paper_width, p->paper_height, NULL};
    if (cairo_status(cairo) != CAIRO_STATUS_SUCCESS) {
        int code = err_set(err, ERR_MEMORY, "a drawing of %d x %d pixels: %s", columns, rows,
                           cairo_status_to_string(cairo_status(cairo)));
        canvas_close(ret_canvas);
        return code;
    }
    font_options(cairo);
    canvas_ink(ret_canvas, p->backing);
    cairo_paint(cairo);
    cairo_translate(cairo, columns / 2.0, rows / 2.0);
    cairo_scale(cairo, scale, scale);
    cairo_rotate(cairo, -(p->rotation + p->skew) * M_PI / 180);
    cairo_translate(cairo, p->shift.x - p->paper_width / 2, p->shift.y - p->paper_height / 2);
    canvas_fill(ret_canvas, (struct area){0, 0, p->paper_width, p->paper_height}, p->paper);
    return 0;
}

void canvas_close(struct canvas *canvas)
{
    if (canvas->cairo)
        cairo_destroy(canvas->cairo);
    if (canvas->surface)
        cairo_surface_destroy(canvas->surface);
    *canvas = (struct canvas){0};
}

void canvas_ink(struct canvas *canvas, struct ink ink)
{
    cairo_set_source_rgba(canvas->cairo, ink.red, ink.green, ink.blue, ink.alpha);
}

void canvas_fill(struct canvas *canvas, struct area area, struct ink ink)
{
    canvas_ink(canvas, ink);
    cairo_rectangle(canvas->cairo, area.x, area.y, area.width, area.height);
    cairo_fill(canvas->cairo);
}

void canvas_frame(struct canvas *canvas, struct area area, double line_width, struct ink ink)
{
    canvas_ink(canvas, ink);
    cairo_set_line_width(canvas->cairo, line_width);
    cairo_rectangle(canvas->cairo, area.x, area.y, area.width, area.height);
    cairo_stroke(canvas->cairo);
}

void canvas_line(struct canvas *canvas, struct spot from, struct spot to, double line_width,
                 struct ink ink)
{
    canvas_ink(canvas, ink);
    cairo_set_line_width(canvas->cairo, line_width);
    cairo_move_to(canvas->cairo, from.x, from.y);
    cairo_line_to(canvas->cairo, to.x, to.y);
    cairo_stroke(canvas->cairo);
}

static void select_type(struct canvas *canvas, const struct type *type)
{
    cairo_select_font_face(canvas->cairo, type->family,
                           type->italic ? CAIRO_FONT_SLANT_ITALIC : CAIRO_FONT_SLANT_NORMAL,
                           type->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(canvas->cairo, type->size);
}

/* What memory does not hold is missing in the note, not on the page. */
static void note_print(struct canvas *canvas, const char *text)
{
    if (!canvas->print || !*text)
        return;
    buf_append(canvas->print, bytes_of(text, strlen(text)));
    buf_append(canvas->print, bytes_of("\n", 1));
}

double canvas_text(struct canvas *canvas, struct spot at, const struct type *type, const char *text)
{
    select_type(canvas, type);
    canvas_ink(canvas, type->ink);
    cairo_text_extents_t extents;
    cairo_text_extents(canvas->cairo, text, &extents);
    cairo_move_to(canvas->cairo, at.x, at.y);
    cairo_show_text(canvas->cairo, text);
    note_print(canvas, text);
    return extents.x_advance;
}

double canvas_text_width(struct canvas *canvas, const struct type *type, const char *text)
{
    select_type(canvas, type);
    cairo_text_extents_t extents;
    cairo_text_extents(canvas->cairo, text, &extents);
    return extents.x_advance;
}

void canvas_text_between(struct canvas *canvas, struct spot left_bottom, double width,
                         const struct type *type, const char *text)
{
    struct type fitted = *type;
    fitted.size = 10; /* mm: any size; the extents scale with it */
    select_type(canvas, &fitted);
    cairo_text_extents_t extents;
    cairo_text_extents(canvas->cairo, text, &extents);
    if (extents.width <= 0)
        return;
    double factor = width / extents.width;
    fitted.size *= factor;
    canvas_text(canvas,
                (struct spot){left_bottom.x - extents.x_bearing * factor,
                              left_bottom.y - (extents.y_bearing + extents.height) * factor},
                &fitted, text);
}

double canvas_paragraph(struct canvas *canvas, struct spot at, const struct setting *setting,
                        const struct type *type, const char *text)
{
    /* Pango works in whole device units of 1/1024 of a point: mm are scaled up for it. */
    const double pango_scale = 10;
    cairo_t *cairo = canvas->cairo;
    cairo_save(cairo);
    cairo_translate(cairo, at.x, at.y);
    cairo_scale(cairo, 1 / pango_scale, 1 / pango_scale);
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family(font, type->family);
    pango_font_description_set_weight(font, type->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_style(font, type->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
    pango_font_description_set_absolute_size(font, type->size * pango_scale * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_width(layout, (int)(setting->width * pango_scale * PANGO_SCALE));
    pango_layout_set_justify(layout, setting->justified);
    pango_layout_set_line_spacing(layout, (float)setting->leading);
    pango_layout_set_text(layout, text, -1);
    int height;
    double size = type->size * pango_scale * PANGO_SCALE;
    double most = setting->height * pango_scale * PANGO_SCALE;
    pango_layout_get_size(layout, NULL, &height);
    for (int i = 0; i < 12 && most > 0 && height > most; i++) {
        size *= 0.95;
        pango_font_description_set_absolute_size(font, size);
        pango_layout_set_font_description(layout, font);
        pango_layout_get_size(layout, NULL, &height);
    }
    canvas_ink(canvas, type->ink);
    cairo_move_to(cairo, 0, 0);
    pango_cairo_show_layout(cairo, layout);
    note_print(canvas, text);
    pango_font_description_free(font);
    g_object_unref(layout);
    cairo_restore(cairo);
    return height / (double)PANGO_SCALE / pango_scale;
}

void canvas_release_fonts(void)
{
    pango_cairo_font_map_set_default(NULL);
    cairo_debug_reset_static_data();
    FcFini();
}
