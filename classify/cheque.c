/*
 * Evidence that a page is a cheque, and the line read and proven: see cheque.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/cheque.h"

#include <ctype.h>
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "ocr/ocr.h"

/* A French cheque is 175 x 80 mm; cutting and feeding take or add up to 7 mm. */
#define WIDTH_MM 175.0
#define HEIGHT_MM 80.0
#define SIZE_TOLERANCE_MM 7.0
/* Cheques of other countries: 150 to 205 mm wide, twice to two and a half times as wide as high. */
#define ASPECT_MIN 1.95
#define ASPECT_MAX 2.55
/* A4 and letter paper, some border round them. */
#define PAGE_ASPECT_MIN 1.25
#define PAGE_ASPECT_MAX 1.5
/* The line lies in the lowest 16 mm of a cheque (NF K 11-111), the cheque at the lower edge of its
 * page; beyond this, with all the border of a photograph, something else is taken for a line. */
#define FAR_MM 60.0
#define DPI_TOLERANCE 0.3 /* of the line's pitch over the file's word for the page */
#define DPI_MIN 70
#define KEY_SURE 0.8 /* OCR's confidence from which another key than computed speaks against */

#define WORD_SURE 0.8F /* digits of E-13B, read as French, are below 0.5 */

enum {
    DPI_FONT = 110, /* from here on CMC-7 is known by its shapes: likeness 0.62 at 100 dpi */
    KEY_DPI = 300,  /* what the zone of the key is enlarged to before it is read */
    KEY_DPI_AGAIN = 450,
    KEY_MS = 2000, /* reading it takes some 40 ms */
    WORD_LETTERS_MIN = 6
};

static bool is_near(double value, double want)
{
    return fabs(value - want) <= SIZE_TOLERANCE_MM;
}

/* The longer side of a page over the shorter. */
static double aspect_of(const struct Pix *page)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    double longer = fmax(pixGetWidth(pix), pixGetHeight(pix));
    return longer / fmin(pixGetWidth(pix), pixGetHeight(pix));
}

static bool has_cheque_aspect(const struct Pix *page)
{
    double aspect = aspect_of(page);
    return aspect > ASPECT_MIN && aspect < ASPECT_MAX;
}

static bool has_page_aspect(const struct Pix *page)
{
    double aspect = aspect_of(page);
    return aspect > PAGE_ASPECT_MIN && aspect < PAGE_ASPECT_MAX;
}

static bool size_fits(const struct Pix *page, double dpi)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    double longer = fmax(pixGetWidth(pix), pixGetHeight(pix));
    double shorter = fmin(pixGetWidth(pix), pixGetHeight(pix));
    if (dpi < DPI_MIN)
        return has_cheque_aspect(page);
    return is_near(longer / dpi * 25.4, WIDTH_MM) && is_near(shorter / dpi * 25.4, HEIGHT_MM);
}

/* Distance from the band's middle to the page's lower edge once upright, mm. */
static double above_edge(const struct Pix *page, const struct micr_band *band)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    double x = band->x + band->ux * band->length / 2, y = band->y + band->uy * band->length / 2;
    double pixels = band->rotation == 0     ? pixGetHeight(pix) - y
                    : band->rotation == 180 ? y
                    : band->rotation == 90  ? pixGetWidth(pix) - x
                                            : x;
    return pixels / band->dpi * 25.4;
}

static void weigh_band(const struct Pix *page, struct cheque_evidence *evidence)
{
    const struct micr_band *band = &evidence->band;
    double edge = above_edge(page, band);
    bool low = edge < 12; /* 6.4 mm on a cheque, some more with a border round it */
    evidence->far = edge > FAR_MM;
    evidence->rotation = band->rotation;
    evidence->skew = band->skew;
    evidence->score = evidence->far ? 0.50 : 0.90 + 0.05 * low + 0.04 * evidence->size_fits;
    snprintf(evidence->reason, sizeof evidence->reason,
             "magnetic line (CMC-7, likeness %.2f, %.0f dpi) %.0f mm above the lower edge%s",
             band->score, band->dpi, edge, evidence->size_fits ? ", paper 175 x 80 mm" : "");
}

/* A line of another font than CMC-7 at the edge of a page of a cheque's proportions, or at the
 * lower edge of A4 (lettre-chèque). */
