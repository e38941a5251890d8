/*
 * Page quality: see quality.h. The page as grey; paper and ink levels cell by cell (image/paper.h)
 * say dark, pale and unsharp, profiles along the edges and the columns say the rest.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/quality.h"

#include <allheaders.h>
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/grey.h"
#include "image/paper.h"

enum {
    CELLS_LEAST = 20, /* with ink, to say anything of ink */
    SIDE_LEAST = 64,  /* pixels; a smaller picture has no quality */
    CUT_MARKS_LEAST =
        8 /* pieces of ink over one edge: more than a ruling or a border's rough rim */
};

static const double a4_long_mm = 297, sheet_short_mm = 222, sheet_long_mm = 325;

static const double dark_paper = 185;     /* grey of paper; recycled paper is 200 and more */
static const double black_share = 0.30;   /* of a bilevel page; bold print covers 0.12 */
static const double inked = 0.88;         /* darker than this share of the paper: ink */
static const double pale_ink = 0.60;      /* darkest ink over paper; pencil is 0.5 */
static const double sharp_contrast = 0.3; /* of a cell, of the paper: enough to see an edge */
static const double sharp_step = 0.36;    /* between neighbours, of the cell's contrast */

static const double streak_contrast = 0.12, streak_share = 0.93;
static const double streak_most_mm = 2, streak_margin = 0.04; /* of the side: border, not streak */

static const double corner_mm = 9, corner_dark = 0.6, corner_share = 0.9;

static const double edge_mm = 0.8, edge_mark_mm = 5, edge_speck_mm = 0.4, edge_contrast = 0.6;

static const char *const names[QUALITY_FINDINGS] = {"too_dark",     "too_light",    "streak",
                                                    "torn_corner",  "out_of_focus", "cut_off",
                                                    "double_sheet", "sides_differ"};

struct sheet {
    struct Pix *grey;
    struct paper paper;
    int width, height;
    double pixels_per_mm;
    bool bilevel;
};

const char *quality_finding_name(enum quality_finding finding)
{
    assert(finding >= 0 && finding < QUALITY_FINDINGS);
    return names[finding];
}

