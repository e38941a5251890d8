/*
 * A month's account on paper: see statement_pdf.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/statement_pdf.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "workers/statement_rows.h"

enum { TEXT_SIZE = 600, FILE_MODE = 0640, GRID_LINES = 4 };

#define PAGE_WIDTH 595.0 /* A4, in points */
#define PAGE_HEIGHT 842.0
#define MARGIN 48.0
#define INNER (PAGE_WIDTH - 2 * MARGIN)
#define GAP 3.0
#define INDENT 14.0
#define FONT "DejaVu Sans 9"
#define BOLD_FONT "DejaVu Sans Bold 9"
#define SMALL_FONT "DejaVu Sans 7"
#define TITLE_FONT "DejaVu Sans Bold 14"
#define CHART_HEIGHT 130.0
#define CHART_ROOM (CHART_HEIGHT + 56.0) /* with its title, its days and its key */
#define AXIS_WIDTH 40.0                  /* for the numbers left of the bars */
#define BAR_SHARE 0.7                    /* of a day's width; the rest keeps bars apart */
#define TICK 3.0

struct sheet {
    cairo_t *cairo;
    double y;
};

enum align { LEFT, RIGHT, MIDDLE };

struct place {
    double x, width;
    enum align align;
};

/* Draws a text at the sheet's height; returns how high it is. */
static double put(const struct sheet *sheet, const char *font, const char *text,
                  const struct place *at)
{
    static const PangoAlignment aligns[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_RIGHT,
                                            PANGO_ALIGN_CENTER};
    PangoLayout *layout = pango_cairo_create_layout(sheet->cairo);
    PangoFontDescription *description = pango_font_description_from_string(font);
    int width, height;
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    pango_layout_set_width(layout, (int)(at->width * PANGO_SCALE));
    pango_layout_set_alignment(layout, aligns[at->align]);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_size(layout, &width, &height);
    cairo_move_to(sheet->cairo, at->x, sheet->y);
    pango_cairo_show_layout(sheet->cairo, layout);
    g_object_unref(layout);
    return (double)height / PANGO_SCALE;
}

static void next_page_when_full(struct sheet *sheet, double height)
{
    if (sheet->y + height <= PAGE_HEIGHT - MARGIN)
        return;
    cairo_show_page(sheet->cairo);
    sheet->y = MARGIN;
}

static void draw_text(struct sheet *sheet, const char *font, const char *text)
{
    const struct place whole = {MARGIN, INNER, LEFT};
    next_page_when_full(sheet, 3 * MARGIN / 4);
    sheet->y += put(sheet, font, text, &whole) + GAP;
}

/* ---- words and figures ---- */

static void draw_head(struct sheet *sheet, const struct statement_paper *paper)
{
    const struct account *of = paper->account;
    char text[TEXT_SIZE], month[STATEMENT_VALUE_SIZE], at[CLOCK_TEXT_SIZE];
    snprintf(text, sizeof text, "Relevé de %s", statement_month(of->month, month));
    draw_text(sheet, TITLE_FONT, text);
    snprintf(text, sizeof text, "%s%scode %s", paper->tenant ? paper->tenant->name : "",
             paper->tenant ? ", " : "", of->tenant);
    draw_text(sheet, BOLD_FONT, text);
    clock_format(paper->made_ms, at);
    snprintf(
        text, sizeof text,
        "Lots dont la réception s’est achevée en %s (heure UTC), et ce qu’ils sont devenus "
        "jusqu’au %.10s à %.5s UTC. Toutes les valeurs viennent du journal de la caisse, lu et "
        "vérifié de son début à l’enregistrement %llu.",
        month, at, at + 11, (unsigned long long)of->records);
    draw_text(sheet, SMALL_FONT, text);
    sheet->y += 2 * GAP;
}

static void draw_rows(struct sheet *sheet, const struct statement_paper *paper)
{
    struct statement_row rows[STATEMENT_ROWS_MAX];
    const int count = statement_rows(paper->account, paper->made_ms, rows);
    for (int i = 0; i < count; i++) {
        char value[STATEMENT_VALUE_SIZE];
        const double indent = rows[i].depth * INDENT;
        const char *font = rows[i].depth ? FONT : BOLD_FONT;
        const struct place left = {MARGIN + indent, INNER - indent, LEFT},
                           right = {MARGIN, INNER, RIGHT};
        next_page_when_full(sheet, MARGIN / 2);
        put(sheet, font, statement_value(&rows[i], value), &right);
        sheet->y += put(sheet, font, rows[i].title, &left) + GAP;
        cairo_set_line_width(sheet->cairo, 0.3);
        cairo_move_to(sheet->cairo, MARGIN, sheet->y - GAP / 2);
        cairo_rel_line_to(sheet->cairo, INNER, 0);
        cairo_stroke(sheet->cairo);
    }
}

static void draw_equations(struct sheet *sheet, const struct statement_paper *paper)
{
    char lines[STATEMENT_EQUATIONS][STATEMENT_EQUATION_SIZE];
    statement_equations(paper->account, lines);
    sheet->y += 2 * GAP;
    draw_text(sheet, BOLD_FONT, "Égalités vérifiées");
    for (int i = 0; i < STATEMENT_EQUATIONS; i++)
        draw_text(sheet, FONT, lines[i]);
}

/* ---- the chart ---- */

static int days_of(const char *month)
{
    char text[DAY_TEXT_SIZE];
    struct day first;
    snprintf(text, sizeof text, "%.7s-01", month);
    if (day_parse(text, &first) < 0)
        return ACCOUNT_DAYS;
    return day_add_days(day_add_months(first, 1), -1).day;
}

