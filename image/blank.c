/*
 * Blank sides: see blank.h. The page is thresholded twice, at a trace and at ink; border and
 * streaks are taken away; what is left is gathered into marks, and each mark is excused or counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/blank.h"

#include <leptonica/allheaders.h>
#include <stdio.h>

#include "base/scope.h"
#include "image/binarise.h"
#include "image/border.h"
#include "image/decode.h"
#include "image/grey.h"
#include "image/mark.h"
#include "image/opening.h"
#include "image/page.h"
#include "image/pale.h"
#include "image/text_mask.h"

enum { LEAST_DPI = 60, LONG_SIDE_PIXELS = 700 }; /* 60 dpi on A4 */

/* Letters and words of one line are nearer to each other than this. */
static const double gather_mm = 2;

/* Dust: no letter is as small; or as large as a letter, but with the ink of a few grains; or a row
 * of grains, with less ink than a dotted line of that length. Handwriting has 1 mm2 per mm and
 * more. */
static const double speck_mm = 1.5, dust_mm = 5, dust_mm2 = 1.5, dust_thick_mm = 0.3;

/* Punch holes, 5 to 8 mm wide and nearer to the edge than 25: rounder and fuller than any letter.
 */
static const double hole_least_mm = 3.5, hole_most_mm = 9, hole_edge_mm = 25;
static const double hole_aspect = 1.35, hole_fill = 0.6;

/* Near the edge: a sheet number, what is left of a border, the outline of a folded corner. */
static const double edge_mm = 12, edge_mark_mm = 6;
static const double rim_mm = 5, rim_thick_mm = 2.5;
static const double corner_mm = 8, corner_thick_mm = 0.6;

/* What touches the edge and reaches in no deeper is border; deeper, only where it is solid. */
static const double border_mm = 10, solid_mm = 2, border_row_share = 0.5;

/* Its rough edge, which an opening leaves behind. */
enum { RIM_PIXELS = 5 };

/* Streaks of a dusty scanner and rulings: runs as straight as the scanner itself. */
static const double streak_mm = 25;

/* A crease: a straight line at any angle. Text as small as 6 points is 1.4 mm thick as a line and
 * half white; a thicker line must be full. */
static const double crease_least_mm = 5, crease_thin_mm = 0.9, crease_thick_mm = 2.5;
static const double crease_fill = 0.8;

/* Against the darkest ink nearby; see binarise.h. Low, for traces beside bold print. */
static const double ink_share_of_darkest = 0.3;

enum excuse { SPECK, HOLE, EDGE_MARK, LINE, TRACE, COUNTS, EXCUSES };

struct sheet {
    const struct blank_params *params;
    double dpi;
    struct Pix *traces;     /* what is darker than the paper, border and streaks taken away */
    struct Pix *ink;        /* the dark part of it */
    struct image_box paper; /* the page without its border */
    bool has_border;
    int excused[EXCUSES];
};

unsigned blank_reduce(const struct image_header *header)
{
    double side = header->width > header->height ? header->width : header->height;
    double dpi = header->x_dpi > 0 ? header->x_dpi : LEAST_DPI * side / LONG_SIDE_PIXELS;
    unsigned reduce = 1;

    while (reduce < 8 && dpi / (2 * reduce) >= LEAST_DPI)
        reduce *= 2;
    return reduce;
}

static void sheet_free(struct sheet *sheet)
{
    image_free(&sheet->traces);
    image_free(&sheet->ink);
}

static int threshold(const struct Pix *grey, double contrast, double solid, struct Pix **ret_bits,
                     struct err *err)
{
    struct binarise_params params = {
        .ink_share = ink_share_of_darkest, .least_contrast = contrast, .solid_share = solid};

    return binarise(grey, &params, ret_bits, err);
}

static int threshold_twice(struct sheet *sheet, const struct Pix *page, double faint,
                           struct err *err)
{
    struct binarise_params usual = BINARISE_DEFAULT;
    SCOPED(image_free) struct Pix *grey = NULL;
    int rc = image_darkest(page, &grey, err);

    if (rc == 0)
        rc = threshold(grey, faint, usual.solid_share, &sheet->traces, err);
    if (rc == 0)
        rc = threshold(grey, sheet->params->ink, usual.solid_share, &sheet->ink, err);
    return rc;
}

