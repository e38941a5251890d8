/*
 * Typed digits in the boxes of a form: rulings and coloured print are taken out, what is left must
 * be as many characters as there are boxes, all of one height on one line (handwriting never is);
 * set close together they are read as one line, and the key decides.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify/fields.h"
#include "image/overprint.h"

/* Pixels of a digit when it is read: what the engine likes best, and others. */
static const double line_heights[] = {40, 52, 31, 20, 14};

enum {
    CELLS_MAX = 20,
    LINE_DPI = 300,
    LINE_MS = 2000, /* reading it takes some 40 ms */
    GREYS = 256,
    TOUCHED_MAX = 3, /* digits under a stamp's frame; more lie under its text, too */
    CELLS_OFF = 2,   /* digits that run together or fall apart in a coarse comb */
    AGREE = 2,       /* readings: a misread number's key fits once in 97 times */
    AGREE_DARKER = 3 /* … at one of many cuts, on digits that a stamp may lie on */
};

/* Typed ink is a few hundredths of a comb; what most of it shows is tint or paper. Half way between
 * the two ink ends, however pale it is; coloured print is light in red light. */
#define INK_SHARE 0.02
#define CUT_HALF 0.5
/* A stamp's ink is paler than the typed one, more so in the lightest of the three colours: some of
 * these cuts lie between the two. */
static const double darker_cuts[] = {0.44, 0.40, 0.36, 0.32, 0.28, 0.24, 0.20};
#define HEIGHT_SPREAD_COARSE 0.2 /* one of fifteen torn or run into its box */
#define CONTRAST_MIN 40          /* grey levels: less is an empty comb */

/* Lines laid over a comb, a stamp's frame for one: digits are no wider than a box, and lower than
 * it. */
#define LEVEL_PITCHES 1.3
#define UPRIGHT_SHARE 0.9
#define THICKEST_SHARE 0.2
#define STEEPEST 0.35    /* 19 degrees */
#define GROWN_SHARE 0.35 /* of the zone's height, above and below */

#define DIGIT_MIN_SHARE 0.3 /* of the zone's height */
#define RULE_SHARE 0.85     /* a vertical run so long is a box's ruling */
#define HEIGHT_SPREAD_MAX                                                                          \
    0.1 /* of the mean height: typed digits 0.03, handwriting 0.15 and more                        \
         */

/* The grey that a share of the pixels of some rows lies below. */
static int grey_at(struct Pix *grey, int top, int rows, double share)
{
    int counts[GREYS] = {0}, width = pixGetWidth(grey);
    int height = rows < pixGetHeight(grey) - top ? rows : pixGetHeight(grey) - top;
    for (int y = top; y < top + height; y++) {
        const uint32_t *line = pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey);
        for (int x = 0; x < width; x++)
            counts[GET_DATA_BYTE(line, x)]++;
    }
    double below = 0, wanted = share * width * height;
    int value = 0;
    while (value < GREYS - 1 && (below += counts[value]) < wanted)
        value++;
    return value;
}

/* NULL-safe; black where the grey lies below that share of the way from ink to paper, nothing black
 * in an empty comb: its rows say how dark both are. */
static struct Pix *ink_of_grey(struct Pix *grey, int top, int rows, double cut)
{
    if (!grey || top >= pixGetHeight(grey))
        return NULL;
    int ink = grey_at(grey, top, rows, INK_SHARE), ground = grey_at(grey, top, rows, 0.5);
    return pixThresholdToBinary(
        grey, ground - ink < CONTRAST_MIN ? 0 : ink + (int)(cut * (ground - ink)));
}

/* A zone with what lies above and below it, so that the lines of a stamp are seen at length. */
static struct Box *grown_zone(const struct box *zone)
{
    int more = (int)(zone->height * GROWN_SHARE);
    return boxCreate(zone->x, zone->y - more, zone->width, zone->height + 2 * more);
}

/* Red light, in which a form's print is light; for a darker cut the lightest of the three. */
static struct Pix *grey_of(struct Pix *part, double cut)
{
    if (pixGetDepth(part) != 32)
        return pixClone(part);
    return cut < CUT_HALF ? pixConvertRGBToGrayMinMax(part, L_CHOOSE_MAX)
                          : pixGetRGBComponent(part, COLOR_RED);
}

