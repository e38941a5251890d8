/*
 * Verdicts: see verdict.h. The JSON form has a fixed shape: every key is written, and a missing
 * one is an error, so that a reader needs no defaults; but for fields, which older verdicts lack.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/verdict.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum {
    BOX_LIMIT_PIXELS = 1 << 20,  /* far above IMAGE_SIDE_LIMIT_PIXELS: boxes may stick out */
    TEXT_LIMIT_BYTES = 4 << 20,  /* a page of the smallest print holds some 20 KB */
    MS_LIMIT = 24 * 3600 * 1000, /* one day */
    SKEW_LIMIT_DEGREES = 90
};

static const char *const tag_names[TAG_COUNT] = {
    "none", "care_form", "sick_note", "cheque", "letter", "other", "blank", "separator",
};
static const char *const field_names[FIELD_COUNT] = {
    "nir", "cmc7", "rlmc_key", "date", "cerfa", "volet", "organisation", "addressee", "separator",
};
static const char *const state_names[] = {"absent", "read", "proven"};
static const char *const stage_names[STAGE_COUNT] = {
    "decode", "layout", "separator", "cheque", "form", "title", "text",
};

const char *tag_name(enum tag tag)
{
    assert(tag >= 0 && tag < TAG_COUNT);
    return tag_names[tag];
}

enum tag tag_of_name(const char *name)
{
    for (int i = TAG_NONE + 1; i < TAG_COUNT; i++)
        if (strcmp(tag_names[i], name) == 0)
            return (enum tag)i;
    return TAG_NONE;
}

bool tag_is_written(enum tag tag)
{
    return tag >= TAG_CARE_FORM && tag <= TAG_OTHER;
}

const char *field_name(enum field_name name)
{
    assert(name >= 0 && name < FIELD_COUNT);
    return field_names[name];
}

const char *field_state_name(enum field_state state)
{
    assert(state >= FIELD_ABSENT && state <= FIELD_PROVEN);
    return state_names[state];
}

const char *stage_name(enum stage stage)
{
    assert(stage >= 0 && stage < STAGE_COUNT);
    return stage_names[stage];
}

void verdict_reason(struct verdict *verdict, const char *format, ...)
{
    if (verdict->reason_count >= VERDICT_REASONS_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(verdict->reasons[verdict->reason_count++], REASON_SIZE, format, args);
    va_end(args);
}

void verdict_set_field(struct verdict *verdict, enum field_name name, enum field_state state,
                       const char *value, struct box box)
{
    assert(name >= 0 && name < FIELD_COUNT);
    struct field *field = &verdict->fields[name];
    field->state = state;
    field->box = box;
    snprintf(field->value, sizeof field->value, "%s", state == FIELD_ABSENT ? "" : value);
}

static int32_t within(int64_t value, int32_t end)
{
    return value < 0 ? 0 : value > end ? end : (int32_t)value;
}

void verdict_clip_boxes(struct verdict *verdict, int32_t width, int32_t height)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct box *box = &verdict->fields[i].box;
        int32_t right = within((int64_t)box->x + box->width, width);
        int32_t lower = within((int64_t)box->y + box->height, height);
        int32_t left = within(box->x, width), upper = within(box->y, height);
        *box = (struct box){left, upper, right - left, lower - upper};
        if (box->width <= 0 || box->height <= 0)
            *box = (struct box){0};
    }
}

void verdict_clear(struct verdict *verdict)
{
    free(verdict->text);
    *verdict = (struct verdict){0};
}

static json_t *box_to_json(struct box box)
{
    if (box.width <= 0)
        return json_null();
    return json_pack("{s:i, s:i, s:i, s:i}", "x", (int)box.x, "y", (int)box.y, "width",
                     (int)box.width, "height", (int)box.height);
}

static json_t *fields_to_json(const struct verdict *verdict)
{
    json_t *fields = json_object();
    for (int i = 0; fields && i < FIELD_COUNT; i++) {
        const struct field *field = &verdict->fields[i];
        json_t *one = json_pack("{s:s, s:s, s:o}", "value", field->value, "state",
                                field_state_name(field->state), "box", box_to_json(field->box));
        if (json_object_set_new(fields, field_names[i], one) < 0) {
            json_decref(fields);
            return NULL;
        }
    }
    return fields;
}

static json_t *reasons_to_json(const struct verdict *verdict)
{
    json_t *reasons = json_array();
    for (int i = 0; reasons && i < verdict->reason_count; i++) {
        if (json_array_append_new(reasons, json_string(verdict->reasons[i])) < 0) {
            json_decref(reasons);
            return NULL;
        }
    }
    return reasons;
}

static json_t *quality_to_json(const struct verdict *verdict)
{
    json_t *names = json_array();
    for (int i = 0; names && i < QUALITY_FINDINGS; i++) {
        const char *name = quality_finding_name((enum quality_finding)i);
        if ((verdict->quality >> i & 1) && json_array_append_new(names, json_string(name)) < 0) {
            json_decref(names);
            return NULL;
        }
    }
    return names;
}

