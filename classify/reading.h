/*
 * One page on its way through the cascade: what was found so far. Only the steps of the cascade
 * include this. A step returns 0 to go on, 1 when the page is decided, a negative code on an error
 * that ends the reading.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "classify/ballot.h"
#include "classify/classify.h"
#include "classify/cut.h"
#include "classify/evidence.h"
#include "classify/forms.h"
#include "classify/glance.h"
#include "classify/layout.h"
#include "classify/letter.h"
#include "classify/models.h"
#include "classify/prose.h"
#include "classify/settings.h"
#include "image/header.h"

struct classifier {
    struct settings settings;
    struct models models;
    struct ocr *ocr; /* borrowed, may be NULL */
    char config[MODEL_ID_SIZE];
};

struct reading {
    const struct classifier *classifier;
    const struct classify_page *page;
    struct verdict *verdict;
    int64_t deadline; /* clock_mono_ms, 0: none */

    struct image_header header;
    unsigned reduce;      /* of `reduced` */
    struct Pix *reduced;  /* about 150 dpi on A4 */
    struct glance glance; /* of `reduced`; {0} until a mark is looked for, or too small for one */
    struct Pix *full;     /* NULL until somebody needs it */
    struct Pix *grey;     /* the same without colour, or bilevel; NULL until then */

    struct layout layout;
    struct letter_look look;
    double look_nats;         /* for a letter, against other */
    struct evidence evidence; /* what they and those of the text were counted from */
    struct form_match form;
    bool fields_seen;    /* the zones of that form were looked at */
    bool combs_seen;     /* rows of digits without a form: voted for */
    bool cheque_seen;    /* looked for already */
    int cheque_shape;    /* the paper: 0 other, 1 of a cheque's proportions, 2 of its size */
    double cheque_nats;  /* what that voted for a cheque */
    bool foreign_cheque; /* goes to a person, whatever was found */
    bool pale;           /* perhaps blank, perhaps written in pale ink */
    struct ballot ballot;

    int rotation;         /* as found by a mark, -1: layout and `flipped` say it */
    bool flipped;         /* after the layout's quarter turn, the top is down */
    double turn_sureness; /* 0..1 that rotation and flipped are right */
    bool turn_is_text;    /* judged by letters, not by a model: OCR may overrule it */
};

/* The steps, in the order of the table in classify.c. */
int step_decode(struct reading *reading, struct err *err);
int step_layout(struct reading *reading, struct err *err);
int step_blank(struct reading *reading, struct err *err);
int step_separator(struct reading *reading, struct err *err);
int step_quality(struct reading *reading, struct err *err);
int step_cheque_alone(struct reading *reading, struct err *err);
int step_cheque_on_page(struct reading *reading, struct err *err);
int step_forms(struct reading *reading, struct err *err);
int step_fields(struct reading *reading, struct err *err);
/* The same of a form that is not sure, but whose model lies on the page: a person who is asked what
 * it is gets its numbers with it. */
int step_fields_in_doubt(struct reading *reading, struct err *err);
int step_look(struct reading *reading, struct err *err);
int step_title(struct reading *reading, struct err *err);
int step_text(struct reading *reading, struct err *err);
/* The text of a page that a form model lies on: of one in doubt it votes; one that is decided is
 * read only where the settings want it, and stays so whether or not there is time for that. */
int step_form_text(struct reading *reading, struct err *err);

/* The page in full resolution; decodes it when nobody has. */
int reading_full(struct reading *reading, struct err *err);
/* The same without its colour, as `reading->grey`; bilevel stays so. */
int reading_grey(struct reading *reading, struct err *err);

/* Reads the layout again as of a page that lies the other way by a quarter turn. */
int reading_turn_layout(struct reading *reading, struct err *err);
/* Takes the vote of the look back and votes by the layout as it is now. */
int reading_look_anew(struct reading *reading, struct err *err);

/* Milliseconds left, 0 when there is no deadline; negative when it has passed. */
int reading_time_left(const struct reading *reading);

/* Votes for a form whose print was lost in scanning when a page without a form's print has two or
 * more rows of digits as combs hold them; once. Nobody writes a letter or a bill like that, so a
 * person looks. */
void reading_vote_combs(struct reading *reading, int rows);

/* True when the leading tag has reached what is asked of it. */
bool reading_is_decided(const struct reading *reading);
