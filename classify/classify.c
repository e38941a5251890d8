/*
 * The cascade: see classify.h. It is a table of steps; each looks at one thing, votes with a reason
 * and says whether that decides the page. What is left at the end is counted.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/classify.h"

#include <allheaders.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "classify/reading.h"
#include "image/decode.h"
#include "image/grey.h"
#include "ocr/ocr.h"

enum {
    CONFIG_ID_DIGITS = 16,
    WANTED_LONG_SIDE = 1500, /* pixels of a reduced page at least: 130 dpi on A4 */
    COMB_ROWS = 2,           /* one may be a chance */
    FORM_POSTS = 12          /* vertical lines: so many are a form's print, which is not lost */
};

static const double comb_nats = 8; /* outweighs prose at its most */

static const struct {
    enum stage stage;
    int (*take)(struct reading *reading, struct err *err);
} steps[] = {
    {STAGE_DECODE, step_decode},
    {STAGE_LAYOUT, step_blank},
    {STAGE_SEPARATOR, step_separator},
    {STAGE_LAYOUT, step_quality},
    {STAGE_CHEQUE, step_cheque_alone},
    {STAGE_LAYOUT, step_layout},
    {STAGE_FORM, step_forms},
    {STAGE_TITLE, step_fields},
    {STAGE_CHEQUE, step_cheque_on_page},
    {STAGE_LAYOUT, step_look},
    {STAGE_TITLE, step_title},
    {STAGE_TITLE, step_fields_in_doubt}, /* of a form that no title has made sure of, too */
    {STAGE_TEXT, step_text},
    {STAGE_TEXT, step_form_text},
};

/* ---- the classifier ---- */

/* One digest over settings, who reads text, and every model in use. */
static int name_config(struct classifier *classifier, struct err *err)
{
    SCOPED(buf_free) struct buf all = {0};
    char hex[DIGEST_HEX_SIZE];
    const char *reader = classifier->ocr ? ocr_id(classifier->ocr) : "";
    int rc = buf_append(&all, bytes_of(classifier->settings.digest.at, DIGEST_BYTES));
    if (rc == 0)
        rc = buf_append(&all, bytes_of(reader, strlen(reader) + 1));
    for (size_t i = 0; rc == 0 && i < classifier->models.count; i++) {
        const char *id = classifier->models.at[i].id;
        if (models_in_use(&classifier->models, i))
            rc = buf_append(&all, bytes_of(id, strlen(id) + 1));
    }
    if (rc < 0)
        return err_set(err, ERR_MEMORY, "classifier: no memory");
    struct digest digest = digest_of(buf_view(&all));
    snprintf(classifier->config, sizeof classifier->config, "%.*s", CONFIG_ID_DIGITS,
             digest_hex(&digest, hex));
    return 0;
}

int classifier_open(const struct classifier_params *params, struct classifier **ret_classifier,
                    struct err *err)
{
    *ret_classifier = NULL;
    SCOPED(classifier_free) struct classifier *classifier = calloc(1, sizeof *classifier);
    if (!classifier)
        return err_set(err, ERR_MEMORY, "classifier: no memory");
    classifier->ocr = params->ocr;
    int rc = settings_read(params->config_path, &classifier->settings, err);
    if (rc == 0)
        rc = models_load(params->models_dir, &classifier->models, err);
    if (rc == 0)
        rc = name_config(classifier, err);
    if (rc < 0)
        return rc;
    *ret_classifier = classifier;
    classifier = NULL; /* handed over */
    return 0;
}

void classifier_free(struct classifier **classifier)
{
    if (!*classifier)
        return;
    models_free(&(*classifier)->models);
    free(*classifier);
    *classifier = NULL;
}

/* ---- one reading ---- */

int reading_time_left(const struct reading *reading)
{
    if (reading->deadline == 0)
        return 0;
    int64_t left = reading->deadline - clock_mono_ms();
    return left > 0 ? (int)left : -1;
}

bool reading_is_decided(const struct reading *reading)
{
    double confidence;
    enum tag leader = ballot_leader(&reading->ballot, &confidence);
    return confidence >= reading->classifier->settings.accept[leader];
}

void reading_vote_combs(struct reading *reading, int rows)
{
    if (rows < COMB_ROWS || reading->look.posts >= FORM_POSTS || reading->combs_seen)
        return;
    reading->combs_seen = true;
    ballot_vote(&reading->ballot, TAG_CARE_FORM, comb_nats);
    ballot_vote(&reading->ballot, TAG_SICK_NOTE, comb_nats);
    verdict_reason(reading->verdict, "%d rows of digits as in combs, without a form round them",
                   rows);
}

