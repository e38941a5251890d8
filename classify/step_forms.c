/*
 * The step that looks for forms by their models.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>

#include "classify/reading.h"

/* Where the model says a field is, on the page as scanned. */
static struct box zone_on_page(const struct reading *reading, const struct form_zone *zone)
{
    const struct placement *placement = &reading->form.placement;
    struct point_mm a = placement_map(placement, (struct point_mm){zone->x, zone->y});
    struct point_mm b =
        placement_map(placement, (struct point_mm){zone->x + zone->width, zone->y + zone->height});
    struct cut_params params = {
        .page = reading->reduced,
        .layout = &reading->layout,
        .flipped = placement->flipped,
        .zone = {a.x, a.y, b.x - a.x, b.y - a.y},
    };
    struct cut cut;
    if (cut_out(&params, &cut, NULL) < 0)
        return (struct box){0};
    struct box box = cut_box_on_page(&cut, cut.zone);
    cut_free(&cut);
    int scale = (int)reading->reduce;
    return (struct box){box.x * scale, box.y * scale, box.width * scale, box.height * scale};
}

/* What the model itself says: its number and volet. Other fields get the place where they are. */
static void take_fields(struct reading *reading)
{
    const struct form_match *match = &reading->form;
    for (int i = 0; i < match->model->zone_count; i++) {
        const struct form_zone *zone = &match->model->zones[i];
        verdict_set_field(reading->verdict, zone->field, FIELD_ABSENT, "",
                          zone_on_page(reading, zone));
    }
    struct field *fields = reading->verdict->fields;
    if (*match->model->cerfa)
        verdict_set_field(reading->verdict, FIELD_CERFA, FIELD_READ, match->model->cerfa,
                          fields[FIELD_CERFA].box);
    if (match->volet_is_sure)
        verdict_set_field(reading->verdict, FIELD_VOLET, FIELD_READ, match->model->volet,
                          fields[FIELD_VOLET].box);
}

static double form_nats(const struct settings *settings, double score)
{
    double nats = settings->form.slope * (score - settings->form.middle);
    return fmax(-settings->form.most, fmin(settings->form.most, nats));
}

int step_forms(struct reading *reading, struct err *err)
{
    const struct settings *settings = &reading->classifier->settings;
    struct form_match *match = &reading->form;
    int rc = forms_match(&reading->classifier->models, &reading->layout, match, err);
    if (rc < 0)
        return rc;
    double score = match->model ? match->placement.score : 0;
    double nats = form_nats(settings, score);
    if (nats <= 0) {
        ballot_vote(&reading->ballot, TAG_CARE_FORM, -settings->form.none);
        ballot_vote(&reading->ballot, TAG_SICK_NOTE, -settings->form.none);
        verdict_reason(reading->verdict, "no form model lies on the page (best score %.2f)", score);
        return 0;
    }
    ballot_vote(&reading->ballot, match->model->tag, nats);
    reading->pale = false; /* no model lies on a form seen in a mirror */
    reading->flipped = match->placement.flipped;
    reading->turn_sureness = 1 / (1 + exp(-nats));
    snprintf(reading->verdict->model, sizeof reading->verdict->model, "%s", match->model->id);
    verdict_reason(reading->verdict, "%s: %.0f %% of its print is there, %.0f %% by chance",
                   match->model->name, 100 * match->placement.found, 100 * match->placement.chance);
    if (match->volet_is_sure)
        verdict_reason(reading->verdict, "the print that only volet %s has is there",
                       match->model->volet);
    take_fields(reading);
    return 0;
}
