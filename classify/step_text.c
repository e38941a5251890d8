/*
 * Steps that read: the title of pages that may be forms no model knows, and the whole text of typed
 * pages. Of handwriting a part is read roughly: what that looks like tells letters from other.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "classify/addressee.h"
#include "classify/fields.h"
#include "classify/page_text.h"
#include "classify/read_again.h"
#include "image/decode.h"

enum {
    MARKS_LEAST = 30,  /* letter-like marks, for reading to be worth it */
    UNREAD_MARKS = 100 /* so much handwriting should give some words */
};

/* The shortest comb on official forms: a post code. */
enum { COMB_DIGITS = 5 };
static const double crowded_words = 500; /* letters have 50 to 500 words on a page */

/* ---- title ---- */

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static double median_height(const struct ocr_text *text)
{
    int *heights = malloc((text->count + 1) * sizeof *heights);
    if (!heights || text->count == 0) {
        free(heights);
        return 0;
    }
    for (size_t i = 0; i < text->count; i++)
        heights[i] = text->words[i].box.height;
    qsort(heights, text->count, sizeof *heights, by_value);
    double middle = heights[text->count / 2];
    free(heights);
    return middle;
}

/* Text among which a title is looked for. */
struct heading {
    const struct ocr_text *text;
    double usual;  /* height of its words */
    double lowest; /* pixels from the top: titles stand above */
};

static bool stands_as_title(const struct settings *settings, const struct phrase *phrase,
                            const struct heading *heading)
{
    struct phrase_hit hit;
    for (size_t from = 0; phrase_find(phrase, heading->text, from, &hit); from = hit.first + 1)
        if (hit.line_share >= settings->title.alone &&
            hit.height >= settings->title.larger * heading->usual &&
            heading->text->words[hit.first].box.y < heading->lowest)
            return true;
    return false;
}

/* Notices, samples and the like say so in their own heading. */
static bool is_not_the_form(const struct settings *settings, const struct heading *heading)
{
    for (int i = 0; i < settings->not_the_form_count; i++)
        if (stands_as_title(settings, &settings->not_the_form[i], heading))
            return true;
    return false;
}

static void vote_by_title(struct reading *reading, const struct ocr_text *text, double lowest)
{
    const struct settings *settings = &reading->classifier->settings;
    struct heading heading = {text, median_height(text), lowest};
    for (int i = 0; i < settings->title_count; i++) {
        enum tag tag = settings->titles[i].tag;
        if (!stands_as_title(settings, &settings->titles[i].phrase, &heading))
            continue;
        bool notice = is_not_the_form(settings, &heading);
        ballot_vote(&reading->ballot, notice ? TAG_OTHER : tag, settings->title.nats);
        verdict_reason(reading->verdict, "the title is that of a page tagged %s%s", tag_name(tag),
                       notice ? ", but of its notice" : "");
        return;
    }
}

/* How many of its usual phrases stand here. */
static int count_phrases(const struct body_setting *body, const struct ocr_text *text)
{
    struct phrase_hit hit;
    int found = 0;
    for (int i = 0; i < body->count; i++)
        found += phrase_find(&body->phrases[i], text, 0, &hit);
    return found;
}

/* The kind of page whose usual words stand here most often, when they are enough. */
static void vote_by_body(struct reading *reading, const struct ocr_text *text)
{
    const struct settings *settings = &reading->classifier->settings;
    const struct body_setting *best = NULL;
    int most = 0;
    for (int i = 0; i < settings->body_count; i++) {
        int found = count_phrases(&settings->bodies[i], text);
        if (found < settings->bodies[i].least || found <= most)
            continue;
        most = found;
        best = &settings->bodies[i];
    }
    if (!best)
        return;
    ballot_vote(&reading->ballot, best->tag, fmin(settings->body.most, settings->body.nats * most));
    verdict_reason(reading->verdict, "%d phrases usual on a page tagged %s", most,
                   tag_name(best->tag));
}

/* Worth reading: a form that is not sure, or print with the rulings, bars or posts of one. */
static bool wants_title(const struct reading *reading)
{
    const struct settings *settings = &reading->classifier->settings;
    double score = reading->form.model ? reading->form.placement.score : 0;
    if (score >= settings->form.doubtful)
        return false;
    return score >= settings->form.middle || reading->look_nats < 0 || reading->look.typed;
}

/* ---- whole text ---- */

/* The values that the weights of the text are for. */
static void weigh_text(struct reading *reading, const struct prose *prose)
{
    const double values[TEXT_WEIGHTS] = {1,
                                         prose->small,
                                         prose->lower,
                                         prose->in_paragraphs,
                                         prose->labels,
                                         prose->figures,
                                         prose->courtesies > 0,
                                         reading->look_nats,
                                         fmax(0, prose->words / crowded_words - 1),
                                         prose->confidence};
    memcpy(reading->evidence.text, values, sizeof values);
    reading->evidence.read = true;
}

