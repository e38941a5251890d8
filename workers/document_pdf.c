/*
 * A searchable PDF of a document: see document_pdf.h. cairo packs an image with two colours as one
 * bit a pixel, a grey one as one byte.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/document_pdf.h"

#include <cairo-pdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_PER_INCH 72.0
#define FONT "DejaVu Sans"
#define BASELINE 0.8      /* of a word's box, from its top: where letters without tails stand */
#define PAGE_POINTS 595.0 /* of the surface until a page has its own size */

enum { EXIF_WITHIN_BYTES = 65536, USUAL_DPI = 200 };

struct document_pdf {
    struct buf file;
    cairo_surface_t *surface;
    cairo_t *cairo;
};

static cairo_status_t write_some(void *to, const unsigned char *at, unsigned len)
{
    return buf_append(to, bytes_of(at, len)) == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static int check(const struct document_pdf *pdf, struct err *err)
{
    cairo_status_t status = cairo_surface_status(pdf->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_status(pdf->cairo);
    return status == CAIRO_STATUS_SUCCESS
               ? 0
               : err_set(err, ERR_MEMORY, "PDF: %s", cairo_status_to_string(status));
}

int document_pdf_open(const char *title, struct document_pdf **ret_pdf, struct err *err)
{
    struct document_pdf *pdf = calloc(1, sizeof *pdf);
    if (!pdf)
        return err_set(err, ERR_MEMORY, "PDF: no memory");
    pdf->surface =
        cairo_pdf_surface_create_for_stream(write_some, &pdf->file, PAGE_POINTS, PAGE_POINTS);
    pdf->cairo = cairo_create(pdf->surface);
    cairo_pdf_surface_set_metadata(pdf->surface, CAIRO_PDF_METADATA_TITLE, title);
    int rc = check(pdf, err);
    if (rc < 0)
        document_pdf_free(&pdf);
    else
        *ret_pdf = pdf;
    return rc;
}

void document_pdf_free(struct document_pdf **pdf)
{
    if (!pdf || !*pdf)
        return;
    cairo_destroy((*pdf)->cairo);
    cairo_surface_destroy((*pdf)->surface);
    buf_free(&(*pdf)->file);
    free(*pdf);
    *pdf = NULL;
}

/* ---- pixels ---- */

struct pixels {
    int width, height, depth;
    double x_dpi, y_dpi;
    const uint8_t *rows;
    size_t row_bytes;
};

static int pixels_of(const struct document_pdf_page *page, struct pixels *ret, struct err *err)
{
    enum { SIDE_MOST = 32767 }; /* pixels: cairo's limit of an image */
    *ret = (struct pixels){.rows = page->rows.at};
    if (json_unpack((json_t *)page->sheet, "{s:i, s:i, s:i, s:f, s:f}", "width", &ret->width,
                    "height", &ret->height, "depth", &ret->depth, "x_dpi", &ret->x_dpi, "y_dpi",
                    &ret->y_dpi) != 0 ||
        ret->width < 1 || ret->width > SIDE_MOST || ret->height < 1 || ret->height > SIDE_MOST ||
        (ret->depth != 1 && ret->depth != 8 && ret->depth != 32))
        return err_set(err, ERR_PROTOCOL, "PDF: the reader's answer holds no page");
    const size_t width = (size_t)ret->width;
    ret->row_bytes = ret->depth == 32 ? 3 * width : (width * (size_t)ret->depth + 7) / 8;
    if (page->rows.len != ret->row_bytes * (size_t)ret->height)
        return err_set(err, ERR_PROTOCOL, "PDF: %zu bytes of pixels, %zu of %d x %d were wanted",
                       page->rows.len, ret->row_bytes * (size_t)ret->height, ret->width,
                       ret->height);
    if (ret->x_dpi < 1 || ret->y_dpi < 1)
        ret->x_dpi = ret->y_dpi = USUAL_DPI;
    return 0;
}

static uint32_t colour_at(const struct pixels *pixels, const uint8_t *row, int x)
{
    if (pixels->depth == 1)
        return row[x / 8] >> (7 - x % 8) & 1 ? 0 : 0xffffff;
    if (pixels->depth == 8)
        return row[x] * UINT32_C(0x010101);
    return (uint32_t)row[3 * x] << 16 | (uint32_t)row[3 * x + 1] << 8 | row[3 * x + 2];
}

static cairo_surface_t *surface_of(const struct pixels *pixels)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels->width, pixels->height);
    unsigned char *data = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; data && y < pixels->height; y++) {
        const uint8_t *row = pixels->rows + pixels->row_bytes * (size_t)y;
        for (int x = 0; x < pixels->width; x++) {
            const uint32_t colour = colour_at(pixels, row, x);
            memcpy(data + (size_t)y * (size_t)stride + 4 * (size_t)x, &colour, sizeof colour);
        }
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

/* A JPEG whose pixels are not turned by anything is taken over as it is. */
static bool is_plain_jpeg(const struct document_pdf_page *page)
{
    const struct bytes image = page->image;
    const size_t head = image.len < EXIF_WITHIN_BYTES ? image.len : EXIF_WITHIN_BYTES;
    return page->rotation == 0 && image.len > 2 && image.at[0] == 0xff && image.at[1] == 0xd8 &&
           !memmem(image.at, head, "Exif", 4);
}

static void draw_image(struct document_pdf *pdf, const struct document_pdf_page *page,
                       const struct pixels *pixels)
{
    cairo_surface_t *image = surface_of(pixels);
    unsigned char *copy = is_plain_jpeg(page) ? malloc(page->image.len) : NULL;
    if (copy) {
        memcpy(copy, page->image.at, page->image.len);
        if (cairo_surface_set_mime_data(image, CAIRO_MIME_TYPE_JPEG, copy, page->image.len, free,
                                        copy) != CAIRO_STATUS_SUCCESS)
            free(copy);
    }
    cairo_set_source_surface(pdf->cairo, image, 0, 0);
    cairo_paint(pdf->cairo);
    cairo_surface_destroy(image);
}

/* ---- words ---- */

/* As wide as its box on the image, so that a word that is found is marked where it stands. */
static void draw_word(cairo_t *cairo, const char *text, const double box[4])
{
    cairo_text_extents_t extents;
    cairo_set_font_size(cairo, box[3]);
    cairo_text_extents(cairo, text, &extents);
    if (extents.x_advance <= 0)
        return;
    cairo_save(cairo);
    cairo_translate(cairo, box[0], box[1] + BASELINE * box[3]);
    cairo_scale(cairo, box[2] / extents.x_advance, 1);
    cairo_move_to(cairo, 0, 0);
    cairo_show_text(cairo, text);
    cairo_restore(cairo);
}

static void draw_words(cairo_t *cairo, const json_t *words)
{
    size_t i;
    const json_t *word;
    cairo_select_font_face(cairo, FONT, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    json_array_foreach(words, i, word)
    {
        const char *text = json_string_value(json_array_get(word, 0));
        double box[4];
        for (size_t k = 0; k < 4; k++)
            box[k] = json_number_value(json_array_get(word, k + 1));
        if (text && box[2] > 0 && box[3] > 0)
            draw_word(cairo, text, box);
    }
}

int document_pdf_add(struct document_pdf *pdf, const struct document_pdf_page *page,
                     struct err *err)
{
    struct pixels pixels;
    int rc = pixels_of(page, &pixels, err);
    if (rc < 0)
        return rc;
    const double x_points = POINTS_PER_INCH / pixels.x_dpi,
                 y_points = POINTS_PER_INCH / pixels.y_dpi;
    cairo_pdf_surface_set_size(pdf->surface, pixels.width * x_points, pixels.height * y_points);
    cairo_save(pdf->cairo);
    cairo_scale(pdf->cairo, x_points, y_points);
    draw_words(pdf->cairo, json_object_get(page->sheet, "words"));
    draw_image(pdf, page, &pixels);
    cairo_restore(pdf->cairo);
    cairo_show_page(pdf->cairo);
    return check(pdf, err);
}

size_t document_pdf_size(const struct document_pdf *pdf)
{
    return pdf->file.len;
}

int document_pdf_end(struct document_pdf *pdf, struct bytes *ret_file, struct err *err)
{
    cairo_surface_finish(pdf->surface);
    cairo_status_t status = cairo_surface_status(pdf->surface);
    if (status != CAIRO_STATUS_SUCCESS)
        return err_set(err, ERR_MEMORY, "PDF: %s", cairo_status_to_string(status));
    *ret_file = buf_view(&pdf->file);
    return 0;
}
