/*
 * Holds, slips and terms at the desk: see desk_archive.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/desk_archive.h"

#include <string.h>

#include "archive/hold.h"
#include "archive/slip.h"
#include "archive/term.h"
#include "workers/desk.h"

static const char *text_of(const json_t *details, const char *name)
{
    const char *text = json_string_value(json_object_get(details, name));
    return text ? text : "";
}

static int day_in(const json_t *details, const char *name, struct day *ret_day, struct err *err)
{
    const char *text = text_of(details, name);
    if (!text[0] || day_parse(text, ret_day) == 0)
        return 0;
    return err_set(err, ERR_PROTOCOL, "%s '%.20s': must be a day, as 2029-04-01", name, text);
}

static int number_in(const json_t *details, const char *name, uint32_t *ret_number, struct err *err)
{
    json_int_t n = json_integer_value(json_object_get(details, name));
    if (n < 1 || n > UINT32_MAX)
        return err_set(err, ERR_PROTOCOL, "%s %lld: must be 1 or more", name, (long long)n);
    *ret_number = (uint32_t)n;
    return 0;
}

static int document_in(const char *text, struct document_id *ret_id, struct err *err)
{
    if (document_id_parse(text, ret_id) == 0)
        return 0;
    return err_set(err, ERR_PROTOCOL, "document '%.24s': must be as 12-340", text);
}

static int scope_in(const json_t *details, struct hold_spec *spec, struct err *err)
{
    const char *scope = text_of(details, "scope");
    spec->tenant = text_of(details, "tenant");
    spec->insured = text_of(details, "insured");
    for (int i = HOLD_DOCUMENT; i <= HOLD_CASE; i++)
        if (strcmp(scope, hold_scope_name((enum hold_scope)i)) == 0) {
            spec->scope = (enum hold_scope)i;
            if (spec->scope == HOLD_BOX)
                return number_in(details, "box", &spec->box, err);
            if (spec->scope == HOLD_BATCH)
                return number_in(details, "batch", &spec->batch.n, err);
            if (spec->scope == HOLD_INSURED && !spec->insured[0])
                return err_set(err, ERR_PROTOCOL, "insured: a number is wanted");
            if (spec->scope == HOLD_DOCUMENT)
                return document_in(text_of(details, "document"), &spec->document, err);
            return 0;
        }
    return err_set(err, ERR_PROTOCOL, "scope '%.20s' is not known", scope);
}

int desk_hold_set(struct archive *archive, const char *actor, const json_t *details,
                  struct err *err)
{
    struct hold_spec spec = {.actor = actor,
                             .name = text_of(details, "name"),
                             .reason = text_of(details, "reason"),
                             .owner = text_of(details, "owner")};
    int rc = scope_in(details, &spec, err);
    if (rc == 0)
        rc = day_in(details, "until", &spec.until, err);
    if (rc == 0)
        rc = day_in(details, "review", &spec.review, err);
    return rc < 0 ? rc : hold_set(archive, &spec, err);
}

int desk_hold_add(struct archive *archive, const char *actor, const json_t *details,
                  struct err *err)
{
    struct document_id document;
    int rc = document_in(text_of(details, "document"), &document, err);
    return rc < 0 ? rc : hold_add(archive, text_of(details, "name"), document, actor, err);
}

int desk_hold_lift(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err)
{
    return hold_lift(archive, text_of(details, "name"), actor, err);
}

/* ---- slips ---- */

int desk_slip_draw(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err)
{
    struct slip_query query = {.tenant = text_of(details, "tenant")};
    uint32_t slip = 0;
    int rc = day_in(details, "first", &query.first, err);
    if (rc == 0)
        rc = day_in(details, "last", &query.last, err);
    return rc < 0 ? rc : slip_draw(archive, &query, actor, &slip, err);
}

