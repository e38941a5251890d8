/*
 * Form models as files: see form_model.h. Numbers in a file are whole tenths of a millimetre, so
 * that reading and writing is exact and the digest means the same on every machine.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/form_model.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/scope.h"

enum {
    FORMAT = 1,
    TENTHS_MAX = 6000,  /* 60 cm: no form is larger */
    TENTHS_LEAST = -50, /* a box may stick out of the page a little */
    REVISION_MAX = 9999,
    SAMPLES_MAX = 1000,
    CELLS_MAX = 40,
    ID_DIGITS = 12
};

static const char *const kind_names[] = {"word", "bar", "rule", "post"};

static void json_release(json_t **json)
{
    json_decref(*json);
}

void form_model_free(struct form_model *model)
{
    free(model->boxes);
    *model = (struct form_model){0};
}

bool form_model_same_form(const struct form_model *a, const struct form_model *b)
{
    return strcmp(a->type, b->type) == 0 && strcmp(a->cerfa, b->cerfa) == 0 &&
           strcmp(a->volet, b->volet) == 0;
}

const struct form_zone *form_model_zone(const struct form_model *model, enum field_name field)
{
    for (int i = 0; i < model->zone_count; i++)
        if (model->zones[i].field == field)
            return &model->zones[i];
    return NULL;
}

static int tenths(double mm)
{
    return (int)lround(mm * 10);
}

/* ---- writing ---- */

static json_t *boxes_to_json(const struct form_model *model)
{
    json_t *boxes = json_array();
    for (size_t i = 0; boxes && i < model->print.count; i++) {
        const struct layout_box *box = &model->boxes[i];
        json_array_append_new(boxes,
                              json_pack("[s, i, i, i, i]", kind_names[box->kind], tenths(box->x),
                                        tenths(box->y), tenths(box->width), tenths(box->height)));
    }
    return boxes;
}

static json_t *zones_to_json(const struct form_model *model)
{
    json_t *zones = json_array();
    for (int i = 0; zones && i < model->zone_count; i++) {
        const struct form_zone *zone = &model->zones[i];
        json_array_append_new(zones, json_pack("{s:s, s:[i, i, i, i], s:i}", "field",
                                               field_name(zone->field), "box", tenths(zone->x),
                                               tenths(zone->y), tenths(zone->width),
                                               tenths(zone->height), "cells", zone->cells));
    }
    return zones;
}

/* All that the digest covers. */
static json_t *content_to_json(const struct form_model *model)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:[i, i], s:o, s:o}", "format", FORMAT, "type",
                     model->type, "cerfa", model->cerfa, "volet", model->volet, "revision",
                     model->revision, "samples", model->samples, "page", tenths(model->print.width),
                     tenths(model->print.height), "zones", zones_to_json(model), "boxes",
                     boxes_to_json(model));
}

/* The digest of the compact, sorted form of the content. */
static int content_digest(const struct form_model *model, char ret_hex[DIGEST_HEX_SIZE])
{
    SCOPED(json_release) json_t *content = content_to_json(model);
    SCOPED(scope_free)
    char *text = content ? json_dumps(content, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (!text)
        return ERR_MEMORY;
    struct digest digest = digest_of(bytes_of(text, strlen(text)));
    digest_hex(&digest, ret_hex);
    return 0;
}

int form_model_seal(struct form_model *model, struct err *err)
{
    char hex[DIGEST_HEX_SIZE], cerfa[MODEL_CERFA_SIZE];
    if (content_digest(model, hex) < 0)
        return err_set(err, ERR_MEMORY, "form model: no memory");
    snprintf(cerfa, sizeof cerfa, "%s", model->cerfa);
    for (char *at = cerfa; *at; at++)
        if (*at == '*')
            *at = '-';
    snprintf(model->name, sizeof model->name, "%.24s%s%s%s%s-r%d", model->type, *cerfa ? "-" : "",
             cerfa, *model->volet ? "-v" : "", model->volet, model->revision);
    snprintf(model->id, sizeof model->id, "%s+%.*s", model->name, ID_DIGITS, hex);
    return 0;
}

int form_model_write(const struct form_model *model, struct buf *ret_json, struct err *err)
{
    char hex[DIGEST_HEX_SIZE];
    SCOPED(json_release) json_t *json = content_to_json(model);
    if (!json || content_digest(model, hex) < 0 ||
        json_object_set_new(json, "digest", json_string(hex)) < 0 ||
        json_object_set_new(json, "retired", json_boolean(model->retired)) < 0)
        return err_set(err, ERR_MEMORY, "form model: no memory");
    SCOPED(scope_free) char *text = json_dumps(json, JSON_COMPACT);
    if (!text || buf_append(ret_json, bytes_of(text, strlen(text))) < 0 ||
        buf_append(ret_json, bytes_of("\n", 1)) < 0)
        return err_set(err, ERR_MEMORY, "form model: no memory");
    return 0;
}

/* ---- reading ---- */

static int refuse(struct err *err, const char *what)
{
    return err_set(err, ERR_FORMAT, "form model: %s", what);
}

static bool is_type(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) && text[i] != '_')
            return false;
    return len > 0 && len < MODEL_TYPE_SIZE;
}

