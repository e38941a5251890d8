/*
 * The drawing: see separator_sheet.h. Code 128 by libzint, drawn as vectors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/separator_sheet.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zint.h>

#include "classify/separator.h"

#define SHEET_WIDTH_MM 210.0
#define SHEET_HEIGHT_MM 297.0
#define POINTS_PER_MM (72 / 25.4)
#define PATCH_LENGTH_MM 60.0 /* bars; at least 50 are wanted */
#define PATCH_MARGIN_MM 10.0 /* first bar from the edge; at least 6.4, at most 42 on any model */
#define BARCODE_WIDTH_MM 110.0
#define BARCODE_HEIGHT_MM 22.0

/* The bars lie along the short edge, the outermost one `PATCH_MARGIN_MM` from it. */
static void draw_patch(cairo_t *cairo)
{
    double widths[2 * PATCH_BARS - 1];
    double y = PATCH_MARGIN_MM;
    separator_patch_bars('2', widths);
    for (int i = 0; i < 2 * PATCH_BARS - 1; y += widths[i], i++)
        if (i % 2 == 0)
            cairo_rectangle(cairo, (SHEET_WIDTH_MM - PATCH_LENGTH_MM) / 2, y, PATCH_LENGTH_MM,
                            widths[i]);
    cairo_fill(cairo);
}

static void draw_vector(cairo_t *cairo, const struct zint_vector *vector)
{
    cairo_save(cairo);
    cairo_scale(cairo, BARCODE_WIDTH_MM / (double)vector->width,
                BARCODE_HEIGHT_MM / (double)vector->height);
    for (const struct zint_vector_rect *bar = vector->rectangles; bar; bar = bar->next)
        cairo_rectangle(cairo, (double)bar->x, (double)bar->y, (double)bar->width,
                        (double)bar->height);
    cairo_restore(cairo);
    cairo_fill(cairo);
}

static int draw_barcode(cairo_t *cairo, const char *payload, struct err *err)
{
    struct zint_symbol *symbol = ZBarcode_Create();
    int rc = 0;
    if (!symbol)
        return err_set(err, ERR_MEMORY, "no memory for the barcode of a separator sheet");
    symbol->symbology = BARCODE_CODE128;
    symbol->show_hrt = 0;
    int failed = ZBarcode_Encode_and_Buffer_Vector(symbol, (const unsigned char *)payload,
                                                   (int)strlen(payload), 0);
    if (failed >= ZINT_ERROR || !symbol->vector)
        rc = err_set(err, ERR_UNSUPPORTED, "the barcode of a separator sheet: %s", symbol->errtxt);
    else
        draw_vector(cairo, symbol->vector);
    ZBarcode_Delete(symbol);
    return rc;
}

static void draw_centred(cairo_t *cairo, double y, double size, const char *text)
{
    cairo_text_extents_t extents;
    cairo_set_font_size(cairo, size);
    cairo_text_extents(cairo, text, &extents);
    cairo_move_to(cairo, SHEET_WIDTH_MM / 2 - extents.x_advance / 2, y);
    cairo_show_text(cairo, text);
}

static void draw_words(cairo_t *cairo, const char *tenant, const char *payload)
{
    char line[64];
    cairo_select_font_face(cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    draw_centred(cairo, 92, 16, "SÉPARATEUR");
    draw_centred(cairo, 114, 16, tenant ? "DE LOT" : "DE PLI");
    cairo_select_font_face(cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    if (tenant) {
        snprintf(line, sizeof line, "Caisse %s", tenant);
        draw_centred(cairo, 140, 18, line);
    }
    draw_centred(cairo, 164, 5.5,
                 tenant ? "À placer devant le premier pli du lot."
                        : "À placer devant la première feuille de chaque pli.");
    draw_centred(cairo, 174, 5.5, "Ne rien écrire sur cette feuille. À réutiliser.");
    draw_centred(cairo, 226, 4.5, payload);
}

static int check(const struct separator_sheet_params *params, char ret_payload[SEPARATOR_CODE_SIZE],
                 struct err *err)
{
    if (!separator_payload(params->tenant, ret_payload))
        return err_set(err, ERR_FORMAT, "tenant '%.20s' is not three digits: no sheet is drawn",
                       params->tenant);
    if (params->copies < 1 || params->copies > SEPARATOR_SHEETS_LIMIT)
        return err_set(err, ERR_LIMIT, "%u copies of a separator sheet, at least 1, at most %d",
                       params->copies, SEPARATOR_SHEETS_LIMIT);
    return 0;
}

int separator_sheet_draw(const struct separator_sheet_params *params, cairo_t *cairo,
                         struct err *err)
{
    char payload[SEPARATOR_CODE_SIZE];
    int rc = check(params, payload, err);
    if (rc < 0)
        return rc;
    cairo_save(cairo);
    cairo_set_source_rgb(cairo, 0, 0, 0);
    draw_patch(cairo);
    draw_words(cairo, params->tenant, payload);
    cairo_save(cairo);
    cairo_translate(cairo, (SHEET_WIDTH_MM - BARCODE_WIDTH_MM) / 2, 192);
    rc = draw_barcode(cairo, payload, err);
    cairo_restore(cairo);
    cairo_translate(cairo, SHEET_WIDTH_MM, SHEET_HEIGHT_MM); /* the other end */
    cairo_rotate(cairo, M_PI);
    draw_patch(cairo);
    cairo_restore(cairo);
    return rc;
}

static int draw_pages(const struct separator_sheet_params *params, cairo_surface_t *surface,
                      struct err *err)
{
    cairo_t *cairo = cairo_create(surface);
    int rc = 0;
    cairo_scale(cairo, POINTS_PER_MM, POINTS_PER_MM);
    for (unsigned i = 0; i < params->copies && rc == 0; i++) {
        rc = separator_sheet_draw(params, cairo, err);
        cairo_show_page(cairo);
    }
    cairo_destroy(cairo);
    return rc;
}

static cairo_status_t write_bytes(void *to, const unsigned char *data, unsigned len)
{
    return fwrite(data, 1, len, to) == len ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static int draw_file(const struct separator_sheet_params *params, FILE *file, const char *path,
                     struct err *err)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        write_bytes, file, SHEET_WIDTH_MM * POINTS_PER_MM, SHEET_HEIGHT_MM * POINTS_PER_MM);
    int rc = draw_pages(params, surface, err);
    cairo_surface_finish(surface);
    if (rc == 0 && cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        rc = err_set(err, ERR_IO, "%s: %s", path,
                     cairo_status_to_string(cairo_surface_status(surface)));
    cairo_surface_destroy(surface);
    return rc == 0 && fflush(file) != 0 ? err_errno(err, errno, "%s", path) : rc;
}

int separator_sheet_write(const struct separator_sheet_params *params, const char *path,
                          struct err *err)
{
    char payload[SEPARATOR_CODE_SIZE];
    int rc = check(params, payload, err);
    if (rc < 0)
        return rc;
    if (strcmp(path, "-") == 0)
        return draw_file(params, stdout, "stdout", err);
    FILE *file = fopen(path, "wbe");
    if (!file)
        return err_errno(err, errno, "%s", path);
    rc = draw_file(params, file, path, err);
    fclose(file);
    if (rc < 0)
        unlink(path);
    return rc;
}