/* The least of 4, 8, 20, 40, 80, 200, … that holds every day: quarters of it are whole. */
static uint64_t top_of(const struct account *of)
{
    uint64_t most = 0, top = GRID_LINES;
    static const int steps[] = {2, 5, 10};
    for (int i = 0; i < ACCOUNT_DAYS; i++)
        most = of->days[i].received > most ? of->days[i].received : most;
    for (uint64_t power = GRID_LINES, i = 0; top < most; i = (i + 1) % 3) {
        top = power * (uint64_t)steps[i];
        power *= i == 2 ? 10 : 1;
    }
    return top;
}

static void draw_grid(struct sheet *sheet, uint64_t top)
{
    const double base = sheet->y + CHART_HEIGHT;
    const struct place left = {MARGIN, AXIS_WIDTH - 2 * TICK, RIGHT};
    for (int i = 0; i <= GRID_LINES; i++) {
        const struct statement_row number = {.value = (int64_t)(top / GRID_LINES) * i};
        char text[STATEMENT_VALUE_SIZE];
        const double y = base - CHART_HEIGHT * i / GRID_LINES;
        const struct sheet line = {sheet->cairo, y - 5};
        put(&line, SMALL_FONT, statement_value(&number, text), &left);
        cairo_set_line_width(sheet->cairo, i ? 0.2 : 0.6);
        cairo_move_to(sheet->cairo, MARGIN + AXIS_WIDTH, y);
        cairo_line_to(sheet->cairo, MARGIN + INNER, y);
        cairo_stroke(sheet->cairo);
    }
}

/* What is archived is dark, what is under way, above it, light with an edge: it can be told on a
 * black and white print. */
static void draw_bar(const struct sheet *sheet, const struct account_day *day, double x,
                     double width, double scale)
{
    const double base = sheet->y + CHART_HEIGHT, archived = (double)day->archived * scale,
                 received = (double)day->received * scale;
    cairo_set_line_width(sheet->cairo, 0.5);
    if (day->received > day->archived) {
        cairo_rectangle(sheet->cairo, x, base - received, width, received - archived);
        cairo_set_source_rgb(sheet->cairo, 0.85, 0.85, 0.85);
        cairo_fill_preserve(sheet->cairo);
        cairo_set_source_rgb(sheet->cairo, 0, 0, 0);
        cairo_stroke(sheet->cairo);
    }
    cairo_rectangle(sheet->cairo, x, base - archived, width, archived);
    cairo_set_source_rgb(sheet->cairo, 0.12, 0.31, 0.47);
    cairo_fill(sheet->cairo);
    cairo_set_source_rgb(sheet->cairo, 0, 0, 0);
}

static void draw_key(const struct sheet *sheet)
{
    static const struct account_day samples[] = {{1, 1}, {1, 0}};
    static const char *const titles[] = {"archivées", "en cours"};
    for (int i = 0; i < 2; i++) {
        const double x = MARGIN + AXIS_WIDTH + i * 90.0;
        const struct sheet box = {sheet->cairo, sheet->y + 8 - CHART_HEIGHT};
        const struct place text = {x + 12, 76, LEFT};
        draw_bar(&box, &samples[i], x, 8, 6);
        put(sheet, SMALL_FONT, titles[i], &text);
    }
}

static void draw_chart(struct sheet *sheet, const struct account *of)
{
    const int days = days_of(of->month);
    const uint64_t top = top_of(of);
    const double step = (INNER - AXIS_WIDTH) / days;
    sheet->y += 2 * GAP;
    next_page_when_full(sheet, CHART_ROOM);
    draw_text(sheet, BOLD_FONT,
              "Faces reçues, par jour (UTC) où la réception du lot s’est achevée");
    sheet->y += 2 * GAP;
    draw_grid(sheet, top);
    for (int i = 0; i < days; i++) {
        char number[4];
        const double x = MARGIN + AXIS_WIDTH + i * step;
        const struct sheet below = {sheet->cairo, sheet->y + CHART_HEIGHT + 2};
        const struct place middle = {x, step, MIDDLE};
        draw_bar(sheet, &of->days[i], x + step * (1 - BAR_SHARE) / 2, step * BAR_SHARE,
                 CHART_HEIGHT / (double)top);
        snprintf(number, sizeof number, "%d", (i + 1) % 100);
        put(&below, SMALL_FONT, number, &middle);
    }
    sheet->y += CHART_HEIGHT + 16;
    draw_key(sheet);
}

/* ---- the file ---- */

static cairo_status_t take_bytes(void *to, const unsigned char *at, unsigned len)
{
    return buf_append(to, bytes_of(at, len)) < 0 ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

int statement_pdf_write(const struct statement_paper *paper, const char *path, struct err *err)
{
    struct buf file = {0};
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(take_bytes, &file, PAGE_WIDTH, PAGE_HEIGHT);
    struct sheet sheet = {cairo_create(surface), MARGIN};
    draw_head(&sheet, paper);
    draw_rows(&sheet, paper);
    draw_equations(&sheet, paper);
    draw_chart(&sheet, paper->account);
    cairo_destroy(sheet.cairo);
    cairo_surface_finish(surface);
    const cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    int rc = status == CAIRO_STATUS_SUCCESS
                 ? file_write(path, FILE_MODE, buf_view(&file), err)
                 : err_set(err, ERR_IO, "%s: %s", path, cairo_status_to_string(status));
    buf_free(&file);
    return rc;
}
