/*
 * Papers of a slip: see slip_paper.h. Contents as the departmental archives ask for them: service,
 * per line title, extreme dates, period of keeping, reference, volume, a column for the archives;
 * the total; places for date, signature and stamp.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/slip_paper.h"

#include <cairo-pdf.h>
#include <limits.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "workers/french.h"

enum { CELL_SIZE = 320, COLUMNS = 7, PAPERS_MORE_SIZE = 48, FOLDER_MODE = 0750, CSV_MODE = 0640 };

#define PAGE_WIDTH 842.0 /* A4 landscape, in points */
#define PAGE_HEIGHT 595.0
#define MARGIN 36.0
#define PADDING 3.0
#define FONT "DejaVu Sans 8"
#define TITLE_FONT "DejaVu Sans Bold 13"
#define FOOT 40.0 /* kept free at the bottom */

static const struct {
    const char *title;
    double width;
} columns[COLUMNS] = {{"N°", 30},
                      {"Intitulé", 170},
                      {"Dates extrêmes", 80},
                      {"DUA", 80},
                      {"Référence", 150},
                      {"Volume", 120},
                      {"Visa / observations des archives", 140}};

struct cells {
    char at[COLUMNS][CELL_SIZE];
};

/* ---- what a line says ---- */

static void put_sheets(const struct slip_extent *extent, char cell[CELL_SIZE])
{
    snprintf(cell, CELL_SIZE, "%u lot%s, %u feuille%s de papier", extent->batches,
             french_plural(extent->batches), extent->sheets, french_plural(extent->sheets));
}

static void put_volume(const struct slip_extent *extent, char cell[CELL_SIZE])
{
    char size[FRENCH_NUMBER_SIZE];
    snprintf(cell, CELL_SIZE, "%u boîte%s, %u document%s, %u face%s, %s", extent->boxes,
             french_plural(extent->boxes), extent->documents, french_plural(extent->documents),
             extent->pages, french_plural(extent->pages), french_megabytes(extent->bytes, size));
}

static void put_period(const struct slip_line_row *line, char cell[CELL_SIZE])
{
    int len = 0;
    cell[0] = '\0';
    if (line->years)
        len += snprintf(cell + len, CELL_SIZE - (size_t)len, "%d an%s", line->years,
                        french_plural((uint32_t)line->years));
    if (line->months)
        len += snprintf(cell + len, CELL_SIZE - (size_t)len, "%s%d mois", len ? " " : "",
                        line->months);
    if (line->days)
        snprintf(cell + len, CELL_SIZE - (size_t)len, "%s%d jour%s", len ? " " : "", line->days,
                 french_plural((uint32_t)line->days));
}

static void put_visa(const struct slip_line_row *line, char cell[CELL_SIZE])
{
    char day[DAY_TEXT_SIZE], gone[DAY_TEXT_SIZE];
    int len = 0;
    cell[0] = '\0';
    if (line->visa_ms)
        len = snprintf(cell, CELL_SIZE, "%s, visa %s du %s",
                       line->state == SLIP_REFUSED ? "Refusé" : "Accordé", line->visa,
                       day_format(day_of_ms(line->visa_ms), day));
    if (line->destroyed_ms)
        len += snprintf(cell + len, CELL_SIZE - (size_t)len, " ; détruit le %s",
                        day_format(day_of_ms(line->destroyed_ms), gone));
    if (line->record[0])
        snprintf(cell + len, CELL_SIZE - (size_t)len, ", bon de destruction %s", line->record);
}

/* What the series is called on paper; the class itself where it has no name. */
static const char *title_of(const char *class_name)
{
    static const char *const titles[][2] = {
        {"care_form", "Feuilles de soins"}, {"sick_note", "Avis d’arrêt de travail"},
        {"cheque", "Chèques (images)"},     {"letter", "Lettres"},
        {"other", "Autres courriers"},      {"blank", "Faces blanches, conservées comme preuve"},
        {"separator", "Intercalaires"},     {"paper", "Originaux papier"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i][0], class_name) == 0)
            return titles[i][1];
    return class_name;
}