static json_t *stages_to_json(const struct verdict *verdict)
{
    json_t *stages = json_object();
    for (int i = 0; stages && i < STAGE_COUNT; i++) {
        if (json_object_set_new(stages, stage_names[i], json_real(verdict->ms[i])) < 0) {
            json_decref(stages);
            return NULL;
        }
    }
    return stages;
}

json_t *verdict_to_json(const struct verdict *verdict)
{
    return json_pack("{s:s, s:f, s:b, s:i, s:f, s:o, s:o, s:o, s:o, s:s, s:s, s:s?}", "tag",
                     tag_name(verdict->tag), "confidence", verdict->confidence, "accepted",
                     (int)verdict->accepted, "rotation", verdict->rotation, "skew", verdict->skew,
                     "quality", quality_to_json(verdict), "reasons", reasons_to_json(verdict), "ms",
                     stages_to_json(verdict), "fields", fields_to_json(verdict), "model",
                     verdict->model, "config", verdict->config, "text", verdict->text);
}

/* What the steps of reading share: where the error goes, and nothing else. */
static int refuse(struct err *err, const char *key, const char *want)
{
    return err_set(err, ERR_FORMAT, "verdict: %s: %s is wanted", key, want);
}

/* Copies a JSON string that fits; NUL inside or a longer one is refused. */
static int text_of_json(const json_t *json, const char *key, char *ret_text, size_t size,
                        struct err *err)
{
    const char *text = json_string_value(json);
    if (!text || strlen(text) != json_string_length(json))
        return refuse(err, key, "a text");
    if (strlen(text) >= size)
        return err_set(err, ERR_FORMAT, "verdict: %s: %zu bytes, at most %zu", key, strlen(text),
                       size - 1);
    snprintf(ret_text, size, "%s", text);
    return 0;
}

static int number_of_json(const json_t *json, const char *key, const double range[2],
                          double *ret_number, struct err *err)
{
    if (!json_is_number(json))
        return refuse(err, key, "a number");
    double got = json_number_value(json);
    if (!(got >= range[0] && got <= range[1]))
        return err_set(err, ERR_FORMAT, "verdict: %s: %g, must be %g to %g", key, got, range[0],
                       range[1]);
    *ret_number = got;
    return 0;
}

