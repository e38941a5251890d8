/*
 * Reading a page from its best end: see page_text.h. What is read upside down reads worse, across
 * its lines letter by letter.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/page_text.h"

#include <allheaders.h>
#include <math.h>
#include <string.h>

#include "base/scope.h"

enum {
    TURN_WORDS_LEAST = 8,  /* of a reading that says which way up the page is */
    OCR_DPI_LEAST = 140,   /* a page below is enlarged */
    OCR_DPI_WANTED = 200,  /* to this */
    OCR_DPI_MOST = 330,    /* a page above is reduced to 300 */
    HAND_WORDS_MOST = 150, /* of a handwritten page that is read whole */
    SIDEWAYS_LETTERS = 4,  /* shorter words may well be higher than wide */
    WORD_LETTERS = 3,      /* shorter ones are what letters read one by one make */
    SCATTERED_LEAST = 50,  /* letters: of fewer nothing can be said */
    OCR_MS_MOST = 60000    /* for one zone where the page has no deadline */
};

static const double hand_part_from = 0.3, hand_part = 0.4; /* the middle: the same both ways up */
static const double straight_enough = 0.4;                 /* degrees; the engine bears it */
static const double poor_confidence = 0.65; /* of a whole typed page: perhaps it is upside down */
static const double read_upright = 0.98;    /* sure which way up: upside down nothing reads well */
static const float sideways_confidence = 0.6f;
static const double scattered_share = 0.5; /* of letters in words: 0.1 to 0.4 across the lines */
static const double turn_lead = 0.12;      /* by which the other end must read better */

static void readable_free(struct readable *readable)
{
    pixDestroy(&readable->pix);
    cut_free(&readable->cut);
}

static int make_readable(struct reading *reading, struct rect_mm zone, bool flipped,
                         struct readable *ret, struct err *err)
{
    int rc = reading_grey(reading, err);
    if (rc < 0)
        return rc;
    struct cut_params params = {.page = reading->grey,
                                .layout = &reading->layout,
                                .flipped = flipped,
                                .zone = zone,
                                .least_skew = straight_enough};
    rc = cut_out(&params, &ret->cut, err);
    if (rc < 0)
        return rc;
    double dpi = ret->cut.pixels_per_mm * 25.4;
    ret->enlarged = dpi < OCR_DPI_LEAST ? OCR_DPI_WANTED / dpi : dpi > OCR_DPI_MOST ? 300 / dpi : 1;
    ret->dpi = (int)lround(dpi * ret->enlarged);
    if (ret->enlarged == 1) {
        ret->pix = pixClone(ret->cut.pix);
    } else {
        PIX *deep = pixConvertTo8(ret->cut.pix, 0);
        ret->pix = deep ? pixScale(deep, (l_float32)ret->enlarged, (l_float32)ret->enlarged) : NULL;
        pixDestroy(&deep);
    }
    return ret->pix ? 0 : err_set(err, ERR_MEMORY, "page: no memory to read it");
}

/* Reads a zone (width 0: all). The gentle deadline of the page is passed on. */
static int read_zone(struct reading *reading, struct readable *readable, bool rough,
                     struct ocr_text *ret_text, struct err *err)
{
    int left = reading_time_left(reading);
    if (left < 0)
        return ERR_TIMEOUT;
    struct ocr_request request = {.page = readable->pix,
                                  .dpi = readable->dpi,
                                  .rough = rough,
                                  .deadline_ms = left > 0 ? left : OCR_MS_MOST};
    return ocr_read(reading->classifier->ocr, &request, ret_text, err);
}

void page_text_free(struct page_text *page)
{
    readable_free(&page->readable);
    ocr_text_free(&page->text);
}

/* Typed pages are read whole, of much handwriting only a part that shows what it is. */
static struct rect_mm part_to_read(const struct reading *reading)
{
    const struct layout *layout = &reading->layout;
    if (reading->look.typed || reading->look.words <= HAND_WORDS_MOST)
        return (struct rect_mm){0};
    return (struct rect_mm){0, hand_part_from * layout->height, layout->width,
                            hand_part * layout->height};
}

/* What of a page is read (width 0: all), from which end, and whether a glance is enough. */
struct part {
    struct rect_mm zone;
    bool flipped, rough;
};

static int read_page(struct reading *reading, const struct part *part, struct page_text *ret,
                     struct err *err)
{
    int rc = make_readable(reading, part->zone, part->flipped, &ret->readable, err);
    return rc < 0 ? rc : read_zone(reading, &ret->readable, part->rough, &ret->text, err);
}

/* Letters one by one: what a typed page gives that is read across its lines. Upside down, too,
 * words hold nine of ten letters in print, and half of them in tables. */
static bool is_scattered(const struct ocr_text *text)
{
    size_t letters = 0, in_words = 0;
    for (size_t i = 0; i < text->count; i++) {
        size_t length = strlen(text->words[i].text);
        letters += length;
        in_words += length >= WORD_LETTERS ? length : 0;
    }
    return letters >= SCATTERED_LEAST && (double)in_words < scattered_share * (double)letters;
}

/* A glance from both ends: 1 and the end that reads best, where that is better than `ret`; 0 where
 * none is, or the deadline comes first. */