/* "" or "12541*02" */
static bool is_cerfa(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return !*text || (digits == 5 && text[5] == '*' && strspn(text + 6, "0123456789") == 2 &&
                      text[8] == '\0');
}

static bool is_volet(const char *text)
{
    return strlen(text) < MODEL_VOLET_SIZE && strspn(text, "0123456789") == strlen(text);
}

static bool four_of_json(json_t *json, double ret_at[4])
{
    int at[4];
    if (json_unpack(json, "[i, i, i, i !]", &at[0], &at[1], &at[2], &at[3]) < 0)
        return false;
    for (int i = 0; i < 4; i++) {
        if (at[i] < (i < 2 ? TENTHS_LEAST : 0) || at[i] > TENTHS_MAX)
            return false;
        ret_at[i] = at[i] / 10.0;
    }
    return true;
}

static bool box_of_json(json_t *json, struct layout_box *ret_box)
{
    const char *kind;
    int at[4];
    if (json_unpack(json, "[s, i, i, i, i !]", &kind, &at[0], &at[1], &at[2], &at[3]) < 0)
        return false;
    int k = 0;
    while (k <= LAYOUT_POST && strcmp(kind_names[k], kind) != 0)
        k++;
    for (int i = 0; i < 4; i++)
        if (at[i] < (i < 2 ? TENTHS_LEAST : 1) || at[i] > TENTHS_MAX)
            return false;
    *ret_box = (struct layout_box){(float)at[0] / 10, (float)at[1] / 10, (float)at[2] / 10,
                                   (float)at[3] / 10, (enum layout_kind)k};
    return k <= LAYOUT_POST;
}

static int boxes_of_json(json_t *json, struct form_model *model, struct err *err)
{
    size_t count = json_array_size(json);
    if (count == 0 || count > LAYOUT_BOXES_MAX)
        return refuse(err, "boxes: 1 to 4000 are wanted");
    model->boxes = malloc(count * sizeof *model->boxes);
    if (!model->boxes)
        return err_set(err, ERR_MEMORY, "form model: no memory for %zu boxes", count);
    model->print.boxes = model->boxes;
    model->print.count = count;
    for (size_t i = 0; i < count; i++)
        if (!box_of_json(json_array_get(json, i), &model->boxes[i]))
            return refuse(err, "boxes: [kind, left, top, width, height] in tenths of mm is wanted");
    return 0;
}

static int field_of_name(const char *name)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (strcmp(field_name((enum field_name)i), name) == 0)
            return i;
    return -1;
}