int quality_finding_of_name(const char *name)
{
    for (int i = 0; i < QUALITY_FINDINGS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static void sheet_free(struct sheet *sheet)
{
    image_free(&sheet->grey);
    paper_free(&sheet->paper);
}

static int grey_at(const struct sheet *sheet, int x, int y)
{
    const l_uint32 *line = pixGetData(sheet->grey) + (size_t)y * (size_t)pixGetWpl(sheet->grey);
    return GET_DATA_BYTE(line, x);
}

static bool is_dark_at(const struct sheet *sheet, int x, int y, double share)
{
    return grey_at(sheet, x, y) < share * sheet->paper.level;
}

/* Share of the middle of the page that is darker than half the range. */
static double black_in_middle(const struct sheet *sheet)
{
    int64_t black = 0, seen = 0;
    for (int y = sheet->height / 10; y < sheet->height - sheet->height / 10; y += 2)
        for (int x = sheet->width / 10; x < sheet->width - sheet->width / 10; x += 2, seen++)
            black += grey_at(sheet, x, y) < 128;
    return seen > 0 ? (double)black / (double)seen : 0;
}

static bool is_too_dark(const struct sheet *sheet)
{
    return sheet->bilevel ? black_in_middle(sheet) > black_share : sheet->paper.level < dark_paper;
}

/* Steepest step between neighbours in a cell. */
static int steepest(const struct sheet *sheet, uint32_t column, uint32_t row)
{
    int left = (int)column * PAPER_CELL_PIXELS, top = (int)row * PAPER_CELL_PIXELS, best = 0;
    for (int y = top; y < top + PAPER_CELL_PIXELS && y < sheet->height; y++)
        for (int x = left; x < left + PAPER_CELL_PIXELS && x + 1 < sheet->width; x++) {
            int step = abs(grey_at(sheet, x, y) - grey_at(sheet, x + 1, y));
            best = step > best ? step : best;
        }
    return best;
}

/* A histogram in hundredths. */
struct hundredths {
    int count[101], total;
};

static void add(struct hundredths *hundredths, double share)
{
    hundredths->count[(int)lround(100 * fmin(1, fmax(0, share)))]++;
    hundredths->total++;
}

static double percentile(const struct hundredths *hundredths, int percent)
{
    int below = 0, at = 0;
    while (at < 100 && (below + hundredths->count[at]) * 100 <= hundredths->total * percent)
        below += hundredths->count[at++];
    return at / 100.0;
}

/* Ink over paper, and steps over contrast, of the cells away from the edges. */
static quality_set look_at_ink(const struct sheet *sheet)
{
    const struct paper *paper = &sheet->paper;
    struct hundredths ink = {0}, steps = {0};
    for (uint32_t row = 2; row + 2 < paper->rows; row++)
        for (uint32_t column = 2; column + 2 < paper->columns; column++) {
            size_t cell = (size_t)row * paper->columns + column;
            double dark = (double)paper->dark[cell] / paper->level;
            double contrast = ((double)paper->white[cell] - paper->dark[cell]) / paper->level;
            if (dark >= inked || contrast < 1 - inked)
                continue;
            add(&ink, dark);
            if (contrast >= sharp_contrast)
                add(&steps, steepest(sheet, column, row) / (contrast * paper->level));
        }
    quality_set findings = 0;
    if (ink.total >= CELLS_LEAST && percentile(&ink, 5) > pale_ink)
        findings |= 1u << QUALITY_TOO_LIGHT;
    if (steps.total >= CELLS_LEAST && percentile(&steps, 75) < sharp_step)
        findings |= 1u << QUALITY_OUT_OF_FOCUS;
    return findings;
}

/* Is so much of the transport's line `at` darker than the paper that it is a streak? Most lines are
 * told by their first pixels: so many that are not. */
static bool is_dark_along(const struct sheet *sheet, int at, bool upright)
{
    int length = upright ? sheet->height : sheet->width;
    int spare = length - (int)ceil(streak_share * length);
    for (int i = 0; i < length && spare >= 0; i++)
        spare -= !(upright ? is_dark_at(sheet, at, i, 1 - streak_contrast)
                           : is_dark_at(sheet, i, at, 1 - streak_contrast));
    return spare >= 0;
}

/* A run of dark lines from edge to edge, thin, with paper on both sides. */
static bool has_streak(const struct sheet *sheet, bool upright)
{
    int across = upright ? sheet->width : sheet->height, run = 0;
    int most = (int)ceil(streak_most_mm * sheet->pixels_per_mm);
    for (int at = (int)(streak_margin * across); at < (1 - streak_margin) * across; at++) {
        if (is_dark_along(sheet, at, upright)) {
            run++;
            continue;
        }
        if (run > 0 && run <= most)
            return true;
        run = 0;
    }
    return false;
}

/* Is the triangle in a corner dark? */
static bool is_dark_corner(const struct sheet *sheet, bool right, bool bottom)
{
    int leg = (int)(corner_mm * sheet->pixels_per_mm), dark = 0, seen = 0;
    for (int y = 0; y < leg && y < sheet->height; y++)
        for (int x = 0; x < leg - y && x < sheet->width; x++, seen++)
            dark += is_dark_at(sheet, right ? sheet->width - 1 - x : x,
                               bottom ? sheet->height - 1 - y : y, corner_dark);
    return seen > 0 && dark >= corner_share * seen;
}

/* Is there a border along one side of the picture? Asked at a quarter and three quarters. */
static bool has_border(const struct sheet *sheet, bool upright, bool far)
{
    int depth = (int)(edge_mm * sheet->pixels_per_mm);
    int across = upright ? sheet->width : sheet->height;
    int along = upright ? sheet->height : sheet->width, dark = 0;
    int at = far ? across - 1 - depth : depth;
    for (int i = along / 4; i < along * 3 / 4; i++)
        dark +=
            upright ? is_dark_at(sheet, at, i, corner_dark) : is_dark_at(sheet, i, at, corner_dark);
    return dark > along / 8;
}

static bool has_torn_corner(const struct sheet *sheet)
{
    for (int corner = 0; corner < 4; corner++) {
        bool right = corner & 1, bottom = corner & 2;
        if (is_dark_corner(sheet, right, bottom) && !has_border(sheet, true, right) &&
            !has_border(sheet, false, bottom))
            return true;
    }
    return false;
}

/* Pieces of ink on a line just inside an edge; what is long there is border. */
static int marks_on_edge(const struct sheet *sheet, bool upright, bool far)
{
    int depth = (int)(edge_mm * sheet->pixels_per_mm), marks = 0, run = 0;
    int across = upright ? sheet->width : sheet->height;
    int along = upright ? sheet->height : sheet->width;
    int at = far ? across - 1 - depth : depth;
    for (int i = 0; i < along; i++) {
        bool dark = upright ? is_dark_at(sheet, at, i, edge_contrast)
                            : is_dark_at(sheet, i, at, edge_contrast);
        if (dark) {
            run++;
            continue;
        }
        marks += run >= edge_speck_mm * sheet->pixels_per_mm &&
                 run <= edge_mark_mm * sheet->pixels_per_mm;
        run = 0;
    }
    return marks;
}

static bool is_cut_off(const struct sheet *sheet)
{
    for (int side = 0; side < 4; side++) {
        bool upright = side & 1, far = side & 2;
        if (!has_border(sheet, upright, far) &&
            marks_on_edge(sheet, upright, far) >= CUT_MARKS_LEAST)
            return true;
    }
    return false;
}

static bool is_double_sheet(const struct sheet *sheet, double dpi)
{
    double longer = fmax(sheet->width, sheet->height), shorter = fmin(sheet->width, sheet->height);
    return dpi > 0 && longer / dpi * 25.4 > sheet_long_mm && shorter / dpi * 25.4 < sheet_short_mm;
}

int quality_look(const struct Pix *page, double dpi, quality_set *ret_findings, struct err *err)
{
    SCOPED(sheet_free)
    struct sheet sheet = {.width = pixGetWidth((struct Pix *)page),
                          .height = pixGetHeight((struct Pix *)page),
                          .bilevel = pixGetDepth((struct Pix *)page) == 1};
    *ret_findings = 0;
    if (sheet.width < SIDE_LEAST || sheet.height < SIDE_LEAST)
        return 0;
    sheet.pixels_per_mm =
        dpi > 0 ? dpi / 25.4
                : (sheet.width > sheet.height ? sheet.width : sheet.height) / a4_long_mm;
    int rc = image_grey(page, &sheet.grey, err);
    if (rc == 0)
        rc = paper_measure(sheet.grey, &sheet.paper, err);
    if (rc < 0)
        return rc;
    quality_set findings = sheet.bilevel ? 0 : look_at_ink(&sheet);
    findings |= (unsigned)is_too_dark(&sheet) << QUALITY_TOO_DARK;
    findings |= (unsigned)(has_streak(&sheet, true) || has_streak(&sheet, false)) << QUALITY_STREAK;
    findings |= (unsigned)has_torn_corner(&sheet) << QUALITY_TORN_CORNER;
    findings |= (unsigned)is_cut_off(&sheet) << QUALITY_CUT_OFF;
    findings |= (unsigned)is_double_sheet(&sheet, dpi) << QUALITY_DOUBLE_SHEET;
    *ret_findings = findings;
    return 0;
}
