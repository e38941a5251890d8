/*
 * Steps on the look of a page: its layout, then, where no form was found, whether it looks like a
 * letter, and which way up its text stands.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <math.h>
#include <string.h>

#include "classify/reading.h"

enum {
    UPRIGHT_LONG_SIDE = 1755, /* pixels: 150 dpi on A4, what the ascender shapes are made for */
    WORDS_LEAST = 20,         /* pages with as few words and fewer look alike */
    JOINED_MOST = 4           /* mean width over height: more is a page of dashes */
};

/* Standard deviations of ascenders over descenders (Leptonica, flipdetect.c): 4 for 0.8, 8 for
 * 0.98. Handwriting gives 5 to 35, typed pages 10 to 60, capitals alone nothing. */
static const double up_middle = 1.5, up_scale = 1.6;
static const double sideways_lead = 4; /* by which the other direction must lead to be believed */
static const float up_certain = 20;    /* no page with so many has its lines the other way */

int step_layout(struct reading *reading, struct err *err)
{
    struct layout_params params = {.page = reading->reduced, .turn = -1};
    return layout_read(&params, &reading->layout, err);
}

/* Ink at 150 dpi, turned and deskewed like the layout. */
static PIX *upright_ink(const struct reading *reading, struct err *err)
{
    PIX *ink = NULL;
    if (layout_ink(reading->reduced, UPRIGHT_LONG_SIDE, &ink, err) < 0)
        return NULL;
    if (reading->layout.rotation == 90) {
        PIX *turned = pixRotate90(ink, 1);
        pixDestroy(&ink);
        ink = turned;
    }
    if (ink && fabs(reading->layout.skew) >= 0.1) {
        PIX *straight = pixRotate(ink, (l_float32)(reading->layout.skew * M_PI / 180),
                                  L_ROTATE_SAMPLING, L_BRING_IN_WHITE, 0, 0);
        pixDestroy(&ink);
        ink = straight;
    }
    if (!ink)
        err_set(err, ERR_MEMORY, "page: no memory to see which way up it is");
    return ink;
}

static double sureness(double deviations)
{
    return 1 / (1 + exp(-(fabs(deviations) - up_middle) / up_scale));
}

int reading_turn_layout(struct reading *reading, struct err *err)
{
    struct layout_params params = {.page = reading->reduced, .turn = 90 - reading->layout.rotation};
    struct layout other;
    int rc = layout_read(&params, &other, err);
    if (rc < 0)
        return rc;
    layout_free(&reading->layout);
    reading->layout = other;
    return 0;
}

static int find_up(struct reading *reading, struct err *err)
{
    l_float32 up = 0, left = 0;
    PIX *ink = upright_ink(reading, err);
    if (!ink)
        return err ? err->code : ERR_MEMORY;
    pixUpDownDetect(ink, &up, 0, 0, 0); /* leaves 0 where there is too little to see */
    PIX *turned = fabsf(up) < up_certain ? pixRotate90(ink, 1) : NULL;
    if (turned)
        pixUpDownDetect(turned, &left, 0, 0, 0);
    pixDestroy(&turned);
    pixDestroy(&ink);
    if (fabsf(left) > fabsf(up) + sideways_lead) {
        int rc = reading_turn_layout(reading, err);
        if (rc < 0)
            return rc;
        /* `left` > 0 says that the top is at the left of what was looked at. */
        bool top_left = left > 0;
        reading->flipped = reading->layout.rotation == 90 ? !top_left : top_left;
        up = left;
    } else {
        reading->flipped = up < 0;
    }
    reading->turn_sureness = sureness(up);
    reading->turn_is_text = true;
    return 0;
}

/* The values that the weights of the look are for. */
static void weigh_look(const struct letter_look *look, struct evidence *evidence)
{
    const double values[LOOK_WEIGHTS] = {1,
                                         log1p(look->rules),
                                         log1p(look->posts),
                                         log1p(look->bars),
                                         look->ruled_paper,
                                         look->ruled_paper ? 0 : log1p(look->lines),
                                         look->narrow,
                                         look->in_paragraphs,
                                         10 * (look->regularity - LETTER_TYPED_REGULARITY),
                                         log(fmax(WORDS_LEAST, look->words) / 100.0),
                                         log1p(look->full_bands),
                                         look->full_bands / fmax(1, look->bands),
                                         fmin(JOINED_MOST, look->joined)};
    memcpy(evidence->look, values, sizeof values);
    evidence->looked = true;
    evidence->typed = look->typed;
}

/* How much the page looks like a letter, and a vote for that: paper of a cheque's shape has a look
 * of its own. */
static int judge_look(struct reading *reading, struct err *err)
{
    const struct settings *settings = &reading->classifier->settings;
    const struct letter_look *look = &reading->look;
    int rc = letter_look(&reading->layout, &reading->look, err);
    if (rc < 0)
        return rc;
    weigh_look(look, &reading->evidence);
    const double *weights = look->typed ? settings->look_typed : settings->look_hand;
    double nats = 0;
    for (int i = 0; i < LOOK_WEIGHTS; i++)
        nats += weights[i] * reading->evidence.look[i];
    nats = fmax(-settings->look_most, fmin(settings->look_most, nats));
    reading->look_nats = nats;
    if (reading->cheque_shape == 0)
        ballot_between(&reading->ballot, TAG_LETTER, TAG_OTHER, nats);
    return 0;
}

int reading_look_anew(struct reading *reading, struct err *err)
{
    if (reading->cheque_shape == 0)
        ballot_between(&reading->ballot, TAG_LETTER, TAG_OTHER, -reading->look_nats);
    return judge_look(reading, err);
}

int step_look(struct reading *reading, struct err *err)
{
    if (reading_is_decided(reading))
        return 0;
    int rc = find_up(reading, err);
    if (rc == 0)
        rc = judge_look(reading, err);
    if (rc < 0)
        return rc;
    const struct letter_look *look = &reading->look;
    verdict_reason(reading->verdict,
                   "look: %s, %d marks, %d full and %d short rulings, %d posts, %d bars%s",
                   look->typed ? "typed" : "handwritten", look->marks, look->lines, look->rules,
                   look->posts, look->bars, look->ruled_paper ? ", ruled paper" : "");
    reading_vote_combs(reading, look->comb_rows);
    return 0;
}