static int name_of_json(const json_t *json, const char *key, const char *const names[], int count,
                        struct err *err)
{
    const char *text = json_string_value(json);
    for (int i = 0; text && i < count; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return refuse(err, key, "a known name");
}

static int box_of_json(json_t *json, struct box *ret_box, struct err *err)
{
    *ret_box = (struct box){0};
    if (json_is_null(json))
        return 0;
    int at[4];
    if (json_unpack(json, "{s:i, s:i, s:i, s:i !}", "x", &at[0], "y", &at[1], "width", &at[2],
                    "height", &at[3]) < 0)
        return refuse(err, "box", "null or {x, y, width, height}");
    for (int i = 0; i < 4; i++)
        if (at[i] < (i < 2 ? -BOX_LIMIT_PIXELS : 1) || at[i] > BOX_LIMIT_PIXELS)
            return err_set(err, ERR_FORMAT, "verdict: box: %d is out of range", at[i]);
    *ret_box = (struct box){.x = at[0], .y = at[1], .width = at[2], .height = at[3]};
    return 0;
}

static int field_of_json(json_t *json, const char *key, struct field *ret_field, struct err *err)
{
    json_t *value, *state, *box;
    if (json_unpack(json, "{s:o, s:o, s:o !}", "value", &value, "state", &state, "box", &box) < 0)
        return refuse(err, key, "{value, state, box}");
    int got = name_of_json(state, key, state_names, FIELD_PROVEN + 1, err);
    if (got < 0)
        return got;
    ret_field->state = (enum field_state)got;
    int rc = text_of_json(value, key, ret_field->value, sizeof ret_field->value, err);
    if (rc < 0)
        return rc;
    if ((ret_field->state == FIELD_ABSENT) != (ret_field->value[0] == '\0'))
        return refuse(err, key, "a value exactly when the state is not absent");
    return box_of_json(box, &ret_field->box, err);
}

static int fields_of_json(const json_t *json, struct verdict *verdict, struct err *err)
{
    size_t known = 0;
    for (int i = 0; i < FIELD_COUNT; i++) {
        json_t *one = json_object_get(json, field_names[i]);
        if (!one)
            continue;
        known++;
        int rc = field_of_json(one, field_names[i], &verdict->fields[i], err);
        if (rc < 0)
            return rc;
    }
    return json_is_object(json) && known == json_object_size(json)
               ? 0
               : refuse(err, "fields", "an object of known fields");
}

static int stages_of_json(const json_t *json, struct verdict *verdict, struct err *err)
{
    if (json_object_size(json) != STAGE_COUNT)
        return refuse(err, "ms", "an object with every stage");
    for (int i = 0; i < STAGE_COUNT; i++) {
        int rc = number_of_json(json_object_get(json, stage_names[i]), stage_names[i],
                                (double[]){0, MS_LIMIT}, &verdict->ms[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int reasons_of_json(const json_t *json, struct verdict *verdict, struct err *err)
{
    if (!json_is_array(json) || json_array_size(json) > VERDICT_REASONS_MAX)
        return refuse(err, "reasons", "a list of at most 16 sentences");
    for (size_t i = 0; i < json_array_size(json); i++) {
        int rc =
            text_of_json(json_array_get(json, i), "reasons", verdict->reasons[i], REASON_SIZE, err);
        if (rc < 0)
            return rc;
        verdict->reason_count++;
    }
    return 0;
}

static int finding_of_json(const json_t *json)
{
    const char *text = json_string_value(json);
    return text ? quality_finding_of_name(text) : -1;
}

/* A set: each name at most once. */
static int quality_of_json(const json_t *json, struct verdict *verdict, struct err *err)
{
    size_t i;
    json_t *one;
    if (!json_is_array(json))
        return refuse(err, "quality", "a list of findings");
    json_array_foreach(json, i, one)
    {
        int finding = finding_of_json(one);
        if (finding < 0 || (verdict->quality >> finding & 1))
            return refuse(err, "quality", "each known finding once");
        verdict->quality |= 1u << finding;
    }
    return 0;
}

static int body_of_json(const json_t *json, struct verdict *verdict, struct err *err)
{
    if (json_is_null(json))
        return 0;
    size_t len = json_string_length(json);
    if (!json_is_string(json) || strlen(json_string_value(json)) != len)
        return refuse(err, "text", "null or a text");
    if (len > TEXT_LIMIT_BYTES)
        return err_set(err, ERR_FORMAT, "verdict: text: %zu bytes, at most %d", len,
                       TEXT_LIMIT_BYTES);
    verdict->text = strdup(json_string_value(json));
    return verdict->text ? 0 : err_set(err, ERR_MEMORY, "verdict: no memory for %zu bytes", len);
}

static bool is_quarter_turn(json_int_t degrees)
{
    return degrees >= 0 && degrees < 360 && degrees % 90 == 0;
}

/* The parts of the object, borrowed from it. */
struct parts {
    json_t *tag, *confidence, *accepted, *rotation, *skew, *quality, *reasons, *ms, *fields, *model,
        *config, *text;
};

static int parts_of_json(const json_t *json, struct parts *ret_parts, struct err *err)
{
    struct parts *p = ret_parts;
    json_error_t why;
    if (json_unpack_ex((json_t *)json, &why, 0,
                       "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o !}", "tag",
                       &p->tag, "confidence", &p->confidence, "accepted", &p->accepted, "rotation",
                       &p->rotation, "skew", &p->skew, "quality", &p->quality, "reasons",
                       &p->reasons, "ms", &p->ms, "fields", &p->fields, "model", &p->model,
                       "config", &p->config, "text", &p->text) < 0)
        return err_set(err, ERR_FORMAT, "verdict: %s", why.text);
    return 0;
}

static int scalars_of_json(const struct parts *p, struct verdict *v, struct err *err)
{
    int tag = name_of_json(p->tag, "tag", tag_names, TAG_COUNT, err);
    if (tag < 0)
        return tag;
    v->tag = (enum tag)tag;
    if (!json_is_boolean(p->accepted))
        return refuse(err, "accepted", "true or false");
    v->accepted = json_is_true(p->accepted);
    if (!json_is_integer(p->rotation) || !is_quarter_turn(json_integer_value(p->rotation)))
        return refuse(err, "rotation", "0, 90, 180 or 270");
    v->rotation = (int)json_integer_value(p->rotation);
    int rc = number_of_json(p->confidence, "confidence", (double[]){0, 1}, &v->confidence, err);
    if (rc == 0)
        rc = number_of_json(p->skew, "skew", (double[]){-SKEW_LIMIT_DEGREES, SKEW_LIMIT_DEGREES},
                            &v->skew, err);
    if (rc == 0)
        rc = text_of_json(p->model, "model", v->model, sizeof v->model, err);
    if (rc == 0)
        rc = text_of_json(p->config, "config", v->config, sizeof v->config, err);
    return rc;
}

int verdict_of_json(const json_t *json, struct verdict *ret_verdict, struct err *err)
{
    SCOPED(verdict_clear) struct verdict verdict = {0};
    struct parts parts;
    *ret_verdict = verdict;
    int rc = parts_of_json(json, &parts, err);
    if (rc == 0)
        rc = scalars_of_json(&parts, &verdict, err);
    if (rc == 0)
        rc = quality_of_json(parts.quality, &verdict, err);
    if (rc == 0)
        rc = reasons_of_json(parts.reasons, &verdict, err);
    if (rc == 0)
        rc = stages_of_json(parts.ms, &verdict, err);
    if (rc == 0)
        rc = fields_of_json(parts.fields, &verdict, err);
    if (rc == 0)
        rc = body_of_json(parts.text, &verdict, err);
    if (rc < 0)
        return rc;
    *ret_verdict = verdict;
    verdict.text = NULL; /* handed over */
    return 0;
}
