/*
 * Steps on marks that say alone what a page is: nothing at all, a separator's bars, the magnetic
 * line of a cheque.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <math.h>

#include "base/scope.h"
#include "classify/cheque.h"
#include "classify/glance.h"
#include "classify/reading.h"
#include "classify/separator.h"
#include "image/blank.h"
#include "image/decode.h"
#include "image/ground.h"

enum {
    BLANK_HALVED_PIXELS = 1400, /* a longer side is halved first: 60 dpi on A4 remain */
    DARK_GREY = 110             /* black ink, not what shows through from the other side */
};

static const double middle_from = 0.2;  /* of width and height: holes and borders lie outside */
static const double dark_share = 0.005; /* more than a streak of one pixel gives */

static const double pale_length_mm = 12; /* of pale marks together: a signature, two words */
static const double certain_nats = 30;   /* a mark that leaves no other reading */
static const double shape_least = 1.9, shape_most = 2.85; /* width over height of cheques */
static const double sure_sideways = 3;                    /* layout's strength of lines: no doubt */
static const double cheque_long_mm = 230;                 /* longer pages are not cheques alone */

/* The page's own resolution where it says one that makes a sheet of paper of it, else 0. */
static double stated_dpi(const struct reading *reading)
{
    double dpi = reading->header.x_dpi;
    double longer = fmax(reading->header.width, reading->header.height);
    double mm = dpi > 0 ? longer / dpi * 25.4 : 0;
    return mm >= 100 && mm <= 450 ? dpi : 0;
}

/* Is there black in the middle of a page? A second look, so that a written page whose writing hangs
 * together with its frame is not taken for an empty one. */
static bool has_dark_middle(PIX *small)
{
    PIX *grey = pixConvertTo8(small, 0);
    if (!grey)
        return true;
    l_int32 width = pixGetWidth(grey), height = pixGetHeight(grey);
    l_int32 left = (l_int32)(middle_from * width), top = (l_int32)(middle_from * height);
    int64_t dark = 0, seen = 0;
    for (l_int32 y = top; y < height - top; y++) {
        const l_uint32 *line = pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey);
        for (l_int32 x = left; x < width - left; x++, seen++)
            dark += GET_DATA_BYTE(line, x) < DARK_GREY;
    }
    pixDestroy(&grey);
    return (double)dark > dark_share * (double)seen;
}

/* Is a side without ink written in pale ink? Then it is read like others, and goes to a person
 * unless it reads well: strong print may shine through thin paper as clearly. Black and white knows
 * nothing pale. */
static int doubt_blank(struct reading *reading, PIX *small, struct err *err)
{
    struct blank_params params = BLANK_DEFAULT;
    struct pale_verdict found;
    if (reading->header.depth == 1 || pixGetDepth(reading->reduced) == 1)
        return 0;
    int rc = image_pale(small, reading->reduced, &params, &found, err);
    if (rc < 0)
        return rc;
    reading->pale = found.length >= pale_length_mm;
    if (reading->pale)
        verdict_reason(reading->verdict, "%d pale marks with clear edges: perhaps written",
                       found.marks);
    return 0;
}

int step_blank(struct reading *reading, struct err *err)
{
    struct blank_params params = BLANK_DEFAULT;
    struct blank_verdict found;
    l_int32 width = pixGetWidth(reading->reduced), height = pixGetHeight(reading->reduced);
    bool halve = (width > height ? width : height) >= BLANK_HALVED_PIXELS;
    PIX *small = !halve                               ? pixCopy(NULL, reading->reduced)
                 : pixGetDepth(reading->reduced) == 1 ? pixScaleToGray2(reading->reduced)
                                                      : pixScaleAreaMap2(reading->reduced);
    if (!small)
        return err_set(err, ERR_MEMORY, "page: no memory to see whether it is blank");
    l_int32 dpi = (l_int32)(stated_dpi(reading) / ((halve ? 2 : 1) * reading->reduce));
    pixSetResolution(small, dpi, dpi); /* 0 where the page's own makes no sense */
    int rc = image_blank(small, &params, &found, err);
    bool blank = rc == 0 && found.blank && !has_dark_middle(small);
    if (blank)
        rc = doubt_blank(reading, small, err);
    pixDestroy(&small);
    if (rc < 0 || !blank || reading->pale)
        return rc;
    ballot_vote(&reading->ballot, TAG_BLANK, certain_nats);
    verdict_reason(reading->verdict, "blank: %s", found.reason);
    return 1;
}