static int look_for_foreign(const struct Pix *page, const struct glance *glance,
                            struct cheque_evidence *evidence, struct err *err)
{
    bool on_page = has_page_aspect(page);
    if (!has_cheque_aspect(page) && !on_page)
        return 0;
    int found = micr_find_foreign(glance, on_page, &evidence->band, err);
    if (found <= 0)
        return found;
    evidence->foreign = true;
    evidence->rotation = evidence->band.rotation;
    evidence->skew = evidence->band.skew;
    evidence->score = 0.75;
    if (evidence->band.dpi >= DPI_FONT)
        snprintf(evidence->reason, sizeof evidence->reason,
                 "line of characters a pitch apart at a cheque's lower edge, no CMC-7: E-13B, a "
                 "foreign cheque");
    else
        snprintf(
            evidence->reason, sizeof evidence->reason,
            "magnetic line at %.0f dpi, its font is told from %d dpi: perhaps a foreign cheque",
            evidence->band.dpi, DPI_FONT);
    return 1;
}

static void weigh_paper(const struct Pix *page, double dpi, struct cheque_evidence *evidence)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    if (!evidence->size_fits) {
        snprintf(evidence->reason, sizeof evidence->reason,
                 "no magnetic line, not a cheque's size");
        return;
    }
    evidence->rotation = pixGetWidth(pix) >= pixGetHeight(pix) ? 0 : 90;
    evidence->score = dpi < DPI_MIN ? 0.35 : 0.55;
    snprintf(evidence->reason, sizeof evidence->reason,
             "paper of a cheque's size without magnetic line: perhaps its back");
}

int cheque_look(const struct Pix *page, const struct glance *glance, double dpi,
                struct cheque_evidence *ret_evidence, struct err *err)
{
    *ret_evidence = (struct cheque_evidence){0};
    int found = micr_find(page, glance, &ret_evidence->band, err);
    if (found < 0)
        return found;
    ret_evidence->size_fits = size_fits(page, found ? ret_evidence->band.dpi : dpi);
    if (found) {
        weigh_band(page, ret_evidence);
        bool sized = dpi == 0 || fabs(ret_evidence->band.dpi / dpi - 1) <= DPI_TOLERANCE;
        if (!ret_evidence->far || sized)
            return 0;
        *ret_evidence = (struct cheque_evidence){0}; /* nor of a magnetic line's size */
    }
    found = look_for_foreign(page, glance, ret_evidence, err);
    if (found == 0)
        weigh_paper(page, dpi, ret_evidence);
    return found < 0 ? found : 0;
}

/* The two digits in parentheses among the words; "" when there are none or several. */
static double find_key(const struct ocr_text *text, char ret_key[3])
{
    double confidence = 0;
    int found = 0;
    ret_key[0] = '\0';
    for (size_t i = 0; i < text->count; i++) {
        const char *word = text->words[i].text;
        for (const char *at = word; *at; at++) {
            bool two = isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1]) &&
                       !isdigit((unsigned char)at[2]) &&
                       (at == word || !isdigit((unsigned char)at[-1]));
            bool enclosed = two && at > word && strchr("([{", at[-1]) && strchr(")]}", at[2]);
            if (!enclosed || at[2] == '\0')
                continue;
            snprintf(ret_key, 3, "%.2s", at);
            confidence = text->words[i].confidence;
            found++;
        }
    }
    if (found != 1)
        ret_key[0] = '\0';
    return confidence;
}

/* The zone of the key, upright and enlarged; NULL when it lies outside the page. */
static struct Pix *cut_key_zone(const struct Pix *page, const struct micr_band *band,
                                const struct box *zone)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    struct Box *box = boxCreate(zone->x, zone->y, zone->width, zone->height);
    struct Pix *cut = box ? pixClipRectangle(pix, box, NULL) : NULL;
    struct Pix *grey = cut ? pixConvertTo8(cut, 0) : NULL;
    struct Pix *upright = grey ? pixRotateOrth(grey, band->rotation / 90) : NULL;
    float scale = (float)(KEY_DPI / band->dpi);
    struct Pix *large = upright ? pixScale(upright, scale, scale) : NULL;
    boxDestroy(&box);
    pixDestroy(&cut);
    pixDestroy(&grey);
    pixDestroy(&upright);
    return large;
}

struct key_reading {
    char key[3]; /* "" when none is seen */
    double sure; /* 0..1 */
};

