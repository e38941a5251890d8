/*
 * Learning a form: from one blank, or from a few filled samples of the same form, a form model is
 * made. What stays when the page is blurred, thinned and thickened is print; with several samples,
 * what most of them share.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/form_model.h"

struct Pix;

enum { LEARN_SAMPLES_MAX = 20 };

struct learn_params {
    const char *type;  /* "sick_note", or any new name: lower-case letters, digits, '_' */
    const char *cerfa; /* "10170*06", NULL when the form has none */
    const char *volet; /* "1", NULL when the form has none */
    const struct Pix *const *pages; /* one to LEARN_SAMPLES_MAX, any quarter turn; the first must be
                                       upright or its turn is told by `turn` */
    size_t page_count;
    int turn;                      /* degrees counter-clockwise that the first page is turned */
    const struct form_zone *zones; /* fields, mm on the first page; copied */
    int zone_count;
};

/* Makes a model of revision 1; set `revision` and call form_model_seal for another. ERR_CONFIG: the
 * type, cerfa, volet or a number is not what it must be; ERR_FORMAT: a sample does not show the
 * form of the first, or there is too little print to know it by. Free with form_model_free. */
int learn_form(const struct learn_params *params, struct form_model *ret_model, struct err *err);