static void put_reference(const struct slip_line_row *line, char cell[CELL_SIZE])
{
    int len = snprintf(cell, CELL_SIZE, "%s (règle %s, version %u", line->law, line->rule,
                       line->version_low);
    if (line->version_high != line->version_low)
        len += snprintf(cell + len, CELL_SIZE - (size_t)len, " à %u", line->version_high);
    snprintf(cell + len, CELL_SIZE - (size_t)len, ")");
}

/* "Originaux papier : lot 12, carton C-7 (magasin 2) ; …", as many as the cell takes. */
static void put_papers(const struct slip_line_papers *papers, char cell[CELL_SIZE])
{
    int len = snprintf(cell, CELL_SIZE, "%s", title_of(paper_tag));
    for (size_t i = 0; i < papers->count; i++) {
        const struct paper_row *row = &papers->at[i].row;
        char one[CELL_SIZE];
        int size = snprintf(one, sizeof one, "%s lot %u, carton %s%s%s%s", i ? " ;" : " :",
                            papers->at[i].batch.n, row->carton, row->place[0] ? " (" : "",
                            row->place, row->place[0] ? ")" : "");
        if (len + size > CELL_SIZE - PAPERS_MORE_SIZE) {
            snprintf(cell + len, CELL_SIZE - (size_t)len, " ; et %zu autres, voir papier CSV",
                     papers->count - i);
            return;
        }
        memcpy(cell + len, one, (size_t)size + 1);
        len += size;
    }
}

static void fill(const struct slip_paper *paper, uint32_t index, struct cells *cells)
{
    const struct slip_line_row *line = &paper->lines[index];
    char oldest[DAY_TEXT_SIZE], newest[DAY_TEXT_SIZE];
    snprintf(cells->at[0], CELL_SIZE, "%u", index + 1);
    if (line->extent.batches || paper->papers[index].count)
        put_papers(&paper->papers[index], cells->at[1]);
    else
        snprintf(cells->at[1], CELL_SIZE, "%s (%s)", title_of(line->class_name),
                 line->compartment == COMPARTMENT_MEDICAL ? "médical" : "administratif");
    snprintf(cells->at[2], CELL_SIZE, "%s – %s", day_format(line->extent.oldest, oldest),
             day_format(line->extent.newest, newest));
    put_period(line, cells->at[3]);
    put_reference(line, cells->at[4]);
    if (line->extent.batches)
        put_sheets(&line->extent, cells->at[5]);
    else
        put_volume(&line->extent, cells->at[5]);
    put_visa(line, cells->at[6]);
}

/* ---- drawing ---- */

struct sheet {
    cairo_t *cairo;
    double y;
};