/* How far a part that touches the edge reaches in. */
static int depth_of(const BOX *box, int width, int height)
{
    int depth = box->w > box->h ? box->w : box->h;

    if ((box->x == 0 || box->x + box->w == width) && box->w < depth)
        depth = box->w;
    if ((box->y == 0 || box->y + box->h == height) && box->h < depth)
        depth = box->h;
    return depth;
}

/* What of a part is solid, with its rim; NULL when memory is short. */
static struct Pix *solid_of(struct Pix *part, double dpi)
{
    int side = image_pixels(solid_mm, dpi) + 1;
    SCOPED(image_free) struct Pix *opened = NULL;
    SCOPED(image_free) struct Pix *grown = NULL;

    if (image_open(part, side, side, &opened, NULL) == 0)
        grown = pixDilateBrick(NULL, opened, RIM_PIXELS, RIM_PIXELS);
    return grown ? pixAnd(NULL, grown, part) : NULL;
}

/* Takes a part away whole when it reaches in no deeper than a border, otherwise what of it is
 * solid: writing that touches a border stays. */
static int drop_part(struct sheet *sheet, struct Pix *part, const BOX *box, struct err *err)
{
    int most = image_pixels(border_mm, sheet->dpi);
    SCOPED(image_free) struct Pix *gone = NULL;

    if (depth_of(box, pixGetWidth(sheet->traces), pixGetHeight(sheet->traces)) <= most)
        gone = pixClone(part);
    else
        gone = solid_of(part, sheet->dpi);
    if (!gone)
        return err_set(err, ERR_MEMORY, "no memory to clear the border of a page");
    pixRasterop(sheet->traces, box->x, box->y, box->w, box->h, PIX_DST & PIX_NOT(PIX_SRC), gone, 0,
                0);
    sheet->has_border = true;
    return 0;
}

/* Takes away what touches the edge and is thin, or solid. */
static int drop_parts(struct sheet *sheet, struct err *err)
{
    SCOPED(image_free) struct Pix *touching = pixExtractBorderConnComps(sheet->traces, 8);
    SCOPED(pixaDestroy) PIXA *parts = NULL;
    SCOPED(boxaDestroy) BOXA *boxes = touching ? pixConnComp(touching, &parts, 8) : NULL;
    int rc = boxes ? 0 : err_set(err, ERR_MEMORY, "no memory to find the border of a page");

    for (int i = 0; rc == 0 && i < boxaGetCount(boxes); i++)
        rc = drop_part(sheet, parts->pix[i], boxes->box[i], err);
    return rc;
}

static int drop_border(struct sheet *sheet, struct err *err)
{
    SCOPED(image_free) struct Pix *gone = pixCopy(NULL, sheet->traces);
    int rc = gone ? drop_parts(sheet, err) : err_set(err, ERR_MEMORY, "no memory to copy a page");

    if (rc < 0)
        return rc;
    pixSubtract(gone, gone, sheet->traces);
    sheet->paper = border_trim(gone, border_row_share);
    return 0;
}

static int drop_streaks(struct sheet *sheet, struct err *err)
{
    int length = image_pixels(streak_mm, sheet->dpi);
    SCOPED(image_free) struct Pix *level = NULL;
    SCOPED(image_free) struct Pix *upright = NULL;
    int rc = image_open(sheet->traces, length, 1, &level, err);

    if (rc == 0)
        rc = image_open(sheet->traces, 1, length, &upright, err);
    if (rc < 0)
        return rc;
    if (!pixDilateBrick(level, level, 1, 3) || !pixDilateBrick(upright, upright, 3, 1))
        return err_set(err, ERR_MEMORY, "no memory to find streaks");
    pixSubtract(sheet->traces, sheet->traces, level);
    pixSubtract(sheet->traces, sheet->traces, upright);
    return 0;
}

/* The box of the ink inside a gathered mark, in pixels. */
static struct image_box tight_box(const BOX *box, int grown, const struct sheet *sheet)
{
    int right = box->x + box->w - grown, bottom = box->y + box->h - grown;
    struct image_box tight = {.x = box->x + grown, .y = box->y + grown};

    /* At the edge of the page the mark could not grow. */
    tight.x = box->x == 0 ? 0 : tight.x;
    tight.y = box->y == 0 ? 0 : tight.y;
    right = box->x + box->w == pixGetWidth(sheet->traces) ? box->x + box->w : right;
    bottom = box->y + box->h == pixGetHeight(sheet->traces) ? box->y + box->h : bottom;
    tight.width = right > tight.x ? right - tight.x : 1;
    tight.height = bottom > tight.y ? bottom - tight.y : 1;
    return tight;
}

