/*
 * Choosing among form models: see forms.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/forms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

static const double same_place_mm = 1.0; /* a box of two volets is shared when it lies this near */
static const double volet_gap = 0.25;    /* by which the right volet's own print must lead */
static const double volet_score = 0.25;  /* below it volets are not looked at */

static bool same_family(const struct form_model *a, const struct form_model *b)
{
    return strcmp(a->type, b->type) == 0 && strcmp(a->cerfa, b->cerfa) == 0;
}

/* The first model in use of each family speaks for it. */
static bool speaks(const struct models *models, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (models_in_use(models, i) && same_family(&models->at[i], &models->at[index]))
            return false;
    return models_in_use(models, index);
}

static bool has_like_box(const struct form_print *print, const struct layout_box *box)
{
    for (size_t i = 0; i < print->count; i++) {
        const struct layout_box *other = &print->boxes[i];
        if (fabs(other->x - box->x) < same_place_mm && fabs(other->y - box->y) < same_place_mm &&
            fabs(other->width - box->width) < same_place_mm && other->kind == box->kind)
            return true;
    }
    return false;
}

/* Share of the print of `model` that `rival` lacks and the page has; -1 when it has none of its
 * own. */
static int own_print_found(const struct form_model *model, const struct form_model *rival,
                           const struct layout *layout, const struct placement *placement,
                           double *ret_share)
{
    SCOPED(scope_free) bool *found = calloc(model->print.count + 1, sizeof *found);
    if (!found || placement_presence(&model->print, layout, placement, found, NULL) < 0)
        return ERR_MEMORY;
    double own = 0, seen = 0;
    for (size_t i = 0; i < model->print.count; i++) {
        if (has_like_box(&rival->print, &model->boxes[i]))
            continue;
        own += model->boxes[i].width;
        if (found[i])
            seen += model->boxes[i].width;
    }
    *ret_share = own > 0 ? seen / own : -1;
    return 0;
}

/* Sets the better volet of two; they lie alike. */
static int choose_volet(struct form_match *match, const struct form_model *rival,
                        const struct placement *rival_placement, const struct layout *layout)
{
    double mine = 0, others = 0;
    if (own_print_found(match->model, rival, layout, &match->placement, &mine) < 0 ||
        own_print_found(rival, match->model, layout, rival_placement, &others) < 0)
        return ERR_MEMORY;
    if (mine < 0) /* all of this volet is in the other: only the other's own print can tell */
        mine = 0.5;
    if (others < 0)
        others = 0.5;
    if (others > mine) {
        match->model = rival;
        match->placement = *rival_placement;
    }
    match->volet_is_sure = match->volet_is_sure && fabs(mine - others) >= volet_gap &&
                           (mine > others ? mine : others) > 0.5;
    return 0;
}

static int choose_volets(const struct models *models, const struct layout *layout,
                         struct form_match *match, struct err *err)
{
    const struct form_model *first = match->model;
    match->volet_is_sure = *first->volet && match->placement.score >= volet_score;
    for (size_t i = 0; i < models->count && match->placement.score >= volet_score; i++) {
        const struct form_model *rival = &models->at[i];
        struct placement placement = match->placement;
        if (rival == first || !models_in_use(models, i) || !same_family(rival, first))
            continue;
        int rc = placement_score(&rival->print, layout, &placement, err);
        if (rc == 0 && choose_volet(match, rival, &placement, layout) < 0)
            rc = err_set(err, ERR_MEMORY, "form models: no memory");
        if (rc < 0)
            return rc;
    }
    return 0;
}

int forms_match(const struct models *models, const struct layout *layout,
                struct form_match *ret_match, struct err *err)
{
    struct form_match best = {0};
    for (size_t i = 0; i < models->count; i++) {
        struct placement placement;
        const struct form_model *model = &models->at[i];
        if (!speaks(models, i))
            continue;
        int rc = placement_find(&model->print, layout, &placement, err);
        if (rc < 0)
            return rc;
        bool wins = placement.score > best.placement.score;
        double lost = wins ? best.placement.score : placement.score;
        bool same_type = best.model && strcmp(best.model->type, model->type) == 0;
        if (best.model && !same_type && lost > best.rival)
            best.rival = lost;
        if (wins) {
            best.model = model;
            best.placement = placement;
        }
    }
    int rc = best.model ? choose_volets(models, layout, &best, err) : 0;
    *ret_match = best;
    return rc;
}
