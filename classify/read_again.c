/*
 * Reading a number's line again: see read_again.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/read_again.h"

#include <allheaders.h>
#include <math.h>
#include <string.h>

enum {
    LINE_MS = 2000, /* reading one line takes some 40 ms */
    AGREE = 2       /* readings: one in 97 misread numbers has a key that fits */
};

/* Heights that the line is read at, pixels of its box. The noise of a scan, which makes rubbish of
 * rows of digits, is averaged away where they are small: of 100 drawn letters 10 to 20 pixels
 * proved 96 to 98 each, 32 and more 92, and twice a number that was not there. */
static const double heights[] = {10, 12, 14, 20, 26};
static const double clear_confidence = 0.93; /* lines of letters have 0.93 to 0.96 */
static const double margin_heights = 0.6;    /* round the box, of its height */

static PIX *cut_line(const struct Pix *page, struct box at)
{
    int more = (int)(margin_heights * at.height);
    BOX *box = boxCreate(at.x - more, at.y - more, at.width + 2 * more, at.height + 2 * more);
    PIX *cut = box ? pixClipRectangle((PIX *)page, box, NULL) : NULL;
    PIX *grey = cut ? pixConvertTo8(cut, 0) : NULL;
    boxDestroy(&box);
    pixDestroy(&cut);
    return grey;
}

/* One reading of a line. */
struct again {
    struct field found; /* the number in it; its box is not of the page */
    bool clear;         /* its line reads as well as a page must, to be believed at once */
};

static int read_at(PIX *line, double scale, const struct number_source *source,
                   struct again *ret_again, struct err *err)
{
    PIX *scaled = pixScale(line, (l_float32)scale, (l_float32)scale);
    struct ocr_text text = {0};
    struct ocr_request request = {.page = scaled,
                                  .dpi = (int)lround(source->dpi * scale),
                                  .layout = OCR_LINE,
                                  .deadline_ms = LINE_MS};
    if (!scaled)
        return err_set(err, ERR_MEMORY, "number: no memory for its line");
    int rc = ocr_read(source->ocr, &request, &text, err);
    if (rc >= 0)
        field_find_nir(&text, &ret_again->found);
    ret_again->clear = rc >= 0 && (double)text.confidence >= clear_confidence &&
                       !field_nir_is_doubtful(&text, &ret_again->found);
    ocr_text_free(&text);
    pixDestroy(&scaled);
    return rc == ERR_TIMEOUT ? 0 : rc;
}

/* What the readings proved. */
struct proven {
    struct field field;
    int readings; /* that proved it */
    bool clear;   /* one of them was */
    bool disputed;
};

static void keep(const struct again *again, struct box at, struct proven *proven)
{
    const struct field *found = &again->found;
    if (found->state != FIELD_PROVEN)
        return;
    if (proven->readings > 0 && strcmp(proven->field.value, found->value) != 0) {
        proven->disputed = true;
        return;
    }
    proven->field = *found;
    proven->field.box = at;
    proven->readings++;
    proven->clear |= again->clear;
}

int read_number_again(const struct number_source *source, struct field *ret_field, struct err *err)
{
    struct box lines[NIR_SUSPECTS_MAX];
    struct proven proven = {0};
    int count = field_nir_suspects(source->text, lines), rc = 0;
    for (int i = 0; rc == 0 && i < count; i++) {
        PIX *line = cut_line(source->page, lines[i]);
        if (!line)
            return err_set(err, ERR_MEMORY, "number: no memory for its line");
        for (size_t k = 0; rc == 0 && k < sizeof heights / sizeof *heights; k++) {
            struct again again = {0};
            rc = read_at(line, heights[k] / lines[i].height, source, &again, err);
            keep(&again, lines[i], &proven);
        }
        pixDestroy(&line);
    }
    if (rc == 0 && (proven.clear || proven.readings >= AGREE) && !proven.disputed)
        *ret_field = proven.field;
    return rc;
}
