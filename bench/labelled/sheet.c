/*
 * The accuracy sheet: see sheet.h. Pictures are SVG written by hand, thumbnails JPEG in base64.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/labelled/sheet.h"

#include <allheaders.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/encode.h"

enum { THUMBNAIL_PIXELS = 220, CELL_PIXELS = 64, PLOT_PIXELS = 300, MARGIN_PIXELS = 40 };

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>accuracy</title>\n"
    "<style>body{font:14px sans-serif;margin:2em}td,th{padding:2px 10px;text-align:right}"
    "figure{display:inline-block;width:300px;vertical-align:top;margin:8px;font-size:12px}"
    "svg{margin-right:2em}li{text-align:left}</style>\n<h1>Verdicts against labels</h1>\n";

static void write_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<' || *text == '>' || *text == '&' || *text == '"')
            fprintf(out, "&#%d;", *text);
        else
            fputc(*text, out);
    }
}

static void write_share(FILE *out, const char *what, int hits, int of)
{
    double range[2];
    figures_interval(hits, of, range);
    fprintf(out, "<tr><th>%s<td>%d of %d<td>%.2f %%<td>95 %%: %.2f to %.2f\n", what, hits, of,
            of ? 100.0 * hits / of : 0, range[0], range[1]);
}

static void write_shares(FILE *out, const char *name, const struct figures *figures)
{
    fprintf(out, "<table><caption>");
    write_escaped(out, name);
    fprintf(out, "</caption>\n");
    write_share(out, "accepted but wrong", figures->wrong, figures->total);
    write_share(out, "to a person", figures->total - figures->accepted, figures->total);
    write_share(out, "rotation wrong (accepted)", figures->turns_wrong, figures->turns);
    write_share(out, "insured number proven", figures->nirs_read, figures->nirs);
    write_share(out, "insured number wrong", figures->nirs_wrong, figures->nirs);
    write_share(out, "magnetic line read or proven", figures->micrs_proven + figures->micrs_read,
                figures->micrs);
    write_share(out, "magnetic line wrong", figures->micrs_wrong, figures->micrs);
    fprintf(out, "</table>\n");
}

static void write_cell(FILE *out, const int at[2], int pages, int row_pages)
{
    bool right = at[0] == at[1];
    double share = row_pages ? (double)pages / row_pages : 0;
    fprintf(out,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\" "
            "fill-opacity=\"%.3f\" stroke=\"#bbb\"/>"
            "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d</text>\n",
            (at[1] + 2) * CELL_PIXELS, at[0] * CELL_PIXELS / 2, CELL_PIXELS, CELL_PIXELS / 2,
            right               ? "#2a2"
            : at[1] == TAG_NONE ? "#88c"
                                : "#d22",
            share > 0 ? 0.15 + 0.85 * share : 0, (at[1] + 2) * CELL_PIXELS + CELL_PIXELS / 2,
            at[0] * CELL_PIXELS / 2 + 20, pages);
}

static void write_matrix(FILE *out, const struct figures *figures)
{
    fprintf(out,
            "<h2>Accepted verdicts (columns) of each label (rows)</h2>\n"
            "<svg width=\"%d\" height=\"%d\" font-size=\"12\">\n",
            (TAG_COUNT + 2) * CELL_PIXELS, TAG_COUNT * CELL_PIXELS / 2 + 8);
    for (int tag = 0; tag < TAG_COUNT; tag++)
        fprintf(out, "<text x=\"%d\" y=\"20\" text-anchor=\"middle\">%s</text>\n",
                (tag + 2) * CELL_PIXELS + CELL_PIXELS / 2,
                tag == TAG_NONE ? "to code" : tag_name((enum tag)tag));
    for (int truth = 1; truth < TAG_COUNT; truth++) {
        int row = 0;
        for (int tag = 0; tag < TAG_COUNT; tag++)
            row += figures->pages[truth][tag];
        fprintf(out, "<text x=\"4\" y=\"%d\">%s</text>\n", truth * CELL_PIXELS / 2 + 20,
                tag_name((enum tag)truth));
        for (int tag = 0; tag < TAG_COUNT; tag++)
            write_cell(out, (int[]){truth, tag}, figures->pages[truth][tag], row);
    }
    fprintf(out, "</svg>\n");
}

/* 0 to 1 each way. */
struct plot_point {
    double x, y;
};