/* Ink of a part of the page, depth 1, dark against the zone's own ground. */
static struct Pix *take_ink(const struct Pix *page, const struct box *zone, struct Box *part,
                            double cut)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    struct Pix *clip = part ? pixClipRectangle(pix, part, NULL) : NULL;
    struct Pix *ink = NULL;
    if (clip && pixGetDepth(clip) == 1) {
        ink = pixClone(clip);
    } else if (clip) {
        struct Pix *grey = grey_of(clip, cut);
        ink = ink_of_grey(grey, zone->y - (part->y > 0 ? part->y : 0), zone->height, cut);
        pixDestroy(&grey);
    }
    pixDestroy(&clip);
    return ink;
}

/* Takes runs of at least that size out. */
static void drop_rules(struct Pix *ink, int width, int height)
{
    struct Pix *rules = pixOpenBrick(NULL, ink, width, height);
    if (rules)
        pixSubtract(ink, ink, rules);
    pixDestroy(&rules);
}

/* Boxes of characters from left to right: components whose columns overlap are one. */
static int find_digits(struct Pix *ink, int least_height, struct box ret_digits[CELLS_MAX])
{
    struct Boxa *parts = pixConnCompBB(ink, 8);
    struct Boxa *sorted = parts ? boxaSort(parts, L_SORT_BY_X, L_SORT_INCREASING, NULL) : NULL;
    int count = 0, found = sorted ? boxaGetCount(sorted) : 0;
    for (int i = 0; i < found && count <= CELLS_MAX; i++) {
        int x, y, width, height;
        boxaGetBoxGeometry(sorted, i, &x, &y, &width, &height);
        if (height < least_height)
            continue;
        struct box *last = count > 0 ? &ret_digits[count - 1] : NULL;
        if (last && x + width / 2 < last->x + last->width) {
            int right = x + width > last->x + last->width ? x + width : last->x + last->width;
            int bottom = y + height > last->y + last->height ? y + height : last->y + last->height;
            last->y = y < last->y ? y : last->y;
            last->width = right - last->x;
            last->height = bottom - last->y;
        } else if (count < CELLS_MAX) {
            ret_digits[count++] = (struct box){x, y, width, height};
        } else {
            count++;
        }
    }
    boxaDestroy(&parts);
    boxaDestroy(&sorted);
    return count;
}