static void vote_by_prose(struct reading *reading, const struct prose *prose)
{
    const struct settings *settings = &reading->classifier->settings;
    if (prose->words < settings->text_words) {
        if (!reading->look.typed && reading->look.marks >= UNREAD_MARKS) {
            ballot_vote(&reading->ballot, TAG_LETTER, settings->text_unread);
            verdict_reason(reading->verdict, "text: handwriting that cannot be read");
        }
        return;
    }
    weigh_text(reading, prose);
    const double *weights = reading->look.typed ? settings->text_typed : settings->text_hand;
    double nats = 0;
    for (int i = 0; i < TEXT_WEIGHTS; i++)
        nats += weights[i] * reading->evidence.text[i];
    nats = fmax(-settings->text_most, fmin(settings->text_most, nats));
    /* The look is in these nats already: its own vote is taken back. */
    enum tag looked = reading->look_nats > 0 ? TAG_LETTER : TAG_OTHER;
    ballot_vote(&reading->ballot, looked, -fabs(reading->look_nats));
    ballot_between(&reading->ballot, TAG_LETTER, TAG_OTHER, nats);
    verdict_reason(reading->verdict,
                   "text: %d words, %.0f %% small, %.0f %% lower case, %.0f %% in paragraphs",
                   prose->words, 100 * prose->small, 100 * prose->lower,
                   100 * prose->in_paragraphs);
}

/* Eight digits in one go that are a date: only combs have dates without a sign between. */
static bool is_comb_date(const char *text)
{
    int day, month, year;
    return strlen(text) == 8 && strspn(text, "0123456789") == 8 &&
           sscanf(text, "%2d%2d%4d", &day, &month, &year) == 3 && day >= 1 && day <= 31 &&
           month >= 1 && month <= 12 && year >= 1900 && year <= 2100;
}

/* Rows of single digits, or dates without a sign between. */
static void vote_by_combs(struct reading *reading, const struct ocr_text *text)
{
    int rows = 0, digits = 0;
    for (size_t i = 0; i < text->count; i++) {
        const struct ocr_word *word = &text->words[i];
        bool same_line = i > 0 && text->words[i - 1].line == word->line;
        bool digit = word->text[0] >= '0' && word->text[0] <= '9' && !word->text[1];
        digits = same_line && digits ? digits + digit : digit;
        rows += (digit && digits == COMB_DIGITS) || is_comb_date(word->text);
    }
    reading_vote_combs(reading, rows);
}

int step_title(struct reading *reading, struct err *err)
{
    const struct settings *settings = &reading->classifier->settings;
    if (!reading->classifier->ocr || !wants_title(reading))
        return 0;
    /* A typed page is read whole in the next step anyway; its title is looked for there. */
    if (reading->look.typed && !reading->form.model && reading->look.marks >= MARKS_LEAST)
        return 0;
    SCOPED(page_text_free) struct page_text page = {0};
    struct rect_mm zone = {0, 0, reading->layout.width,
                           reading->layout.height * settings->title.part};
    int rc = reading_full(reading, err);
    if (rc == 0)
        rc = page_text_read_zone(reading, zone, &page, err);
    if (rc == 0)
        vote_by_title(reading, &page.text, pixGetHeight(page.readable.pix));
    return rc;
}

/* What the text gives; boxes go to the page as scanned. */
static int take_fields(struct reading *reading, const struct page_text *page, struct err *err)
{
    struct field found[FIELD_COUNT] = {{{0}, FIELD_ABSENT, {0}}};
    double confidence;
    struct fields_context context = {.tag = ballot_leader(&reading->ballot, &confidence)};
    fields_of_text(&page->text, &context, found);
    struct number_source source = {page->readable.pix, page->readable.dpi, &page->text,
                                   reading->classifier->ocr};
    struct field *nir = &found[FIELD_NIR];
    if (nir->state == FIELD_PROVEN && field_nir_is_doubtful(&page->text, nir))
        *nir = (struct field){.state = FIELD_ABSENT, .box = nir->box};
    int rc = nir->state == FIELD_PROVEN ? 0 : read_number_again(&source, nir, err);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (found[i].box.width > 0)
            verdict_set_field(reading->verdict, (enum field_name)i, found[i].state, found[i].value,
                              page_text_box(page, found[i].box));
    return rc;
}

/* A letter to the médecin-conseil says so above its text. */
static void note_addressee(struct reading *reading, const struct page_text *page)
{
    const struct settings *settings = &reading->classifier->settings;
    const struct addressee medical = {settings->medical_service, settings->medical_service_count};
    struct ocr_rect at;
    if (!addressee_find(&page->text, &medical, pixGetHeight(page->readable.pix), &at))
        return;
    const struct box box = {at.x, at.y, at.width, at.height};
    verdict_set_field(reading->verdict, FIELD_ADDRESSEE, FIELD_READ, VERDICT_MEDICAL_SERVICE,
                      page_text_box(page, box));
    verdict_reason(reading->verdict, "addressed to the medical service");
}