static int glance_at_ends(struct reading *reading, const struct page_text *ret, bool *ret_flipped,
                          struct err *err)
{
    double best = ret->text.confidence + turn_lead;
    int better = 0;
    for (int end = 0; end < 2; end++) {
        SCOPED(page_text_free) struct page_text page = {0};
        const struct part part = {.flipped = end == 1, .rough = true};
        int rc = read_page(reading, &part, &page, err);
        if (rc < 0)
            return rc == ERR_TIMEOUT ? 0 : rc;
        if (is_scattered(&page.text) || page.text.confidence < best)
            continue;
        best = page.text.confidence;
        *ret_flipped = part.flipped;
        better = 1;
    }
    return better;
}

/* With the layout turned by a quarter: the better end if it reads better than what was read so far,
 * which overrules what a mark said of the turn; otherwise layout and text are as before. */
static int read_turned(struct reading *reading, struct page_text *ret, struct err *err)
{
    bool flipped = false;
    int rc = reading_turn_layout(reading, err);
    if (rc == 0)
        rc = glance_at_ends(reading, ret, &flipped, err);
    if (rc <= 0)
        return rc < 0 ? rc : reading_turn_layout(reading, err);
    const struct part part = {.flipped = flipped};
    reading->rotation = -1;
    reading->flipped = flipped;
    reading->turn_sureness = read_upright;
    verdict_reason(reading->verdict, "read turned by a quarter, which reads better");
    page_text_free(ret);
    *ret = (struct page_text){0};
    rc = read_page(reading, &part, ret, err);
    return rc < 0 ? rc : reading_look_anew(reading, err);
}

static void take_text(struct page_text *from, struct page_text *to)
{
    page_text_free(to);
    *to = *from;
    *from = (struct page_text){0};
}

/* The text of the end that a glance, `other`, found better; the glance itself where the deadline
 * comes before more. */
static int read_other_end(struct reading *reading, struct part part, struct page_text *other,
                          struct page_text *ret, struct err *err)
{
    SCOPED(page_text_free) struct page_text whole = {0};
    take_text(other, ret);
    if (part.rough)
        return 0;
    part.flipped = reading->flipped;
    int rc = read_page(reading, &part, &whole, err);
    if (rc == 0)
        take_text(&whole, ret);
    return rc == ERR_TIMEOUT ? 0 : rc;
}

int page_text_read_zone(struct reading *reading, struct rect_mm zone, struct page_text *ret,
                        struct err *err)
{
    const struct part part = {zone, reading->flipped, !reading->look.typed};
    const struct part other_end = {zone, !reading->flipped, true};
    int rc = read_page(reading, &part, ret, err);
    if (rc < 0 || !reading->turn_is_text)
        return rc;
    if (ret->text.confidence >= poor_confidence) {
        if (ret->text.count >= TURN_WORDS_LEAST)
            reading->turn_sureness = fmax(reading->turn_sureness, read_upright);
        return 0;
    }
    SCOPED(page_text_free) struct page_text other = {0};
    rc = read_page(reading, &other_end, &other, err);
    if (rc < 0)
        return rc == ERR_TIMEOUT ? 0 : rc;
    double lead = other.text.confidence - ret->text.confidence;
    if (fabs(lead) < turn_lead)
        return 0;
    reading->turn_sureness = fmin(read_upright, 0.5 + 2 * fabs(lead));
    if (lead < 0)
        return 0;
    reading->flipped = !reading->flipped;
    verdict_reason(reading->verdict, "read the other way up, which reads better");
    return read_other_end(reading, part, &other, ret, err);
}

int page_text_read(struct reading *reading, struct page_text *ret, struct err *err)
{
    int rc = page_text_read_zone(reading, part_to_read(reading), ret, err);
    if (rc < 0 || !reading->turn_is_text || !reading->look.typed || !is_scattered(&ret->text))
        return rc;
    return read_turned(reading, ret, err);
}

bool page_text_notice_sideways(struct reading *reading, const struct ocr_text *text)
{
    int level = 0, sideways = 0, rightward = 0, leftward = 0;
    const struct ocr_word *before = NULL;
    for (size_t i = 0; i < text->count; i++) {
        const struct ocr_word *word = &text->words[i];
        if (strlen(word->text) < SIDEWAYS_LETTERS || word->confidence < sideways_confidence)
            continue;
        level += word->box.width > word->box.height;
        sideways += word->box.height > word->box.width;
        if (before && before->line != word->line) {
            rightward += word->box.x > before->box.x;
            leftward += word->box.x < before->box.x;
        }
        before = word;
    }
    if (sideways < TURN_WORDS_LEAST || sideways < 3 * level || rightward == leftward)
        return false;
    int turned = reading->layout.rotation + (reading->flipped ? 180 : 0);
    reading->rotation = (turned + (rightward > leftward ? 90 : 270)) % 360;
    reading->turn_sureness = read_upright;
    verdict_reason(reading->verdict, "its lines were read sideways");
    return true;
}

struct box page_text_box(const struct page_text *page, struct box at)
{
    const double shrink = 1 / page->readable.enlarged;
    at = (struct box){(int32_t)(at.x * shrink), (int32_t)(at.y * shrink),
                      (int32_t)(at.width * shrink + 1), (int32_t)(at.height * shrink + 1)};
    return cut_box_on_page(&page->readable.cut, at);
}

int page_text_read_as_it_lies(struct reading *reading, struct page_text *ret, struct err *err)
{
    const struct part whole = {.flipped = reading->flipped};
    return read_page(reading, &whole, ret, err);
}

bool page_text_reads_well(const struct ocr_text *text)
{
    return text->count >= TURN_WORDS_LEAST && text->confidence >= poor_confidence;
}
