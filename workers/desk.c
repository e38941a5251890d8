/*
 * The desk: see desk.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/access.h"
#include "archive/day_seal.h"
#include "archive/filing.h"
#include "archive/merge.h"
#include "archive/paper.h"
#include "archive/rotate.h"
#include "base/scope.h"
#include "workers/desk_archive.h"

static enum page_kind kind_of(enum tag tag)
{
    if (tag == TAG_BLANK)
        return PAGE_BLANK;
    return tag == TAG_SEPARATOR ? PAGE_SEPARATOR : PAGE_WRITTEN;
}

enum compartment desk_compartment(enum tag tag, const char *volet)
{
    bool open_volet = strcmp(volet, "2") == 0 || strcmp(volet, "3") == 0;
    return tag == TAG_SICK_NOTE && !open_volet ? COMPARTMENT_MEDICAL : COMPARTMENT_ADMIN;
}

/* A form or a cheque is worked on by the caisse, whoever it was sent to. */
static enum compartment compartment_of(const struct verdict *verdict)
{
    const struct field *volet = &verdict->fields[FIELD_VOLET];
    const struct field *addressee = &verdict->fields[FIELD_ADDRESSEE];
    if ((verdict->tag == TAG_LETTER || verdict->tag == TAG_OTHER) &&
        strcmp(addressee->value, VERDICT_MEDICAL_SERVICE) == 0)
        return COMPARTMENT_MEDICAL;
    return desk_compartment(verdict->tag, volet->state != FIELD_ABSENT ? volet->value : "");
}

void desk_decision_of(const struct verdict *verdict, struct intake_decision *ret_decision)
{
    const struct field *nir = &verdict->fields[FIELD_NIR];
    const struct field *date = &verdict->fields[FIELD_DATE];
    *ret_decision = (struct intake_decision){.accepted = verdict->accepted,
                                             .kind = kind_of(verdict->tag),
                                             .compartment = compartment_of(verdict),
                                             .confidence = verdict->confidence};
    snprintf(ret_decision->tag, sizeof ret_decision->tag, "%s", tag_name(verdict->tag));
    if (nir->state == FIELD_PROVEN)
        snprintf(ret_decision->insured, sizeof ret_decision->insured, "%.15s", nir->value);
    /* Only a proven date may shorten a life; a read one could be misread to an earlier year. */
    if (date->state == FIELD_PROVEN && day_parse(date->value, &ret_decision->event) < 0)
        ret_decision->event = (struct day){0};
}

static int page_of(const json_t *details, struct page_id *ret_page, struct err *err)
{
    const char *text = json_string_value(json_object_get(details, "page"));
    if (!text || page_id_parse(text, ret_page) < 0)
        return err_set(err, ERR_PROTOCOL, "page '%s': must be BATCH-PAGE, as 12-340",
                       text ? text : "");
    return 0;
}

/* The page as it waits for a person: to code, or in quarantine. */
static int waiting_page(struct archive *archive, struct page_id id, struct intake_waiting *ret_page,
                        struct err *err)
{
    static const enum page_state states[] = {PAGE_TO_CODE, PAGE_QUARANTINED};
    const struct page_id before = {id.batch, id.page - 1};
    for (int i = 0; i < 2; i++) {
        int got = intake_list(archive, (struct intake_line){states[i], before}, ret_page, 1, err);
        if (got < 0)
            return got;
        if (got == 1 && ret_page->id.batch == id.batch && ret_page->id.page == id.page)
            return 0;
        if (got == 1)
            intake_waiting_clear(ret_page);
    }
    return err_set(err, ERR_NOT_FOUND, "page %u-%u: not waiting for a person", id.batch, id.page);
}

/* What a person says of a page. */
struct coded {
    enum tag tag;
    const char *volet; /* "" none */
    bool medical;      /* for the médecin-conseil, whatever it is */
    const char *actor;
};

/* The machine's verdict, if there is one, with the person's tag over it. What the machine took for
 * mail to the medical service stays that: `tripli tag` moves it once it is filed. */
static int verdict_by_person(const struct intake_waiting *page, const struct coded *coded,
                             struct verdict *ret_verdict, struct err *err)
{
    *ret_verdict = (struct verdict){0};
    json_t *old = page->record.len
                      ? json_loadb((const char *)page->record.at, page->record.len, 0, NULL)
                      : NULL;
    int rc = old ? verdict_of_json(old, ret_verdict, err) : 0;
    json_decref(old);
    if (rc < 0)
        return rc;
    verdict_reason(ret_verdict, "coded by a person: %s (machine: %s)", tag_name(coded->tag),
                   tag_name(ret_verdict->tag));
    ret_verdict->tag = coded->tag;
    ret_verdict->confidence = 1;
    ret_verdict->accepted = true;
    if (coded->volet[0])
        verdict_set_field(ret_verdict, FIELD_VOLET, FIELD_READ, coded->volet, (struct box){0});
    if (coded->medical)
        verdict_set_field(ret_verdict, FIELD_ADDRESSEE, FIELD_READ, VERDICT_MEDICAL_SERVICE,
                          (struct box){0});
    return 0;
}