/* Words printed on cheques, on paper of that shape. */
static void vote_by_cheque_words(struct reading *reading, const struct ocr_text *text)
{
    const struct settings *settings = &reading->classifier->settings;
    struct phrase_hit hit;
    for (int i = 0; i < settings->cheque_word_count; i++) {
        if (!phrase_find(&settings->cheque_words[i], text, 0, &hit))
            continue;
        ballot_vote(&reading->ballot, TAG_CHEQUE, settings->cheque.words);
        verdict_reason(reading->verdict, "words that are printed on cheques");
        return;
    }
}

/* Whatever no form model knows is read: the look of handwriting alone is wrong once in twenty
 * times. Paper of a cheque's shape only in doubt. */
static bool wants_text(const struct reading *reading)
{
    double confidence;
    enum tag leader = ballot_leader(&reading->ballot, &confidence);
    bool form = reading->form.model &&
                reading->form.placement.score >= reading->classifier->settings.form.middle;
    if (!reading->classifier->ocr || form || reading->look.marks < MARKS_LEAST)
        return false;
    if (reading->cheque_shape > 0)
        return !reading_is_decided(reading);
    return leader != TAG_CHEQUE;
}

/* Text that runs across a paper of a cheque's shape, read sideways or read well: it is none (a
 * receipt, a strip), and what such paper was spared is counted now. */
static void withdraw_cheque(struct reading *reading, const struct ocr_text *text, bool sideways)
{
    bool along = (reading->layout.width > reading->layout.height) != sideways;
    if (reading->cheque_shape == 0 || along || !(sideways || page_text_reads_well(text)))
        return;
    reading->cheque_shape = 0;
    ballot_vote(&reading->ballot, TAG_CHEQUE,
                -reading->cheque_nats - reading->classifier->settings.cheque.none);
    ballot_between(&reading->ballot, TAG_LETTER, TAG_OTHER, reading->look_nats);
    verdict_reason(reading->verdict, "its text runs across the paper, as on no cheque");
}

/* Counts what was read. Handwriting's text is not kept: too little of it is right. */
static int use_text(struct reading *reading, const struct page_text *page, struct err *err)
{
    struct prose prose = prose_of_text(&page->text);
    if (page_text_reads_well(&page->text)) /* what shines through is seen in a mirror */
        reading->pale = false;
    bool sideways = page_text_notice_sideways(reading, &page->text);
    withdraw_cheque(reading, &page->text, sideways);
    vote_by_body(reading, &page->text);
    if (reading->cheque_shape > 0) {
        vote_by_cheque_words(reading, &page->text);
        return 0; /* a cheque's few words are no prose either */
    }
    vote_by_title(reading, &page->text,
                  reading->classifier->settings.title.part * pixGetHeight(page->readable.pix));
    vote_by_prose(reading, &prose);
    vote_by_combs(reading, &page->text);
    note_addressee(reading, page);
    if (!reading->look.typed)
        return 0;
    int rc = take_fields(reading, page, err);
    if (rc < 0)
        return rc;
    reading->verdict->text = ocr_text_plain(&page->text);
    return reading->verdict->text ? 0 : err_set(err, ERR_MEMORY, "page: no memory for its text");
}

/* The record of who read a page: its text depends on that. */
static void note_reader(struct verdict *verdict, const struct ocr_account *account)
{
    if (account->reader == OCR_FAST)
        verdict_reason(verdict, "text: read by the fast engine");
    else if (account->fallback == OCR_FALLBACK_LAYOUT)
        verdict_reason(verdict, "text: read by Tesseract, since not all lines were found");
    else if (account->fallback == OCR_FALLBACK_READING)
        verdict_reason(verdict, "text: read by Tesseract, since the lines were read badly");
    else
        verdict_reason(verdict, "text: read by Tesseract");
}

int step_text(struct reading *reading, struct err *err)
{
    if (!wants_text(reading))
        return 0;
    SCOPED(page_text_free) struct page_text page = {0};
    int rc = reading_full(reading, err);
    if (rc == 0)
        rc = page_text_read(reading, &page, err);
    if (rc < 0)
        return rc;
    note_reader(reading->verdict, &page.text.account);
    return use_text(reading, &page, err);
}

static int read_form(struct reading *reading, struct page_text *page, struct err *err)
{
    int rc = reading_full(reading, err);
    if (rc == 0)
        rc = page_text_read_as_it_lies(reading, page, err);
    if (rc < 0)
        return rc;
    note_reader(reading->verdict, &page->text.account);
    reading->verdict->text = ocr_text_plain(&page->text);
    return reading->verdict->text ? 0 : err_set(err, ERR_MEMORY, "page: no memory for its text");
}

int step_form_text(struct reading *reading, struct err *err)
{
    const struct settings *settings = &reading->classifier->settings;
    const bool lies = reading->form.model && reading->form.placement.score >= settings->form.middle;
    const bool decided = reading_is_decided(reading);
    if (!lies || (decided && !settings->read_forms) || !reading->classifier->ocr ||
        reading->verdict->text)
        return 0;
    SCOPED(page_text_free) struct page_text page = {0};
    int rc = read_form(reading, &page, err);
    if (rc == ERR_TIMEOUT && decided)
        return 0;
    if (rc == 0 && !decided)
        vote_by_body(reading, &page.text);
    return rc;
}
