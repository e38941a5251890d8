/*
 * The form voter: which of the models in use lies on a page, and how. Models of one form (type and
 * Cerfa number) share a registration; which volet it is, is said by the print that they do not
 * share.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/models.h"

struct form_match {
    const struct form_model *model; /* NULL when nothing fits at all */
    struct placement placement;     /* score 0..1; pages of other kinds stay below 0.15 */
    double rival;                   /* best score among models of other types */
    bool volet_is_sure;             /* the print in which the volets differ agrees */
};

/* ERR_MEMORY. */
int forms_match(const struct models *models, const struct layout *layout,
                struct form_match *ret_match, struct err *err);