static int zones_of_json(json_t *json, struct form_model *model, struct err *err)
{
    if (!json_is_array(json) || json_array_size(json) > MODEL_ZONES_MAX)
        return refuse(err, "zones: a list of at most 16 is wanted");
    for (size_t i = 0; i < json_array_size(json); i++) {
        const char *name;
        json_t *box;
        double at[4];
        struct form_zone *zone = &model->zones[model->zone_count];
        if (json_unpack(json_array_get(json, i), "{s:s, s:o, s:i !}", "field", &name, "box", &box,
                        "cells", &zone->cells) < 0 ||
            field_of_name(name) < 0 || !four_of_json(box, at) || zone->cells < 0 ||
            zone->cells > CELLS_MAX)
            return refuse(err, "zones: {field, box, cells} is wanted");
        *zone = (struct form_zone){.field = (enum field_name)field_of_name(name),
                                   .x = at[0],
                                   .y = at[1],
                                   .width = at[2],
                                   .height = at[3],
                                   .cells = zone->cells};
        model->zone_count++;
    }
    return 0;
}

/* Borrowed from the JSON text. */
struct heading {
    const char *type, *cerfa, *volet, *digest;
    int format, width, height, retired;
};

static bool heading_is_sound(const struct heading *h, const struct form_model *model)
{
    return is_type(h->type) && is_cerfa(h->cerfa) && is_volet(h->volet) && model->revision >= 1 &&
           model->revision <= REVISION_MAX && model->samples >= 1 &&
           model->samples <= SAMPLES_MAX && h->width > 100 && h->width <= TENTHS_MAX &&
           h->height > 100 && h->height <= TENTHS_MAX;
}

static int model_of_json(json_t *json, struct form_model *model, struct err *err)
{
    struct heading h;
    json_error_t why;
    json_t *boxes, *zones;
    if (json_unpack_ex(
            json, &why, 0, "{s:i, s:s, s:s, s:s, s:i, s:i, s:[i, i !], s:o, s:o, s:s, s:b !}",
            "format", &h.format, "type", &h.type, "cerfa", &h.cerfa, "volet", &h.volet, "revision",
            &model->revision, "samples", &model->samples, "page", &h.width, &h.height, "zones",
            &zones, "boxes", &boxes, "digest", &h.digest, "retired", &h.retired) < 0)
        return refuse(err, why.text);
    if (h.format != FORMAT)
        return err_set(err, ERR_UNSUPPORTED, "form model: format %d, this program reads %d",
                       h.format, FORMAT);
    if (!heading_is_sound(&h, model))
        return refuse(err, "type, cerfa, volet, revision, samples or page is out of range");
    snprintf(model->type, sizeof model->type, "%s", h.type); /* lengths checked above */
    snprintf(model->cerfa, sizeof model->cerfa, "%s", h.cerfa);
    snprintf(model->volet, sizeof model->volet, "%s", h.volet);
    model->retired = h.retired;
    model->tag = tag_of_name(h.type) == TAG_NONE ? TAG_OTHER : tag_of_name(h.type);
    model->print.width = h.width / 10.0;
    model->print.height = h.height / 10.0;
    int rc = boxes_of_json(boxes, model, err);
    if (rc == 0)
        rc = zones_of_json(zones, model, err);
    char hex[DIGEST_HEX_SIZE];
    if (rc == 0 && content_digest(model, hex) < 0)
        rc = err_set(err, ERR_MEMORY, "form model: no memory");
    if (rc == 0 && strcmp(hex, h.digest) != 0)
        rc = err_set(err, ERR_INTEGRITY, "form model: the digest does not match the content");
    return rc;
}

int form_model_read(struct bytes text, struct form_model *ret_model, struct err *err)
{
    SCOPED(form_model_free) struct form_model model = {0};
    *ret_model = model;
    if (text.len > MODEL_FILE_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "form model: %zu bytes, at most %d", text.len,
                       MODEL_FILE_LIMIT_BYTES);
    json_error_t why;
    SCOPED(json_release)
    json_t *json = json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        return err_set(err, ERR_FORMAT, "form model: line %d: %s", why.line, why.text);
    int rc = model_of_json(json, &model, err);
    if (rc == 0)
        rc = form_model_seal(&model, err);
    if (rc < 0)
        return rc;
    *ret_model = model;
    model = (struct form_model){0}; /* handed over */
    return 0;
}