static int pixels_in(struct Pix *bits, const struct image_box *box)
{
    SCOPED(boxDestroy) BOX *area = boxCreate(box->x, box->y, box->width, box->height);
    l_int32 count = 0;

    if (area)
        pixCountPixelsInRect(bits, area, &count, NULL);
    return count;
}

/* How far the far side of a box lies from the nearest edge of the paper, in mm; level: left or
 * right edge, otherwise top or bottom. */
static double reach(const struct image_box *box, const struct sheet *sheet, bool level)
{
    const struct image_box *paper = &sheet->paper;
    int one = level ? box->x + box->width - paper->x : box->y + box->height - paper->y;
    int other = level ? paper->x + paper->width - box->x : paper->y + paper->height - box->y;

    return (one < other ? one : other) * 25.4 / sheet->dpi;
}

static double least_reach(const struct mark *mark, const struct sheet *sheet)
{
    double level = reach(&mark->box, sheet, true), upright = reach(&mark->box, sheet, false);

    return level < upright ? level : upright;
}

static bool is_hole(const struct mark *mark, const struct sheet *sheet)
{
    double shorter = mark->width + mark->height - mark->longer;

    return mark->longer <= hole_most_mm && shorter >= hole_least_mm &&
           mark->longer <= hole_aspect * shorter &&
           mark->area >= hole_fill * mark->width * mark->height &&
           least_reach(mark, sheet) <= hole_edge_mm;
}

static bool is_speck(const struct mark *mark)
{
    return mark->longer <= speck_mm || (mark->longer <= dust_mm && mark->area <= dust_mm2) ||
           mark->area <= dust_thick_mm * mark->longer;
}

static bool is_crease(const struct mark *mark)
{
    if (mark->length < crease_least_mm)
        return false;
    return mark->thickness <= crease_thin_mm ||
           (mark->thickness <= crease_thick_mm &&
            mark->area >= crease_fill * mark->length * mark->thickness);
}

/* The box begins in a corner of the paper, and there are only lines in it. */
static bool is_folded_corner(const struct mark *mark, const struct sheet *sheet)
{
    double level = reach(&mark->box, sheet, true) - mark->width;
    double upright = reach(&mark->box, sheet, false) - mark->height;

    return level <= corner_mm && upright <= corner_mm &&
           mark->area <= corner_thick_mm * (mark->width + mark->height);
}

static bool is_edge_mark(const struct mark *mark, const struct sheet *sheet)
{
    double shorter = mark->width + mark->height - mark->longer;
    double deep = least_reach(mark, sheet);

    return (mark->longer <= edge_mark_mm && deep <= edge_mm) ||
           (shorter <= rim_thick_mm && deep <= rim_mm) || is_folded_corner(mark, sheet);
}

static enum excuse judge(const struct mark *mark, const struct sheet *sheet)
{
    double mm = 25.4 / sheet->dpi;
    bool ink;

    if (is_speck(mark))
        return SPECK;
    if (is_edge_mark(mark, sheet))
        return EDGE_MARK;
    if (is_crease(mark))
        return LINE;
    if (is_hole(mark, sheet))
        return HOLE;
    ink = pixels_in(sheet->ink, &mark->box) * mm * mm >= sheet->params->strong_share * mark->area;
    return ink ? COUNTS : TRACE;
}

static void tell_mark(const struct mark *mark, const struct sheet *sheet, char *reason)
{
    double mm = 25.4 / sheet->dpi;

    snprintf(reason, BLANK_REASON_SIZE, "ink of %.0f x %.0f mm at %.0f,%.0f mm", mark->width,
             mark->height, mark->box.x * mm, mark->box.y * mm);
}

static void tell_excuses(const struct sheet *sheet, char *reason)
{
    const int *excused = sheet->excused;

    snprintf(reason, BLANK_REASON_SIZE,
             "no ink: %d specks, %d holes, %d edge marks, %d lines, %d traces%s", excused[SPECK],
             excused[HOLE], excused[EDGE_MARK], excused[LINE], excused[TRACE],
             sheet->has_border ? ", border" : "");
}

/* Boxes of marks, each grown by `grown` pixels; NULL when memory is short. */
static BOXA *gather(const struct sheet *sheet, int grown)
{
    SCOPED(image_free)
    struct Pix *gathered = pixDilateBrick(NULL, sheet->traces, 2 * grown + 1, 2 * grown + 1);

    return gathered ? pixConnCompBB(gathered, 8) : NULL;
}