int desk_slip_revise(struct archive *archive, const char *actor, const json_t *details,
                     struct err *err)
{
    uint32_t slip = 0;
    int rc = number_in(details, "slip", &slip, err);
    return rc < 0 ? rc : slip_revise(archive, slip, actor, err);
}

int desk_slip_submit(struct archive *archive, const char *actor, const json_t *details,
                     struct err *err)
{
    uint32_t slip = 0;
    int rc = number_in(details, "slip", &slip, err);
    return rc < 0 ? rc : slip_submit(archive, slip, actor, err);
}

int desk_slip_visa(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err)
{
    struct slip_visa visa = {.granted = json_is_true(json_object_get(details, "granted")),
                             .number = text_of(details, "number"),
                             .actor = actor};
    int rc = number_in(details, "slip", &visa.slip, err);
    if (rc == 0 && json_integer_value(json_object_get(details, "line")) != 0)
        rc = number_in(details, "line", &visa.line, err);
    return rc < 0 ? rc : slip_decide(archive, &visa, err);
}

int desk_slip_destroy(struct archive *archive, const char *actor, const json_t *details,
                      struct err *err)
{
    uint32_t slip = 0;
    int rc = number_in(details, "slip", &slip, err);
    rc = rc < 0 ? rc : slip_destroy_some(archive, slip, actor, err);
    return rc < 0 ? rc : 0;
}

int desk_slip_shredded(struct archive *archive, const char *actor, const json_t *details,
                       struct err *err)
{
    struct slip_shredding shredding = {.record = text_of(details, "number"), .actor = actor};
    int rc = number_in(details, "slip", &shredding.slip, err);
    return rc < 0 ? rc : slip_shredded(archive, &shredding, err);
}

/* ---- terms ---- */

int desk_event(struct archive *archive, const char *actor, const json_t *details, struct err *err)
{
    const struct move_cause cause = {"event_known", actor, text_of(details, "reason")};
    struct document_id id;
    struct day day = {0};
    int rc = document_in(text_of(details, "document"), &id, err);
    if (rc == 0)
        rc = day_in(details, "day", &day, err);
    rc = rc < 0 ? rc : term_event(archive, id, day, &cause, err);
    return rc < 0 ? rc : 0;
}

int desk_tag(struct archive *archive, const char *actor, const json_t *details, struct err *err)
{
    const struct move_cause cause = {"tag_corrected", actor, text_of(details, "reason")};
    const enum tag tag = tag_of_name(text_of(details, "tag"));
    struct term_tag as = {.compartment = COMPARTMENT_MEDICAL};
    struct document_id id;
    int rc = document_in(text_of(details, "document"), &id, err);
    if (rc == 0 && tag == TAG_NONE)
        rc = err_set(err, ERR_PROTOCOL, "tag '%.24s' is not known", text_of(details, "tag"));
    if (rc < 0)
        return rc;
    as.tag = tag_name(tag);
    if (!json_is_true(json_object_get(details, "medical")))
        as.compartment = desk_compartment(tag, text_of(details, "volet"));
    rc = term_retag(archive, id, &as, &cause, err);
    return rc < 0 ? rc : 0;
}

int desk_retention_apply(struct archive *archive, const char *actor, const json_t *details,
                         struct err *err)
{
    const struct move_cause cause = {"term_revised", actor, text_of(details, "reason")};
    const json_t *list = json_object_get(details, "documents"), *one;
    struct document_id ids[TERM_GROUP_MAX];
    size_t i, count = json_array_size(list);
    if (count > TERM_GROUP_MAX)
        return err_set(err, ERR_PROTOCOL, "%zu documents at once, at most %d", count,
                       TERM_GROUP_MAX);
    json_array_foreach(list, i, one)
    {
        const char *text = json_string_value(one);
        int rc = document_in(text ? text : "", &ids[i], err);
        if (rc < 0)
            return rc;
    }
    int rc = term_apply(archive, ids, count, &cause, err);
    return rc < 0 ? rc : 0;
}