/* Typed: one height, one line, within a share of the height. */
static bool are_typed(const struct box *digits, int count, double spread_max, double *ret_height)
{
    double height = 0, foot = 0, height_spread = 0, foot_spread = 0;
    for (int i = 0; i < count; i++) {
        height += (double)digits[i].height / count;
        foot += (double)(digits[i].y + digits[i].height) / count;
    }
    for (int i = 0; i < count; i++) {
        height_spread += pow(digits[i].height - height, 2) / count;
        foot_spread += pow(digits[i].y + digits[i].height - foot, 2) / count;
    }
    *ret_height = height;
    return sqrt(height_spread) < spread_max * height && sqrt(foot_spread) < spread_max * height;
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int middle_of(const int *values, int count)
{
    int sorted[CELLS_MAX];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return sorted[count / 2];
}

/* The same where lines were laid over the digits: all but those that a stamp may have touched are
 * of one height on one line. Handwriting is far from it, and must be: of a hundred misread numbers
 * the key proves one. */
static bool are_typed_but_few(const struct box *digits, int count)
{
    int heights[CELLS_MAX], feet[CELLS_MAX], even = 0;
    for (int i = 0; i < count; i++) {
        heights[i] = digits[i].height;
        feet[i] = digits[i].y + digits[i].height;
    }
    int height = middle_of(heights, count), foot = middle_of(feet, count);
    for (int i = 0; i < count; i++)
        even += abs(heights[i] - height) <= HEIGHT_SPREAD_MAX * height &&
                abs(feet[i] - foot) <= HEIGHT_SPREAD_MAX * height;
    return even >= count - TOUCHED_MAX;
}

/* What of a line hangs on a digit above or below its row is cut off: there the others have none.
 * Returns on how many. */
static int trim_to_row(struct box *digits, int count)
{
    int tops[CELLS_MAX], feet[CELLS_MAX], trimmed = 0;
    for (int i = 0; i < count; i++) {
        tops[i] = digits[i].y;
        feet[i] = digits[i].y + digits[i].height;
    }
    int top = middle_of(tops, count), foot = middle_of(feet, count);
    int spare = (int)(HEIGHT_SPREAD_MAX * (foot - top));
    for (int i = 0; i < count; i++) {
        if (feet[i] - tops[i] <= foot - top + 2 * spare)
            continue;
        digits[i].y = tops[i] > top - spare ? tops[i] : top - spare;
        int end = feet[i] < foot + spare ? feet[i] : foot + spare;
        digits[i].height = end > digits[i].y ? end - digits[i].y : 1;
        trimmed++;
    }
    return trimmed;
}

/* Digits found, and their mean height. */
struct row {
    const struct box *digits;
    int count;
    double height;
};

/* The digits side by side on white, grey, as high as they are. */
static struct Pix *set_close(struct Pix *ink, const struct row *row)
{
    const struct box *digits = row->digits;
    int count = row->count;
    double height = row->height;
    int space = (int)(height * 0.25) + 1, margin = (int)height, width = 2 * margin;
    for (int i = 0; i < count; i++)
        width += digits[i].width + space;
    struct Pix *line = pixCreate(width, (int)(3 * height), 1);
    double foot = 0;
    for (int i = 0; i < count; i++)
        foot += (double)(digits[i].y + digits[i].height) / count;
    int top = (int)(2 * height - foot);
    for (int i = 0, x = margin; line && i < count; i++) {
        pixRasterop(line, x, digits[i].y + top, digits[i].width, digits[i].height, PIX_SRC, ink,
                    digits[i].x, digits[i].y);
        x += digits[i].width + space;
    }
    struct Pix *grey = line ? pixConvertTo8(line, 0) : NULL;
    pixDestroy(&line);
    return grey;
}

/* Takes lines off that were laid over the digits; returns how many pixels went. */
static int drop_overprint(struct Pix *ink, const struct comb *comb, struct err *err)
{
    double pitch = (double)comb->zone.width / (comb->cells > 0 ? comb->cells : 1);
    struct overprint_params params = {.level_least = (int)(LEVEL_PITCHES * pitch),
                                      .upright_least = (int)(UPRIGHT_SHARE * comb->zone.height),
                                      .thickest = (int)(THICKEST_SHARE * comb->zone.height),
                                      .steepest = STEEPEST};
    return overprint_drop(ink, &params, err);
}

/* Rows of the comb alone; takes `ink` over. */
static struct Pix *rows_of_comb(struct Pix *ink, const struct comb *comb, const struct Box *part)
{
    int top = comb->zone.y - (part->y > 0 ? part->y : 0);
    struct Box *zone = boxCreate(0, top, pixGetWidth(ink), comb->zone.height);
    struct Pix *inner = zone ? pixClipRectangle(ink, zone, NULL) : NULL;
    boxDestroy(&zone);
    pixDestroy(&ink);
    return inner;
}

/* Reads the digits as one line; sets `ret_field` when the key proves them. */
static int read_digits(struct Pix *line, struct ocr *ocr, struct field *ret_field, struct err *err)
{
    struct ocr_text text = {0};
    struct ocr_request request = {
        .page = line, .dpi = LINE_DPI, .layout = OCR_LINE, .deadline_ms = LINE_MS};
    int rc =
        line ? ocr_read(ocr, &request, &text, err) : err_set(err, ERR_MEMORY, "comb: no memory");
    if (rc >= 0)
        field_find_nir(&text, ret_field);
    ocr_text_free(&text);
    return rc == ERR_TIMEOUT ? 0 : rc;
}

/* One way to read a comb. `clean`: lines are taken off its ink, and digits may lose some of their
 * height; `cut`: what is ink, as a share of the way from the darkest to the paper. */
struct attempt {
    const struct comb *comb;
    struct ocr *ocr;
    bool clean;
    double cut;
};

/* Reads the row at several sizes. Sets `ret_field` when AGREE (AGREE_DARKER) of them prove the same
 * number and none another: the key alone would let one misread number in 97 pass. */
static int read_row(struct Pix *ink, const struct row *row, const struct attempt *attempt,
                    struct field *ret_field, struct err *err)
{
    struct Pix *line = set_close(ink, row);
    struct field proven = {.state = FIELD_ABSENT};
    int rc = line ? 0 : err_set(err, ERR_MEMORY, "comb: no memory"), readings = 0;
    for (size_t i = 0; rc >= 0 && i < sizeof line_heights / sizeof *line_heights; i++) {
        struct field found = {.state = FIELD_ABSENT};
        float scale = (float)(line_heights[i] / row->height);
        struct Pix *scaled = pixScale(line, scale, scale);
        rc = read_digits(scaled, attempt->ocr, &found, err);
        pixDestroy(&scaled);
        if (found.state == FIELD_ABSENT)
            continue;
        if (readings > 0 && strcmp(found.value, proven.value) != 0)
            break;
        proven = found;
        if (++readings < (attempt->cut < CUT_HALF ? AGREE_DARKER : AGREE))
            continue;
        *ret_field = proven;
        break;
    }
    pixDestroy(&line);
    return rc;
}

/* The ink of the comb: rulings taken out, with `clean` also what was laid over it. NULL where the
 * zone lies outside the page, or nothing was laid over it. */
static int comb_ink(const struct Pix *page, const struct attempt *attempt, struct Pix **ret_ink,
                    struct err *err)
{
    const struct comb *comb = attempt->comb;
    struct Box *part = grown_zone(&comb->zone);
    struct Pix *ink = take_ink(page, &comb->zone, part, attempt->cut);
    int dropped = ink && attempt->clean ? drop_overprint(ink, comb, err) : 1;
    if (dropped <= 0)
        pixDestroy(&ink);
    if (ink)
        ink = rows_of_comb(ink, comb, part);
    boxDestroy(&part);
    if (ink) {
        drop_rules(ink, 1, (int)(comb->zone.height * RULE_SHARE));
        drop_rules(ink, comb->zone.width / (comb->cells > 0 ? comb->cells : 1), 1);
    }
    *ret_ink = ink;
    return dropped < 0 ? dropped : 0;
}

/* What the ink of a comb holds (enum comb_look). */
static int read_ink(struct Pix *ink, const struct attempt *attempt, struct field *ret_field,
                    struct err *err)
{
    const struct comb *comb = attempt->comb;
    struct box digits[CELLS_MAX] = {0};
    double height = 0, spread = attempt->clean ? HEIGHT_SPREAD_COARSE : HEIGHT_SPREAD_MAX;
    int count = find_digits(ink, (int)(comb->zone.height * DIGIT_MIN_SHARE), digits), rc = 0;
    if (count == comb->cells && count <= CELLS_MAX && are_typed(digits, count, spread, &height) &&
        (!attempt->clean || are_typed_but_few(digits, count))) {
        rc = read_row(ink, &(struct row){digits, count, height}, attempt, ret_field, err);
        if (rc >= 0 && ret_field->state == FIELD_ABSENT && attempt->clean &&
            trim_to_row(digits, count) > 0)
            rc = read_row(ink, &(struct row){digits, count, height}, attempt, ret_field, err);
    }
    if (rc < 0)
        return rc;
    if (ret_field->state != FIELD_ABSENT)
        return COMB_PROVEN;
    if (2 * count < comb->cells || count > CELLS_MAX)
        return COMB_EMPTY;
    bool typed = abs(count - comb->cells) <= CELLS_OFF &&
                 (are_typed(digits, count, HEIGHT_SPREAD_COARSE, &height) ||
                  are_typed_but_few(digits, count));
    return typed ? COMB_TYPED : COMB_WRITTEN;
}

/* As it is, or cleaned; where there is nothing to clean the look stays what it was. */
static int attempt_at(const struct Pix *page, const struct attempt *attempt, int look,
                      struct field *ret_field, struct err *err)
{
    struct Pix *ink = NULL;
    int rc = comb_ink(page, attempt, &ink, err);
    if (rc == 0 && ink)
        look = read_ink(ink, attempt, ret_field, err);
    pixDestroy(&ink);
    return rc < 0 ? rc : look;
}

/* What is ink is asked more and more strictly: a stamp over the digits drops out before they do. */
static int read_at_darker_cuts(const struct Pix *page, struct attempt *attempt, int look,
                               struct field *ret_field, struct err *err)
{
    for (size_t i = 0; i < sizeof darker_cuts / sizeof *darker_cuts; i++) {
        attempt->cut = darker_cuts[i];
        int rc = attempt_at(page, attempt, look, ret_field, err);
        if (rc < 0 || rc == COMB_PROVEN)
            return rc;
    }
    return look;
}

int field_read_nir_comb(const struct Pix *page, const struct comb *comb, struct ocr *ocr,
                        struct field *ret_field, struct err *err)
{
    struct attempt attempt = {comb, ocr, false, CUT_HALF};
    *ret_field = (struct field){.state = FIELD_ABSENT};
    int look = attempt_at(page, &attempt, COMB_EMPTY, ret_field, err);
    bool typed = look == COMB_TYPED;
    attempt.clean = true;
    if (typed || look == COMB_WRITTEN)
        look = attempt_at(page, &attempt, look, ret_field, err);
    attempt.clean = false;
    if ((look == COMB_TYPED || (typed && look == COMB_WRITTEN)) &&
        pixGetDepth((struct Pix *)(uintptr_t)page) > 1)
        look = read_at_darker_cuts(page, &attempt, look, ret_field, err);
    ret_field->box = comb->zone;
    return look;
}