static int decode(struct reading *reading, unsigned reduce, struct Pix **ret_page, struct err *err)
{
    struct image_decode_params params = IMAGE_DECODE_DEFAULT;
    params.page = reading->page->page;
    params.reduce = reduce;
    return image_decode(reading->page->file, &params, ret_page, err);
}

int step_decode(struct reading *reading, struct err *err)
{
    int rc = image_header_read(reading->page->file, reading->page->page, &reading->header, err);
    if (rc < 0)
        return rc;
    uint32_t side = reading->header.width > reading->header.height ? reading->header.width
                                                                   : reading->header.height;
    reading->reduce = 1;
    while (reading->reduce < 8 && side / (2 * reading->reduce) >= WANTED_LONG_SIDE)
        reading->reduce *= 2;
    return decode(reading, reading->reduce, &reading->reduced, err);
}

int reading_full(struct reading *reading, struct err *err)
{
    if (reading->full)
        return 0;
    return decode(reading, 1, &reading->full, err);
}

int reading_grey(struct reading *reading, struct err *err)
{
    int rc = reading->grey ? 0 : reading_full(reading, err);
    if (rc < 0 || reading->grey)
        return rc;
    if (pixGetDepth(reading->full) == 32)
        return image_grey(reading->full, &reading->grey, err);
    reading->grey = pixClone(reading->full);
    return 0;
}

static void reading_free(struct reading *reading)
{
    image_free(&reading->reduced);
    image_free(&reading->full);
    image_free(&reading->grey);
    layout_free(&reading->layout);
    glance_clear(&reading->glance);
}

/* Takes the steps until one decides; a step's time goes to its stage. */
static int take_steps(struct reading *reading, struct err *err)
{
    const size_t count = sizeof steps / sizeof *steps;
    for (size_t i = 0; i < count; i++) {
        int64_t start = clock_cpu_us();
        int rc = steps[i].take(reading, err);
        reading->verdict->ms[steps[i].stage] += (double)(clock_cpu_us() - start) / 1000;
        if (rc != 0)
            return rc < 0 ? rc : 0;
        if (i + 1 < count && reading_time_left(reading) < 0)
            return ERR_TIMEOUT;
    }
    return 0;
}

static double rounded(double value, double step)
{
    return round(value / step) * step;
}

static void conclude(struct reading *reading, bool in_time)
{
    struct verdict *verdict = reading->verdict;
    const struct settings *settings = &reading->classifier->settings;
    verdict->tag = ballot_leader(&reading->ballot, &verdict->confidence);
    verdict->confidence = rounded(verdict->confidence, 0.0001);
    verdict->rotation = reading->rotation >= 0
                            ? reading->rotation
                            : (reading->layout.rotation + (reading->flipped ? 180 : 0)) % 360;
    verdict->skew = rounded(reading->layout.skew, 0.01);
    verdict->accepted = verdict->confidence >= settings->accept[verdict->tag];
    if (verdict->accepted && reading->foreign_cheque) {
        verdict->accepted = false;
        verdict_reason(verdict, "a foreign cheque is for a person");
    }
    if (verdict->accepted && reading->pale) {
        verdict->accepted = false;
        verdict_reason(verdict, "too pale to be sure that it is written");
    }
    if (verdict->accepted && tag_is_written(verdict->tag) &&
        reading->turn_sureness < settings->accept_rotation) {
        verdict->accepted = false;
        verdict_reason(verdict, "which way up is not sure (%.2f)", reading->turn_sureness);
    }
    if (!in_time) {
        verdict->accepted = false;
        verdict_reason(verdict, "the deadline passed before every test was made");
    }
    if (reading->full)
        verdict_clip_boxes(verdict, pixGetWidth(reading->full), pixGetHeight(reading->full));
    for (int i = 0; i < STAGE_COUNT; i++)
        verdict->ms[i] = rounded(verdict->ms[i], 0.001);
}

int classifier_read(struct classifier *classifier, const struct classify_page *page,
                    struct verdict *ret_verdict, struct err *err)
{
    struct reading reading = {
        .classifier = classifier, .page = page, .verdict = ret_verdict, .rotation = -1};
    *ret_verdict = (struct verdict){0};
    snprintf(ret_verdict->config, sizeof ret_verdict->config, "%s", classifier->config);
    if (page->deadline_ms > 0)
        reading.deadline = clock_mono_ms() + page->deadline_ms;
    reading.ballot = ballot_start(classifier->settings.mix);
    int rc = take_steps(&reading, err);
    if (rc == 0 || rc == ERR_TIMEOUT)
        conclude(&reading, rc == 0);
    if (page->ret_evidence)
        *page->ret_evidence = reading.evidence;
    reading_free(&reading);
    if (rc == 0 || rc == ERR_TIMEOUT)
        return 0;
    verdict_clear(ret_verdict);
    return rc;
}