int step_quality(struct reading *reading, struct err *err)
{
    int rc = quality_look(reading->reduced, stated_dpi(reading) / reading->reduce,
                          &reading->verdict->quality, err);
    reading->verdict->quality |= reading->page->captured;
    return rc;
}

int step_separator(struct reading *reading, struct err *err)
{
    struct separator found;
    char value[FIELD_VALUE_SIZE];
    int rc = glance_make(reading->reduced, &reading->glance, err);
    if (rc == ERR_UNSUPPORTED) /* too small to bear a mark */
        return 0;
    if (rc == 0)
        rc = separator_find(reading->reduced, &reading->glance,
                            reading->header.x_dpi / reading->reduce, &found, err);
    if (rc < 0 || !separator_field(&found, value))
        return rc;
    int scale = (int)reading->reduce;
    struct box box = {found.box.x * scale, found.box.y * scale, found.box.width * scale,
                      found.box.height * scale};
    verdict_set_field(reading->verdict, FIELD_SEPARATOR, FIELD_READ, value, box);
    ballot_vote(&reading->ballot, TAG_SEPARATOR, certain_nats);
    verdict_reason(reading->verdict, "separator: %s", found.reason);
    reading->rotation = found.rotation;
    reading->turn_sureness = 1;
    return 1;
}

/* ---- cheques ---- */

static bool is_cheque_shaped(const struct reading *reading, double width, double height)
{
    double shape = width > height ? width / height : height / width, dpi = stated_dpi(reading);
    return shape >= shape_least && shape <= shape_most &&
           (dpi == 0 || fmax(width, height) / dpi * 25.4 <= cheque_long_mm);
}

/* Paper of a cheque's proportions: the whole scan, or what lies on dark ground. Empty: none. */
static int find_paper(const struct reading *reading, struct image_box *ret_paper, struct err *err)
{
    int width = (int)reading->header.width, height = (int)reading->header.height;
    int scale = (int)reading->reduce;
    bool found;
    *ret_paper = (struct image_box){0, 0, width, height};
    if (is_cheque_shaped(reading, width, height))
        return 0;
    int rc = ground_find_paper(reading->reduced, &found, ret_paper, err);
    ret_paper->x *= scale;
    ret_paper->y *= scale;
    ret_paper->width *= scale;
    ret_paper->height *= scale;
    if (rc < 0 || !found || !is_cheque_shaped(reading, ret_paper->width, ret_paper->height))
        *ret_paper = (struct image_box){0};
    return rc;
}

/* Evidence on a page, or a part of one, in full resolution. */
static int look(const struct reading *reading, const struct Pix *page,
                struct cheque_evidence *ret_evidence, struct err *err)
{
    SCOPED(glance_clear) struct glance glance = {0};
    *ret_evidence = (struct cheque_evidence){0};
    int rc = glance_make(page, &glance, err);
    if (rc == ERR_UNSUPPORTED)
        return 0;
    return rc < 0 ? rc : cheque_look(page, &glance, stated_dpi(reading), ret_evidence, err);
}

/* A magnetic line on the full page: a cheque. Reads it. */
static int take_line(struct reading *reading, const struct cheque_evidence *evidence,
                     struct err *err)
{
    const struct settings *settings = &reading->classifier->settings;
    ballot_vote(&reading->ballot, TAG_CHEQUE, settings->cheque.line);
    verdict_reason(reading->verdict, "%s", evidence->reason);
    reading->rotation = evidence->rotation;
    reading->turn_sureness = evidence->score;
    reading->layout.skew = evidence->skew;
    reading->foreign_cheque = evidence->foreign;
    int rc = cheque_read(reading->full, evidence, reading->classifier->ocr, reading->verdict, err);
    return rc < 0 ? rc : reading_is_decided(reading);
}