static int decide_by_person(struct archive *archive, struct page_id id, const struct coded *coded,
                            const struct verdict *verdict, struct err *err)
{
    json_t *json = verdict_to_json(verdict);
    SCOPED(scope_free) char *record = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!record)
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory", id.batch, id.page);
    struct intake_decision decision;
    desk_decision_of(verdict, &decision);
    decision.lending = (struct intake_lending){.id = id, .epoch = 0};
    decision.record = bytes_of(record, strlen(record));
    decision.actor = coded->actor;
    if (coded->medical)
        decision.compartment = COMPARTMENT_MEDICAL;
    int result = 0;
    int rc = intake_decide(archive, &decision, 1, &result, err);
    if (rc >= 0 && result < 0)
        rc = err_set(err, result, "page %u-%u: %s", id.batch, id.page, err_name(result));
    return rc < 0 ? rc : 0;
}

static int do_code(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err)
{
    struct page_id id;
    struct intake_waiting page;
    struct verdict verdict;
    const char *name = json_string_value(json_object_get(details, "tag"));
    const char *volet = json_string_value(json_object_get(details, "volet"));
    const struct coded coded = {name ? tag_of_name(name) : TAG_NONE, volet ? volet : "",
                                json_is_true(json_object_get(details, "medical")), actor};
    int rc = page_of(details, &id, err);
    if (rc < 0)
        return rc;
    if (coded.tag == TAG_NONE)
        return err_set(err, ERR_PROTOCOL, "tag '%s' is not known", name ? name : "");
    rc = waiting_page(archive, id, &page, err);
    if (rc < 0)
        return rc;
    rc = verdict_by_person(&page, &coded, &verdict, err);
    if (rc == 0)
        rc = decide_by_person(archive, id, &coded, &verdict, err);
    verdict_clear(&verdict);
    intake_waiting_clear(&page);
    return rc;
}

static int do_release(struct archive *archive, const char *actor, const json_t *details,
                      struct err *err)
{
    struct page_id id;
    int rc = page_of(details, &id, err);
    return rc < 0 ? rc : intake_release(archive, id, actor, err);
}

static int do_close(struct archive *archive, const char *actor, const json_t *details,
                    struct err *err)
{
    json_int_t n = json_integer_value(json_object_get(details, "batch"));
    if (n < 1 || n > UINT32_MAX)
        return err_set(err, ERR_PROTOCOL, "batch %lld: must be 1 or more", (long long)n);
    return archive_batch_close(archive, (struct batch_id){(uint32_t)n}, actor, err);
}

static int do_place(struct archive *archive, const char *actor, const json_t *details,
                    struct err *err)
{
    json_int_t n = json_integer_value(json_object_get(details, "batch"));
    const char *carton = json_string_value(json_object_get(details, "carton"));
    const char *place = json_string_value(json_object_get(details, "place"));
    if (n < 1 || n > UINT32_MAX)
        return err_set(err, ERR_PROTOCOL, "batch %lld: must be 1 or more", (long long)n);
    const struct paper_move move = {{(uint32_t)n}, carton ? carton : "", place ? place : "", actor};
    return paper_place(archive, &move, err);
}

static int do_seal(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err)
{
    (void)actor;
    (void)details;
    int rc = day_seal_make(archive, err);
    if (rc >= 0)
        rc = access_due(archive, err);
    return rc < 0 ? rc : 0;
}

static int do_rekey(struct archive *archive, const char *actor, const json_t *details,
                    struct err *err)
{
    const char *tenant = json_string_value(json_object_get(details, "tenant"));
    int changed = rotate_keys(archive, tenant && tenant[0] ? tenant : NULL, actor, err);
    return changed < 0 ? changed : 0;
}

static int do_merge(struct archive *archive, const char *actor, const json_t *details,
                    struct err *err)
{
    const char *from = json_string_value(json_object_get(details, "from"));
    const char *into = json_string_value(json_object_get(details, "into"));
    if (!from || !into)
        return err_set(err, ERR_PROTOCOL, "merge: two tenants are wanted");
    return merge_tenants(archive, &(struct merge){from, into, actor}, err);
}

int desk_do(struct archive *archive, const struct desk_ask *ask, json_t **ret_answer,
            struct err *err)
{
    static const struct {
        const char *name;
        int (*act)(struct archive *, const char *, const json_t *, struct err *);
    } verbs[] = {{"code", do_code},
                 {"release", do_release},
                 {"close", do_close},
                 {"place", do_place},
                 {"seal", do_seal},
                 {"rekey", do_rekey},
                 {"merge", do_merge},
                 {"hold_set", desk_hold_set},
                 {"hold_add", desk_hold_add},
                 {"hold_lift", desk_hold_lift},
                 {"event", desk_event},
                 {"tag", desk_tag},
                 {"retention_apply", desk_retention_apply},
                 {"slip_draw", desk_slip_draw},
                 {"slip_revise", desk_slip_revise},
                 {"slip_submit", desk_slip_submit},
                 {"slip_visa", desk_slip_visa},
                 {"slip_destroy", desk_slip_destroy},
                 {"slip_shredded", desk_slip_shredded}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, ask->verb) != 0)
            continue;
        int rc = verbs[i].act(archive, ask->actor, ask->details, err);
        if (rc < 0)
            return rc;
        *ret_answer = json_pack("{s:b}", "done", 1);
        return *ret_answer ? 0
                           : err_set(err, ERR_MEMORY, "%s: no memory for the answer", ask->verb);
    }
    return err_set(err, ERR_PROTOCOL, "verb '%s' is not known", ask->verb);
}

int desk_file(struct archive *archive, struct err *err)
{
    enum { STEP = 64 }; /* envelopes a call */
    int filed;
    do
        filed = filing_run(archive, STEP, err);
    while (filed > 0);
    return filed;
}
