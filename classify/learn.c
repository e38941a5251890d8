/*
 * Learning: the boxes of the first page are asked for on every other sample (registered on the
 * first) and on copies of the first that are greyer, blurred and cut to black and white. A box that
 * is not met again is writing, dirt or too faint to count on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/learn.h"

#include <allheaders.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum {
    COPIES = 3,            /* worsened copies of the first page */
    BOXES_LEAST = 40,      /* fewer do not tell one form from another */
    BLUR_PIXELS = 1,       /* half width of the blur, at 150 dpi */
    LIGHT_THRESHOLD = 200, /* a faint scanner threshold: tint becomes black */
    DARK_THRESHOLD = 140
};

static const double copies_share = 0.6;  /* of the copies that must show a box */
static const double samples_share = 0.6; /* of the samples */
static const double sample_score = 0.2;  /* a sample that fits worse is another form */
static const double word_least_mm = 2.0, word_high_mm = 9.0, word_low_mm = 0.9;

/* Votes per box of the first page. */
struct votes {
    int *copies, *samples;
};

static void votes_free(struct votes *votes)
{
    free(votes->copies);
    free(votes->samples);
}

static bool is_worth_learning(const struct layout *layout, const struct layout_box *box)
{
    bool inside = box->x > 1 && box->y > 1 && box->x + box->width < layout->width - 1 &&
                  box->y + box->height < layout->height - 1;
    if (!inside || box->kind != LAYOUT_WORD)
        return inside;
    return box->width >= word_least_mm && box->height >= word_low_mm && box->height <= word_high_mm;
}

/* Takes the boxes that may be print out of a layout; the model owns them. */
static int take_print(const struct layout *layout, struct form_model *model, struct err *err)
{
    model->boxes = malloc((layout->count + 1) * sizeof *model->boxes);
    if (!model->boxes)
        return err_set(err, ERR_MEMORY, "learn: no memory for %zu boxes", layout->count);
    size_t count = 0;
    for (size_t i = 0; i < layout->count; i++) {
        struct layout_box box = layout->boxes[i];
        if (!is_worth_learning(layout, &box))
            continue;
        box.x = roundf(box.x * 10) / 10; /* as the file will have it */
        box.y = roundf(box.y * 10) / 10;
        box.width = fmaxf(roundf(box.width * 10) / 10, 0.1f);
        box.height = fmaxf(roundf(box.height * 10) / 10, 0.1f);
        model->boxes[count++] = box;
    }
    model->print = (struct form_print){.width = round(layout->width * 10) / 10,
                                       .height = round(layout->height * 10) / 10,
                                       .boxes = model->boxes,
                                       .count = count};
    return 0;
}

/* Grey at about 150 dpi: what the copies are made from. */
static PIX *grey_of(const struct Pix *page)
{
    PIX *grey = pixConvertTo8((PIX *)page, 0);
    if (!grey)
        return NULL;
    double side = pixGetWidth(grey) > pixGetHeight(grey) ? pixGetWidth(grey) : pixGetHeight(grey);
    PIX *small = side > 1900 ? pixScale(grey, (l_float32)(1755 / side), (l_float32)(1755 / side))
                             : pixClone(grey);
    pixDestroy(&grey);
    return small;
}

static PIX *worsened_copy(PIX *grey, int which)
{
    if (which == 0)
        return pixBlockconv(grey, BLUR_PIXELS, BLUR_PIXELS);
    return pixThresholdToBinary(grey, which == 1 ? LIGHT_THRESHOLD : DARK_THRESHOLD);
}

static int add_votes(const struct form_model *model, const struct layout *layout, int *votes,
                     double *ret_score, struct err *err)
{
    struct placement placement;
    SCOPED(scope_free) bool *found = calloc(model->print.count + 1, sizeof *found);
    if (!found)
        return err_set(err, ERR_MEMORY, "learn: no memory");
    int rc = placement_find(&model->print, layout, &placement, err);
    if (rc == 0)
        rc = placement_presence(&model->print, layout, &placement, found, err);
    for (size_t i = 0; rc == 0 && i < model->print.count; i++)
        votes[i] += found[i];
    *ret_score = placement.score;
    return rc;
}

static int vote_by_copies(const struct learn_params *params, const struct form_model *model,
                          struct votes *votes, struct err *err)
{
    PIX *grey = grey_of(params->pages[0]);
    int rc = grey ? 0 : err_set(err, ERR_MEMORY, "learn: no memory for a copy");
    for (int i = 0; rc == 0 && i < COPIES; i++) {
        SCOPED(layout_free) struct layout layout = {0};
        double score;
        PIX *copy = worsened_copy(grey, i);
        if (!copy)
            rc = err_set(err, ERR_MEMORY, "learn: no memory for a copy");
        if (rc == 0)
            rc = layout_read(&(struct layout_params){copy, params->turn % 180}, &layout, err);
        if (rc == 0)
            rc = add_votes(model, &layout, votes->copies, &score, err);
        pixDestroy(&copy);
    }
    pixDestroy(&grey);
    return rc;
}