static PangoLayout *layout_of(const struct sheet *sheet, const char *font, const char *text,
                              double width)
{
    PangoLayout *layout = pango_cairo_create_layout(sheet->cairo);
    PangoFontDescription *description = pango_font_description_from_string(font);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

static double height_of(PangoLayout *layout)
{
    int width, height;
    pango_layout_get_size(layout, &width, &height);
    return (double)height / PANGO_SCALE;
}

static void next_page_when_full(struct sheet *sheet, double height)
{
    if (sheet->y + height <= PAGE_HEIGHT - MARGIN - FOOT)
        return;
    cairo_show_page(sheet->cairo);
    sheet->y = MARGIN;
}

static void draw_text(struct sheet *sheet, const char *font, const char *text)
{
    PangoLayout *layout = layout_of(sheet, font, text, PAGE_WIDTH - 2 * MARGIN);
    double height = height_of(layout);
    next_page_when_full(sheet, height);
    cairo_move_to(sheet->cairo, MARGIN, sheet->y);
    pango_cairo_show_layout(sheet->cairo, layout);
    sheet->y += height + PADDING;
    g_object_unref(layout);
}

static void draw_row(struct sheet *sheet, const struct cells *cells)
{
    PangoLayout *layouts[COLUMNS];
    double tallest = 0, x = MARGIN;
    for (int i = 0; i < COLUMNS; i++) {
        layouts[i] = layout_of(sheet, FONT, cells->at[i], columns[i].width - 2 * PADDING);
        double height = height_of(layouts[i]);
        tallest = height > tallest ? height : tallest;
    }
    tallest += 2 * PADDING;
    next_page_when_full(sheet, tallest);
    cairo_set_line_width(sheet->cairo, 0.5);
    for (int i = 0; i < COLUMNS; i++) {
        cairo_rectangle(sheet->cairo, x, sheet->y, columns[i].width, tallest);
        cairo_stroke(sheet->cairo);
        cairo_move_to(sheet->cairo, x + PADDING, sheet->y + PADDING);
        pango_cairo_show_layout(sheet->cairo, layouts[i]);
        g_object_unref(layouts[i]);
        x += columns[i].width;
    }
    sheet->y += tallest;
}

static void draw_table(struct sheet *sheet, const struct slip_paper *paper, bool destroyed_only)
{
    struct cells cells;
    struct slip_extent total = {0};
    for (int i = 0; i < COLUMNS; i++)
        snprintf(cells.at[i], CELL_SIZE, "%s", columns[i].title);
    draw_row(sheet, &cells);
    for (uint32_t i = 0; i < paper->slip.lines; i++) {
        if (destroyed_only && paper->lines[i].state != SLIP_DESTROYED)
            continue;
        fill(paper, i, &cells);
        draw_row(sheet, &cells);
        slip_extent_add(&total, &paper->lines[i].extent);
    }
    char volume[CELL_SIZE], sheets[CELL_SIZE], text[2 * CELL_SIZE + 32];
    put_volume(&total, volume);
    put_sheets(&total, sheets);
    snprintf(text, sizeof text, "Volume total : %s%s%s", volume, total.batches ? " ; " : "",
             total.batches ? sheets : "");
    sheet->y += PADDING;
    draw_text(sheet, FONT, text);
}

static void draw_head(struct sheet *sheet, const struct slip_paper *paper, const char *title)
{
    char text[CELL_SIZE], day[DAY_TEXT_SIZE];
    snprintf(text, sizeof text, "%s n° %u", title, paper->number);
    draw_text(sheet, TITLE_FONT, text);
    snprintf(text, sizeof text, "Service producteur : %s (code %s)",
             paper->tenant ? paper->tenant->name : "", paper->slip.tenant);
    draw_text(sheet, FONT, text);
    snprintf(text, sizeof text, "Bordereau établi le %s par %s",
             day_format(day_of_ms(paper->slip.drawn_ms), day), paper->slip.drawn_by);
    draw_text(sheet, FONT, text);
    sheet->y += 2 * PADDING;
}

static void draw_slip(struct sheet *sheet, const struct slip_paper *paper)
{
    draw_head(sheet, paper, "Bordereau d’élimination d’archives publiques");
    draw_table(sheet, paper, false);
    draw_text(sheet, FONT,
              "Toute élimination est interdite sans le visa de la personne chargée du contrôle "
              "scientifique et technique de l’État (code du patrimoine, art. R. 212-14).");
    draw_text(sheet, FONT,
              "\nLe chef du service (nom, date, signature et cachet) :\n\n\n"
              "Visa des archives (accord ou refus, numéro, date, signature et cachet) :\n");
}

static bool has_papers(const struct slip_paper *paper)
{
    bool has = false;
    for (uint32_t i = 0; i < paper->slip.lines; i++)
        has |= paper->papers[i].count > 0;
    return has;
}

static bool has_shredded(const struct slip_paper *paper)
{
    bool has = false;
    for (uint32_t i = 0; i < paper->slip.lines; i++)
        has |= paper->lines[i].record[0] != '\0';
    return has;
}

static void draw_certificate(struct sheet *sheet, const struct slip_paper *paper)
{
    char text[CELL_SIZE], day[DAY_TEXT_SIZE];
    draw_head(sheet, paper, "Certificat de destruction, bordereau");
    draw_table(sheet, paper, true);
    snprintf(text, sizeof text,
             "Détruit le %s%s%s : clés de chiffrement mises à zéro sur place, fichiers supprimés, "
             "entrées du catalogue et index retirés%s.",
             day_format(day_of_ms(paper->slip.destroyed_ms), day),
             paper->destroyed_by[0] ? " par " : "", paper->destroyed_by,
             has_shredded(paper) ? " ; papier broyé, voir le bon de destruction" : "");
    draw_text(sheet, FONT, text);
    draw_text(sheet, FONT, "\nNom, date, signature et cachet :\n");
}

static int write_pdf(const struct slip_paper *paper, const char *path,
                     void (*draw)(struct sheet *, const struct slip_paper *), struct err *err)
{
    cairo_surface_t *surface = cairo_pdf_surface_create(path, PAGE_WIDTH, PAGE_HEIGHT);
    struct sheet sheet = {cairo_create(surface), MARGIN};
    draw(&sheet, paper);
    cairo_destroy(sheet.cairo);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status == CAIRO_STATUS_SUCCESS
               ? 0
               : err_set(err, ERR_IO, "%s: %s", path, cairo_status_to_string(status));
}

/* ---- CSV: one line per line of the slip, fields in quotes ---- */

static int add_fields(struct buf *csv, const struct cells *cells, int count)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < count; i++) {
        rc = buf_append(csv, bytes_of(i ? ";\"" : "\"", i ? 2 : 1));
        for (const char *at = cells->at[i]; rc == 0 && *at; at++)
            rc = *at == '"' ? buf_append(csv, bytes_of("\"\"", 2))
                            : buf_append(csv, bytes_of(at, 1));
        if (rc == 0)
            rc = buf_append(csv, bytes_of("\"", 1));
    }
    return rc == 0 ? buf_append(csv, bytes_of("\r\n", 2)) : rc;
}