static void write_line(FILE *out, const struct plot_point *points, int count, const char *colour)
{
    fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour);
    for (int i = 0; i < count; i++)
        fprintf(out, "%.1f,%.1f ", MARGIN_PIXELS + points[i].x * PLOT_PIXELS,
                10 + (1 - points[i].y) * PLOT_PIXELS);
    fprintf(out, "\"/>\n");
}

static void open_plot(FILE *out, const char *across, const char *up)
{
    fprintf(out,
            "<svg width=\"%d\" height=\"%d\" font-size=\"12\"><rect x=\"%d\" y=\"10\" "
            "width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#888\"/>\n"
            "<text x=\"%d\" y=\"%d\">%s, 0 to 1</text><text x=\"4\" y=\"%d\" "
            "transform=\"rotate(-90 20 %d)\">%s</text>\n",
            PLOT_PIXELS + 2 * MARGIN_PIXELS, PLOT_PIXELS + MARGIN_PIXELS, MARGIN_PIXELS,
            PLOT_PIXELS, PLOT_PIXELS, MARGIN_PIXELS + 90, PLOT_PIXELS + 30, across, PLOT_PIXELS,
            PLOT_PIXELS, up);
}

static void write_curve(FILE *out, const struct labelled_pages *pages, int total)
{
    struct curve_point curve[CURVE_POINTS];
    struct plot_point wrong[CURVE_POINTS], to_code[CURVE_POINTS];
    figures_curve(pages, curve);
    fprintf(out, "<h2>Over the threshold: wrong times ten (red), to a person (blue)</h2>\n");
    open_plot(out, "threshold", "share of pages, 0 to 1");
    for (int i = 0; i < CURVE_POINTS; i++) {
        double of = total > 0 ? total : 1;
        wrong[i].x = to_code[i].x = curve[i].threshold;
        wrong[i].y = 10 * curve[i].wrong / of > 1 ? 1 : 10 * curve[i].wrong / of;
        to_code[i].y = curve[i].to_code / of;
    }
    write_line(out, wrong, CURVE_POINTS, "#d22");
    write_line(out, to_code, CURVE_POINTS, "#22c");
    fprintf(out, "</svg>\n");
}

static void write_reliability(FILE *out, const struct labelled_pages *pages)
{
    struct reliability_bin bins[RELIABILITY_BINS];
    struct plot_point points[RELIABILITY_BINS];
    int count = 0;
    figures_reliability(pages, bins);
    fprintf(out, "<h2>Confidence said and share right</h2>\n");
    open_plot(out, "said", "right, 0 to 1");
    write_line(out, (struct plot_point[]){{0, 0}, {1, 1}}, 2, "#ccc");
    for (int i = 0; i < RELIABILITY_BINS; i++)
        if (bins[i].pages > 0) {
            points[count].x = bins[i].said;
            points[count++].y = (double)bins[i].right / bins[i].pages;
        }
    write_line(out, points, count, "#2a2");
    fprintf(out, "</svg>\n<table><tr><th>from<th>said<th>right<th>pages\n");
    for (int i = 0; i < RELIABILITY_BINS; i++)
        fprintf(out, "<tr><td>%.3f<td>%.3f<td>%.3f<td>%d\n", bins[i].from, bins[i].said,
                bins[i].pages ? (double)bins[i].right / bins[i].pages : 0, bins[i].pages);
    fprintf(out, "</table>\n");
}

/* The page as a small JPEG. */
static int shrink(struct bytes file, struct buf *ret_jpeg, struct err *err)
{
    struct image_decode_params decode = IMAGE_DECODE_DEFAULT;
    struct image_encode_params encode = IMAGE_ENCODE_DEFAULT;
    SCOPED(image_free) struct Pix *page = NULL;
    decode.page = 1;
    int rc = image_decode(file, &decode, &page, err);
    if (rc < 0)
        return rc;
    SCOPED(image_free) struct Pix *deep = pixConvertTo8Or32(page, L_CLONE, 0);
    SCOPED(image_free)
    struct Pix *small = deep ? pixScaleToSize(deep, THUMBNAIL_PIXELS, 0) : NULL;
    return small ? image_encode(small, &encode, ret_jpeg, err)
                 : err_set(err, ERR_MEMORY, "thumbnail: no memory");
}