/* One reading of the zone at a resolution. */
static int read_key_once(const struct Pix *zone, int dpi, struct ocr *ocr,
                         struct key_reading *ret_reading, struct err *err)
{
    float scale = (float)dpi / KEY_DPI;
    struct Pix *scaled = pixScale((struct Pix *)(uintptr_t)zone, scale, scale);
    *ret_reading = (struct key_reading){0};
    if (!scaled)
        return err_set(err, ERR_MEMORY, "cheque: no memory for the zone of the key");
    struct ocr_text text = {0};
    struct ocr_request request = {
        .page = scaled, .dpi = dpi, .layout = OCR_BLOCK, .deadline_ms = KEY_MS};
    int rc = ocr_read(ocr, &request, &text, err);
    if (rc >= 0)
        ret_reading->sure = find_key(&text, ret_reading->key);
    ocr_text_free(&text);
    pixDestroy(&scaled);
    return rc == ERR_TIMEOUT ? 0 : rc;
}

/* Reads the printed key in its zone. When the line does not agree it is read again, larger:
 * small digits are sometimes misread. Two surely read keys that agree speak against the line;
 * anything else is no key. */
static int read_key(const struct Pix *zone, const struct micr_line *line, struct ocr *ocr,
                    char ret_key[3], struct err *err)
{
    struct key_reading first, again;
    int rc = read_key_once(zone, KEY_DPI, ocr, &first, err);
    memcpy(ret_key, first.key, sizeof first.key);
    if (rc < 0 || micr_key_agrees(line, first.key))
        return rc;
    rc = read_key_once(zone, KEY_DPI_AGAIN, ocr, &again, err);
    memcpy(ret_key, again.key, sizeof again.key);
    bool against = strcmp(first.key, again.key) == 0 && fmin(first.sure, again.sure) >= KEY_SURE;
    if (!micr_key_agrees(line, again.key) && !against)
        ret_key[0] = '\0';
    return rc;
}

/* Letters in words that read well. */
static int count_letters(const struct ocr_text *text)
{
    int letters = 0;
    for (size_t i = 0; i < text->count; i++)
        for (const char *at = text->words[i].text; *at; at++)
            letters += text->words[i].confidence >= WORD_SURE && isalpha((unsigned char)*at);
    return letters;
}

int cheque_line_is_words(const struct Pix *page, const struct cheque_evidence *evidence,
                         struct ocr *ocr, struct err *err)
{
    int letters = 0, rc = 0;
    for (int turn = 0; rc == 0 && letters < WORD_LETTERS_MIN && turn < 360; turn += 180) {
        struct micr_band band = evidence->band;
        struct ocr_text text = {0};
        band.rotation = (band.rotation + turn) % 360;
        struct Pix *line = cut_key_zone(page, &band, &band.box);
        const struct ocr_request request = {
            .page = line, .dpi = KEY_DPI, .layout = OCR_BLOCK, .deadline_ms = KEY_MS};
        rc = line ? ocr_read(ocr, &request, &text, err) : 0;
        letters = count_letters(&text);
        ocr_text_free(&text);
        pixDestroy(&line);
        rc = rc == ERR_TIMEOUT ? 0 : rc;
    }
    return rc < 0 ? rc : letters >= WORD_LETTERS_MIN;
}

static void set_fields(const struct micr_line *line, const char *key, struct verdict *verdict)
{
    bool proven = line->state == MICR_PROVEN, read = line->state >= MICR_READ;
    verdict_set_field(verdict, FIELD_CMC7,
                      proven ? FIELD_PROVEN
                      : read ? FIELD_READ
                             : FIELD_ABSENT,
                      read ? line->text : "", line->box);
    bool key_read = key[0] && line->state != MICR_REFUSED;
    if (line->country == MICR_FR)
        verdict_set_field(verdict, FIELD_RLMC_KEY,
                          proven     ? FIELD_PROVEN
                          : key_read ? FIELD_READ
                                     : FIELD_ABSENT,
                          proven || key_read ? key : "", line->key_box);
    verdict_reason(verdict, "%s", line->reason);
}

int cheque_read(const struct Pix *page, const struct cheque_evidence *evidence, struct ocr *ocr,
                struct verdict *verdict, struct err *err)
{
    struct micr_line line;
    char key[3] = "";
    if (evidence->foreign) { /* located for a person */
        verdict_set_field(verdict, FIELD_CMC7, FIELD_ABSENT, "", evidence->band.box);
        return 0;
    }
    int rc = micr_read(page, &evidence->band, &line, err);
    if (rc < 0)
        return rc;
    struct Pix *zone = NULL;
    if (ocr && micr_wants_key(&line))
        zone = cut_key_zone(page, &evidence->band, &line.key_box);
    if (zone)
        rc = read_key(zone, &line, ocr, key, err);
    pixDestroy(&zone);
    if (rc < 0)
        return rc;
    micr_prove(&line, key);
    set_fields(&line, key, verdict);
    return 0;
}
