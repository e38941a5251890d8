/*
 * Typed digits in the boxes of a form: rulings and coloured print are taken out, what is left must
 * be as many characters as there are boxes, all of one height on one line (handwriting never is);
 * set close together they are read as one line, and the key decides.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>

#include "classify/fields.h"

enum {
    CELLS_MAX = 20,
    LINE_HEIGHT = 40, /* pixels of a digit when it is read: what the engine likes best */
    LINE_DPI = 300,
    LINE_MS = 2000, /* reading it takes some 40 ms */
    GREYS = 256,
    CELLS_OFF = 2 /* digits that run together or fall apart in a coarse comb */
};

/* Typed ink is a few hundredths of a comb; what most of it shows is tint or paper. Half way between
 * the two ink ends, however pale it is; coloured print is light in red light. */
#define INK_SHARE 0.02
#define HEIGHT_SPREAD_COARSE 0.2 /* one of fifteen torn or run into its box */
#define CONTRAST_MIN 40          /* grey levels: less is an empty comb */

#define DIGIT_MIN_SHARE 0.3 /* of the zone's height */
#define RULE_SHARE 0.85     /* a vertical run so long is a box's ruling */
#define HEIGHT_SPREAD_MAX                                                                          \
    0.1 /* of the mean height: typed digits 0.03, handwriting 0.15 and more                        \
         */

/* The grey that a share of the zone's pixels lies below. */
static int grey_at(struct Pix *grey, double share)
{
    int counts[GREYS] = {0}, width = pixGetWidth(grey), height = pixGetHeight(grey);
    for (int y = 0; y < height; y++) {
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

/* NULL-safe; black where ink is, nothing black in an empty comb. */
static struct Pix *ink_of_grey(struct Pix *grey)
{
    if (!grey)
        return NULL;
    int ink = grey_at(grey, INK_SHARE), ground = grey_at(grey, 0.5);
    return pixThresholdToBinary(grey, ground - ink < CONTRAST_MIN ? 0 : (ink + ground) / 2);
}

/* Ink of the zone in red light, depth 1. */
static struct Pix *take_ink(const struct Pix *page, const struct box *zone)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    struct Box *box = boxCreate(zone->x, zone->y, zone->width, zone->height);
    struct Pix *cut = box ? pixClipRectangle(pix, box, NULL) : NULL;
    struct Pix *ink = NULL;
    boxDestroy(&box);
    if (cut && pixGetDepth(cut) == 1) {
        ink = pixClone(cut);
    } else if (cut) {
        struct Pix *grey =
            pixGetDepth(cut) == 32 ? pixGetRGBComponent(cut, COLOR_RED) : pixClone(cut);
        ink = ink_of_grey(grey);
        pixDestroy(&grey);
    }
    pixDestroy(&cut);
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

/* The digits side by side on white, grey, LINE_HEIGHT high. */
static struct Pix *set_close(struct Pix *ink, const struct box *digits, int count, double height)
{
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
    float scale = (float)(LINE_HEIGHT / height);
    struct Pix *scaled = grey ? pixScale(grey, scale, scale) : NULL;
    pixDestroy(&line);
    pixDestroy(&grey);
    return scaled;
}

int field_read_nir_comb(const struct Pix *page, const struct comb *comb, struct ocr *ocr,
                        struct field *ret_field, struct err *err)
{
    *ret_field = (struct field){.state = FIELD_ABSENT, .box = comb->zone};
    struct Pix *ink = take_ink(page, &comb->zone);
    if (!ink)
        return COMB_EMPTY; /* the zone lies outside the page */
    struct box digits[CELLS_MAX] = {0};
    double height = 0;
    drop_rules(ink, 1, (int)(comb->zone.height * RULE_SHARE));
    drop_rules(ink, comb->zone.width / (comb->cells > 0 ? comb->cells : 1), 1);
    int count = find_digits(ink, (int)(comb->zone.height * DIGIT_MIN_SHARE), digits);
    int rc = 0;
    if (count == comb->cells && count <= CELLS_MAX &&
        are_typed(digits, count, HEIGHT_SPREAD_MAX, &height)) {
        struct Pix *line = set_close(ink, digits, count, height);
        struct ocr_text text = {0};
        struct ocr_request request = {
            .page = line, .dpi = LINE_DPI, .layout = OCR_LINE, .deadline_ms = LINE_MS};
        rc = line ? ocr_read(ocr, &request, &text, err)
                  : err_set(err, ERR_MEMORY, "comb: no memory");
        if (rc >= 0)
            field_find_nir(&text, ret_field);
        ocr_text_free(&text);
        pixDestroy(&line);
        ret_field->box = comb->zone;
    }
    pixDestroy(&ink);
    if (rc < 0)
        return rc == ERR_TIMEOUT ? COMB_TYPED : rc;
    if (ret_field->state != FIELD_ABSENT)
        return COMB_PROVEN;
    if (2 * count < comb->cells || count > CELLS_MAX)
        return COMB_EMPTY;
    bool typed = abs(count - comb->cells) <= CELLS_OFF &&
                 are_typed(digits, count, HEIGHT_SPREAD_COARSE, &height);
    return typed ? COMB_TYPED : COMB_WRITTEN;
}