/* A line of another font on a whole page, or in its upper part, may be a title: then it is none. */
static int doubt_line(const struct reading *reading, struct cheque_evidence *evidence,
                      struct err *err)
{
    struct ocr *ocr = reading->classifier->ocr;
    if (!(evidence->foreign || evidence->far) || !ocr)
        return 0;
    int rc = cheque_line_is_words(reading->full, evidence, ocr, err);
    if (rc == 1)
        *evidence = (struct cheque_evidence){0};
    return rc < 0 ? rc : 0;
}

/* The same on a part of the full page; places are those of the page. */
static int look_at_paper(const struct reading *reading, const struct image_box *paper,
                         struct cheque_evidence *ret_evidence, struct err *err)
{
    BOX *box = boxCreate(paper->x, paper->y, paper->width, paper->height);
    PIX *cut = box ? pixClipRectangle(reading->full, box, NULL) : NULL;
    boxDestroy(&box);
    if (!cut)
        return err_set(err, ERR_MEMORY, "page: no memory for the paper on it");
    int rc = look(reading, cut, ret_evidence, err);
    pixDestroy(&cut);
    ret_evidence->band.x += paper->x;
    ret_evidence->band.y += paper->y;
    ret_evidence->band.box.x += paper->x;
    ret_evidence->band.box.y += paper->y;
    return rc;
}

int step_cheque_alone(struct reading *reading, struct err *err)
{
    struct cheque_evidence evidence;
    struct image_box paper;
    int rc = find_paper(reading, &paper, err);
    if (rc < 0 || paper.width == 0)
        return rc;
    reading->cheque_seen = true;
    rc = reading_full(reading, err);
    if (rc == 0)
        rc = look_at_paper(reading, &paper, &evidence, err);
    if (rc < 0)
        return rc;
    if (evidence.band.font != MICR_NO_FONT)
        return take_line(reading, &evidence, err);
    reading->cheque_shape = evidence.size_fits ? 2 : 1;
    return 0;
}

/* Paper of a cheque's proportions without a magnetic line: its text must run along it. */
static void vote_by_shape(struct reading *reading)
{
    const struct settings *settings = &reading->classifier->settings;
    bool along = reading->layout.width > reading->layout.height;
    bool sized = reading->cheque_shape == 2 && stated_dpi(reading) > 0;
    if (!along && reading->layout.sideways < sure_sideways)
        return;
    if (!along) {
        reading->cheque_shape = 0;
        ballot_vote(&reading->ballot, TAG_CHEQUE, -settings->cheque.none);
        return;
    }
    reading->cheque_nats = sized ? settings->cheque.size : settings->cheque.shape;
    ballot_vote(&reading->ballot, TAG_CHEQUE, reading->cheque_nats);
    verdict_reason(reading->verdict, "a cheque's proportions%s, but no magnetic line was found",
                   sized ? " and size" : "");
}

int step_cheque_on_page(struct reading *reading, struct err *err)
{
    struct cheque_evidence evidence = {0};
    if (reading->cheque_shape > 0)
        vote_by_shape(reading);
    if (reading->cheque_seen || reading_is_decided(reading))
        return 0;
    int rc = 0;
    if (reading->glance.grey)
        rc = cheque_look(reading->reduced, &reading->glance, stated_dpi(reading) / reading->reduce,
                         &evidence, err);
    if (rc == 0 && evidence.band.font != MICR_NO_FONT)
        rc = reading_full(reading, err);
    if (rc == 0 && evidence.band.font != MICR_NO_FONT && reading->reduce > 1)
        rc = look(reading, reading->full, &evidence, err);
    if (rc == 0)
        rc = doubt_line(reading, &evidence, err);
    if (rc < 0)
        return rc;
    if (evidence.band.font == MICR_NO_FONT) {
        ballot_vote(&reading->ballot, TAG_CHEQUE, -reading->classifier->settings.cheque.none);
        return 0;
    }
    return take_line(reading, &evidence, err);
}