static int write_csv(const struct slip_paper *paper, const char *path, struct err *err)
{
    SCOPED(buf_free) struct buf csv = {0};
    struct cells cells;
    for (int i = 0; i < COLUMNS; i++)
        snprintf(cells.at[i], CELL_SIZE, "%s", columns[i].title);
    int rc = add_fields(&csv, &cells, COLUMNS);
    for (uint32_t i = 0; rc == 0 && i < paper->slip.lines; i++) {
        fill(paper, i, &cells);
        rc = add_fields(&csv, &cells, COLUMNS);
    }
    return rc < 0 ? err_set(err, ERR_MEMORY, "%s: no memory", path)
                  : file_write(path, CSV_MODE, buf_view(&csv), err);
}

/* Where the originals of the slip lie, one batch a line. */
static int write_papers_csv(const struct slip_paper *paper, const char *path, struct err *err)
{
    enum { PAPER_COLUMNS = 4 };
    SCOPED(buf_free) struct buf csv = {0};
    struct cells cells = {{"Ligne", "Lot", "Carton", "Emplacement"}};
    int rc = add_fields(&csv, &cells, PAPER_COLUMNS);
    for (uint32_t i = 0; i < paper->slip.lines; i++)
        for (size_t k = 0; rc == 0 && k < paper->papers[i].count; k++) {
            const struct slip_line_paper *one = &paper->papers[i].at[k];
            snprintf(cells.at[0], CELL_SIZE, "%u", i + 1);
            snprintf(cells.at[1], CELL_SIZE, "%u", one->batch.n);
            snprintf(cells.at[2], CELL_SIZE, "%s", one->row.carton);
            snprintf(cells.at[3], CELL_SIZE, "%s", one->row.place);
            rc = add_fields(&csv, &cells, PAPER_COLUMNS);
        }
    return rc < 0 ? err_set(err, ERR_MEMORY, "%s: no memory", path)
                  : file_write(path, CSV_MODE, buf_view(&csv), err);
}

int slip_paper_write(const struct slip_paper *paper, const char *folder, struct err *err)
{
    char path[PATH_MAX];
    int rc = file_make_folders(folder, FOLDER_MODE, err);
    snprintf(path, sizeof path, "%s/bordereau-%u.pdf", folder, paper->number);
    if (rc == 0)
        rc = write_pdf(paper, path, draw_slip, err);
    snprintf(path, sizeof path, "%s/bordereau-%u.csv", folder, paper->number);
    if (rc == 0)
        rc = write_csv(paper, path, err);
    snprintf(path, sizeof path, "%s/papier-%u.csv", folder, paper->number);
    if (rc == 0 && has_papers(paper))
        rc = write_papers_csv(paper, path, err);
    snprintf(path, sizeof path, "%s/certificat-%u.pdf", folder, paper->number);
    if (rc == 0 && paper->slip.state == SLIP_DESTROYED)
        rc = write_pdf(paper, path, draw_certificate, err);
    return rc;
}