static int write_thumbnail(FILE *out, const struct labelled_pages *pages,
                           const struct labelled_page *page, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    SCOPED(buf_free) struct buf jpeg = {0};
    int rc = labelled_page_file(pages, page, &file, err);
    if (rc == 0)
        rc = shrink(buf_view(&file), &jpeg, err);
    if (rc < 0)
        return rc;
    size_t size = sodium_base64_encoded_len(jpeg.len, sodium_base64_VARIANT_ORIGINAL);
    SCOPED(scope_free) char *text = malloc(size);
    if (!text)
        return err_set(err, ERR_MEMORY, "thumbnail: no memory for %zu bytes", size);
    sodium_bin2base64(text, size, jpeg.at, jpeg.len, sodium_base64_VARIANT_ORIGINAL);
    fprintf(out, "<img alt=\"\" src=\"data:image/jpeg;base64,%s\">\n", text);
    return 0;
}

static int write_error(FILE *out, const struct labelled_pages *pages,
                       const struct labelled_page *page, struct err *err)
{
    const struct verdict *verdict = &page->verdict;
    fprintf(out, "<figure>");
    int rc = write_thumbnail(out, pages, page, err);
    fprintf(out, "<figcaption>");
    write_escaped(out, page->path);
    fprintf(out, "<br>is %s, %s %s %.4f, turned %d (label %s)<ul>", tag_name(page->truth),
            verdict->accepted ? "accepted as" : "to a person:", tag_name(verdict->tag),
            verdict->confidence, verdict->rotation, page->rotation);
    for (int i = 0; i < verdict->reason_count; i++) {
        fprintf(out, "<li>");
        write_escaped(out, verdict->reasons[i]);
    }
    fprintf(out, "</ul></figcaption></figure>\n");
    return rc;
}

enum error_kind { ERROR_NONE, ERROR_WRONG, ERROR_TURNED, ERROR_TO_CODE };

static enum error_kind kind_of(const struct labelled_page *page)
{
    if (page->refused)
        return ERROR_NONE;
    if (!page->verdict.accepted)
        return ERROR_TO_CODE;
    if (labelled_page_is_wrong(page))
        return ERROR_WRONG;
    return labelled_page_is_turned(page) ? ERROR_TURNED : ERROR_NONE;
}

static int write_errors(FILE *out, const struct labelled_pages *pages, struct err *err)
{
    static const char *const titles[] = {"", "Accepted and wrong", "Turned wrongly", "To a person"};
    int rc = 0;
    for (int kind = ERROR_WRONG; rc == 0 && kind <= ERROR_TO_CODE; kind++) {
        fprintf(out, "<h2>%s</h2>\n", titles[kind]);
        for (size_t i = 0; rc == 0 && i < pages->count; i++)
            if (kind_of(&pages->at[i]) == (enum error_kind)kind)
                rc = write_error(out, pages, &pages->at[i], err);
    }
    return rc;
}

int sheet_write(FILE *out, const struct labelled_pages *pages, struct err *err)
{
    struct figures figures;
    const char *groups[GROUPS_MAX];
    figures_count(pages, NULL, &figures);
    fputs(head, out);
    write_shares(out, "all", &figures);
    write_matrix(out, &figures);
    write_curve(out, pages, figures.total);
    write_reliability(out, pages);
    int count = figures_groups(pages, groups);
    fprintf(out, "<h2>By source</h2>\n");
    for (int i = 0; i < count; i++) {
        struct figures part;
        figures_count(pages, groups[i], &part);
        write_shares(out, *groups[i] ? groups[i] : "(none)", &part);
    }
    int rc = write_errors(out, pages, err);
    if (rc == 0 && (fprintf(out, "</html>\n") < 0 || fflush(out) != 0))
        rc = err_set(err, ERR_IO, "sheet: the file could not be written");
    return rc;
}