static int vote_by_samples(const struct learn_params *params, const struct form_model *model,
                           struct votes *votes, struct err *err)
{
    for (size_t i = 1; i < params->page_count; i++) {
        SCOPED(layout_free) struct layout layout = {0};
        double score = 0;
        int rc = layout_read(&(struct layout_params){params->pages[i], -1}, &layout, err);
        if (rc == 0)
            rc = add_votes(model, &layout, votes->samples, &score, err);
        if (rc < 0)
            return err_prefix(err, "sample %zu", i + 1);
        if (score < sample_score)
            return err_set(err, ERR_FORMAT,
                           "sample %zu: does not show the form of the first: score %.2f, at least "
                           "%.2f is wanted",
                           i + 1, score, sample_score);
    }
    return 0;
}

static void keep_voted(const struct learn_params *params, const struct votes *votes,
                       struct form_model *model)
{
    size_t kept = 0;
    double others = (double)params->page_count - 1;
    for (size_t i = 0; i < model->print.count; i++) {
        bool copied = votes->copies[i] >= copies_share * COPIES;
        bool shared = others == 0 || votes->samples[i] >= samples_share * others;
        if (copied && shared)
            model->boxes[kept++] = model->boxes[i];
    }
    model->print.count = kept;
}

static int check_params(const struct learn_params *params, struct err *err)
{
    size_t len = strlen(params->type);
    for (size_t i = 0; i < len; i++)
        if (!islower((unsigned char)params->type[i]) && !isdigit((unsigned char)params->type[i]) &&
            params->type[i] != '_')
            len = 0;
    if (len == 0 || len >= MODEL_TYPE_SIZE)
        return err_set(err, ERR_CONFIG,
                       "type '%.40s': 1 to %d lower-case letters, digits or '_' are wanted",
                       params->type, MODEL_TYPE_SIZE - 1);
    if (params->page_count < 1 || params->page_count > LEARN_SAMPLES_MAX)
        return err_set(err, ERR_CONFIG, "learn: %zu samples, 1 to %d are wanted",
                       params->page_count, LEARN_SAMPLES_MAX);
    if (params->zone_count > MODEL_ZONES_MAX)
        return err_set(err, ERR_CONFIG, "learn: %d fields, at most %d", params->zone_count,
                       MODEL_ZONES_MAX);
    return 0;
}

static void name_model(const struct learn_params *params, struct form_model *model)
{
    snprintf(model->type, sizeof model->type, "%s", params->type);
    snprintf(model->cerfa, sizeof model->cerfa, "%s", params->cerfa ? params->cerfa : "");
    snprintf(model->volet, sizeof model->volet, "%s", params->volet ? params->volet : "");
    enum tag tag = tag_of_name(params->type);
    model->tag = tag == TAG_NONE ? TAG_OTHER : tag;
    model->revision = 1;
    model->samples = (int)params->page_count;
    for (int i = 0; i < params->zone_count; i++)
        model->zones[model->zone_count++] = params->zones[i];
}

/* The layout of the first page, its true top up. */
static int read_first(const struct learn_params *params, struct layout *ret_layout, struct err *err)
{
    int rc =
        layout_read(&(struct layout_params){params->pages[0], params->turn % 180}, ret_layout, err);
    for (size_t i = 0; rc == 0 && params->turn >= 180 && i < ret_layout->count; i++)
        ret_layout->boxes[i] = layout_box_flipped(ret_layout, ret_layout->boxes[i]);
    return rc;
}

int learn_form(const struct learn_params *params, struct form_model *ret_model, struct err *err)
{
    SCOPED(form_model_free) struct form_model model = {0};
    SCOPED(layout_free) struct layout layout = {0};
    SCOPED(votes_free) struct votes votes = {0};
    *ret_model = model;
    int rc = check_params(params, err);
    if (rc == 0)
        rc = read_first(params, &layout, err);
    if (rc == 0)
        rc = take_print(&layout, &model, err);
    if (rc < 0)
        return rc;
    name_model(params, &model);
    votes.copies = calloc(model.print.count + 1, sizeof *votes.copies);
    votes.samples = calloc(model.print.count + 1, sizeof *votes.samples);
    if (!votes.copies || !votes.samples)
        return err_set(err, ERR_MEMORY, "learn: no memory");
    rc = vote_by_copies(params, &model, &votes, err);
    if (rc == 0)
        rc = vote_by_samples(params, &model, &votes, err);
    if (rc < 0)
        return rc;
    keep_voted(params, &votes, &model);
    if (model.print.count < BOXES_LEAST)
        return err_set(err, ERR_FORMAT,
                       "learn: %zu boxes of print stay over all samples, at least %d are wanted",
                       model.print.count, BOXES_LEAST);
    rc = form_model_seal(&model, err);
    if (rc < 0)
        return rc;
    *ret_model = model;
    model = (struct form_model){0}; /* handed over */
    return 0;
}
