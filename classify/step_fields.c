/*
 * Steps that read fields: the insured number and the volet from the zones that a form's model
 * names, everything that the text of a letter gives. A box is always one on the page as scanned.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "classify/fields.h"
#include "classify/reading.h"
#include "ocr/ocr.h"

enum { ZONE_MS = 3000 }; /* one zone takes some 50 ms */

static const double zone_margin_mm = 1.5;
static const double zone_dpi_least = 140; /* a page below is not read from its reduced copy */
static const double comb_dpi_fine = 190;  /* … for a comb whose digits were too coarse */
static const double straight_enough = 0.2;

/* The zone of a field, upright, from the reduced page or, where that is below `dpi`, the full one.
 * `scale` is how many pixels of the scan a pixel of the page used is. */
struct zone_cut {
    struct cut cut;
    int scale;
};

static int cut_zone(struct reading *reading, const struct form_zone *zone, double dpi,
                    struct zone_cut *ret_zone, struct err *err)
{
    const struct placement *placement = &reading->form.placement;
    struct point_mm a = placement_map(placement, (struct point_mm){zone->x, zone->y});
    struct point_mm b =
        placement_map(placement, (struct point_mm){zone->x + zone->width, zone->y + zone->height});
    double side = fmax(reading->layout.width, reading->layout.height);
    double pixels = fmax(pixGetWidth(reading->reduced), pixGetHeight(reading->reduced));
    bool full = pixels / side * 25.4 < dpi && reading->reduce > 1;
    int rc = full ? reading_full(reading, err) : 0;
    if (rc < 0)
        return rc;
    ret_zone->scale = full ? 1 : (int)reading->reduce;
    struct cut_params params = {.page = full ? reading->full : reading->reduced,
                                .layout = &reading->layout,
                                .flipped = placement->flipped,
                                .zone = {a.x, a.y, b.x - a.x, b.y - a.y},
                                .margin = zone_margin_mm,
                                .least_skew = straight_enough};
    return cut_out(&params, &ret_zone->cut, err);
}

static void zone_cut_free(struct zone_cut *zone)
{
    cut_free(&zone->cut);
}

static struct box box_on_scan(const struct cut *cut, struct box at, int scale)
{
    struct box box = cut_box_on_page(cut, at);
    return (struct box){box.x * scale, box.y * scale, box.width * scale, box.height * scale};
}

/* What the comb holds at this resolution (enum comb_look). */
static int read_nir_at(struct reading *reading, const struct form_zone *zone, double dpi,
                       struct err *err)
{
    SCOPED(zone_cut_free) struct zone_cut at = {0};
    struct field found = {0};
    int rc = cut_zone(reading, zone, dpi, &at, err);
    if (rc < 0)
        return rc == ERR_NOT_FOUND ? COMB_EMPTY : rc;
    struct comb comb = {at.cut.zone, zone->cells, (int)lround(at.cut.pixels_per_mm * 25.4)};
    rc = field_read_nir_comb(at.cut.pix, &comb, reading->classifier->ocr, &found, err);
    if (rc > COMB_EMPTY)
        verdict_set_field(
            reading->verdict, FIELD_NIR, found.state, found.value,
            box_on_scan(&at.cut, found.box.width > 0 ? found.box : at.cut.zone, at.scale));
    return rc;
}

/* At the reduced page's resolution first: it is at hand, and enough for most. */
static int read_nir(struct reading *reading, const struct form_zone *zone, struct err *err)
{
    int rc = read_nir_at(reading, zone, zone_dpi_least, err);
    if (rc == COMB_TYPED && reading->reduce > 1)
        rc = read_nir_at(reading, zone, comb_dpi_fine, err);
    return rc;
}

/* A form may have several rows for it: the model names that of the insured person before the
 * patient's. What is written in a row counts before all later rows, read or not: another row may
 * hold somebody else's number. */
static int read_nirs(struct reading *reading, const struct form_model *model, struct err *err)
{
    int rc = COMB_EMPTY;
    for (int i = 0; rc == COMB_EMPTY && i < model->zone_count; i++)
        if (model->zones[i].field == FIELD_NIR)
            rc = read_nir(reading, &model->zones[i], err);
    return rc < 0 ? rc : 0;
}

/* Asks the print itself where the model left open which volet it is, or what agrees with it. */
static int read_volet(struct reading *reading, const struct form_zone *zone, struct err *err)
{
    SCOPED(zone_cut_free) struct zone_cut at = {0};
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct field *known = &reading->verdict->fields[FIELD_VOLET];
    struct field found = {0};
    int rc = cut_zone(reading, zone, zone_dpi_least, &at, err);
    if (rc < 0)
        return rc == ERR_NOT_FOUND ? 0 : rc;
    PIX *grey = pixConvertTo8(at.cut.pix, 0);
    if (!grey)
        return err_set(err, ERR_MEMORY, "zone: no memory to read it");
    struct ocr_request request = {.page = grey,
                                  .dpi = (int)lround(at.cut.pixels_per_mm * 25.4),
                                  .layout = OCR_BLOCK,
                                  .deadline_ms = ZONE_MS};
    rc = ocr_read(reading->classifier->ocr, &request, &text, err);
    pixDestroy(&grey);
    if (rc < 0)
        return rc == ERR_TIMEOUT ? 0 : rc;
    field_find_volet(&text, &found);
    if (found.state == FIELD_ABSENT)
        return 0;
    bool agree = strcmp(found.value, reading->form.model->volet) == 0;
    verdict_set_field(reading->verdict, FIELD_VOLET, agree ? FIELD_PROVEN : FIELD_READ, found.value,
                      known->box);
    verdict_reason(reading->verdict, "the page says that it is volet %.3s%s", found.value,
                   agree ? ", as its print does" : ", its print is nearest to another");
    return 0;
}

/* Reads the zones of the form that leads, once. */
static int read_zones(struct reading *reading, struct err *err)
{
    const struct form_model *model = reading->form.model;
    if (!reading->classifier->ocr || !model || reading->fields_seen ||
        ballot_confidence(&reading->ballot, model->tag) < 0.5)
        return 0;
    reading->fields_seen = true;
    const struct form_zone *volet = form_model_zone(model, FIELD_VOLET);
    int rc = read_nirs(reading, model, err);
    if (rc == 0 && volet && !reading->form.volet_is_sure)
        rc = read_volet(reading, volet, err);
    return rc;
}

int step_fields(struct reading *reading, struct err *err)
{
    return reading_is_decided(reading) ? read_zones(reading, err) : 0;
}

int step_fields_in_doubt(struct reading *reading, struct err *err)
{
    double score = reading->form.model ? reading->form.placement.score : 0;
    bool lies = score >= reading->classifier->settings.form.middle;
    return lies || reading_is_decided(reading) ? read_zones(reading, err) : 0;
}