static int judge_marks(struct sheet *sheet, struct blank_verdict *verdict, struct err *err)
{
    int grown = image_pixels(gather_mm / 2, sheet->dpi);
    double mm = 25.4 / sheet->dpi, largest = 0;
    double page_mm2 = pixGetWidth(sheet->traces) * mm * pixGetHeight(sheet->traces) * mm;
    SCOPED(boxaDestroy) BOXA *boxes = gather(sheet, grown);

    if (!boxes)
        return err_set(err, ERR_MEMORY, "no memory to gather marks");
    verdict->blank = true;
    for (int i = 0; i < boxaGetCount(boxes); i++) {
        struct image_box box = tight_box(boxes->box[i], grown, sheet);
        struct mark mark = mark_measure(sheet->traces, &box, sheet->dpi);
        enum excuse excuse = judge(&mark, sheet);

        sheet->excused[excuse]++;
        if (excuse != COUNTS)
            continue;
        verdict->blank = false;
        verdict->ink_share += mark.area / page_mm2;
        if (mark.width * mark.height > largest) {
            largest = mark.width * mark.height;
            tell_mark(&mark, sheet, verdict->reason);
        }
    }
    return 0;
}

/* Adds a pale mark that has a pen's or a printer's edges. */
static void add_pale(const struct mark *mark, const struct pale *pale,
                     const struct blank_params *params, struct pale_verdict *verdict)
{
    if (pale->contrast < params->pale_ink || pale->edge < params->pale_edge)
        return;
    verdict->marks++;
    verdict->length += mark->longer;
}

static int make_sheet(struct sheet *sheet, const struct Pix *page, double faint, struct err *err)
{
    int rc = threshold_twice(sheet, page, faint, err);

    if (rc == 0)
        rc = drop_border(sheet, err);
    return rc == 0 ? drop_streaks(sheet, err) : rc;
}

int image_blank(const struct Pix *page, const struct blank_params *params,
                struct blank_verdict *ret_verdict, struct err *err)
{
    SCOPED(sheet_free) struct sheet sheet = {.params = params, .dpi = text_mask_dpi(page)};
    int rc = make_sheet(&sheet, page, params->faint, err);

    *ret_verdict = (struct blank_verdict){0};
    if (rc == 0)
        rc = judge_marks(&sheet, ret_verdict, err);
    if (rc == 0 && ret_verdict->blank)
        tell_excuses(&sheet, ret_verdict->reason);
    return rc;
}

/* The box of a mark of the small page with its surroundings, on the fine one. */
static struct image_box on_fine(const BOX *box, double scale, const struct Pix *fine)
{
    int width = pixGetWidth((struct Pix *)fine), height = pixGetHeight((struct Pix *)fine);
    struct image_box at = {(int)(box->x * scale), (int)(box->y * scale), 0, 0};
    int right = (int)((box->x + box->w) * scale), bottom = (int)((box->y + box->h) * scale);

    at.width = (right < width ? right : width) - at.x;
    at.height = (bottom < height ? bottom : height) - at.y;
    return at;
}

int image_pale(const struct Pix *page, const struct Pix *fine, const struct blank_params *params,
               struct pale_verdict *ret_verdict, struct err *err)
{
    SCOPED(sheet_free) struct sheet sheet = {.params = params, .dpi = text_mask_dpi(page)};
    double scale = (double)pixGetWidth((struct Pix *)fine) / pixGetWidth((struct Pix *)page);
    int rc = make_sheet(&sheet, page, params->pale, err);
    int grown = image_pixels(gather_mm / 2, sheet.dpi);
    SCOPED(boxaDestroy) BOXA *boxes = rc == 0 ? gather(&sheet, grown) : NULL;

    *ret_verdict = (struct pale_verdict){0};
    if (rc == 0 && !boxes)
        rc = err_set(err, ERR_MEMORY, "no memory to gather marks");
    for (int i = 0; rc == 0 && i < boxaGetCount(boxes); i++) {
        struct image_box box = tight_box(boxes->box[i], grown, &sheet);
        struct mark mark = mark_measure(sheet.traces, &box, sheet.dpi);
        struct image_box close = on_fine(boxes->box[i], scale, fine);
        struct pale pale = {0};

        if (judge(&mark, &sheet) < TRACE)
            continue;
        rc = pale_look(fine, &close, sheet.dpi * scale, &pale, err);
        add_pale(&mark, &pale, params, ret_verdict);
    }
    return rc;
}
