/*
 * The hub towards captures and tools: batches, pages, questions. Pages that have arrived are
 * committed together, then each is acknowledged.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/batch_receipt.h"
#include "archive/handover.h"
#include "base/clock.h"
#include "base/log.h"
#include "workers/desk.h"
#include "workers/hub.h"

enum { RETRY_MS = 1000 }; /* when a capture that was told to wait asks again */

static int parse_uuid(const char *hex, struct batch_uuid *ret_uuid)
{
    unsigned byte;
    if (strlen(hex) != 2 * BATCH_UUID_BYTES || strspn(hex, "0123456789abcdef") != strlen(hex))
        return ERR_PROTOCOL;
    for (int i = 0; i < BATCH_UUID_BYTES; i++) {
        sscanf(hex + 2 * i, "%2x", &byte);
        ret_uuid->at[i] = (uint8_t)byte;
    }
    return 0;
}

static int spec_of(const struct batch_open_message *open, struct batch_spec *ret_spec,
                   struct err *err)
{
    *ret_spec =
        (struct batch_spec){.boundary = open->marked ? BOUNDARY_MARKED : BOUNDARY_SEPARATORS,
                            .duplex = open->duplex,
                            .medical = mail_kind_is_medical(open->mail)};
    if (parse_uuid(open->uuid, &ret_spec->uuid) < 0)
        return err_set(err, ERR_PROTOCOL, "batch_open: uuid must be 32 lower-case hex digits");
    if (day_parse(open->received, &ret_spec->received) < 0)
        return err_set(err, ERR_PROTOCOL, "batch_open: date of receipt '%s' is not YYYY-MM-DD",
                       open->received);
    if (open->mail[0] && !mail_kind_is_known(open->mail))
        return err_set(err, ERR_PROTOCOL, "batch_open: mail '%s' is none of " MAIL_KINDS,
                       open->mail);
    if (!ret_spec->medical)
        snprintf(ret_spec->kind, sizeof ret_spec->kind, "%s", open->mail);
    snprintf(ret_spec->tenant, sizeof ret_spec->tenant, "%s", open->tenant);
    snprintf(ret_spec->source, sizeof ret_spec->source, "%s", open->source);
    snprintf(ret_spec->profile, sizeof ret_spec->profile, "%s", open->profile);
    return 0;
}

static void ask_to_wait(struct hub *hub, const struct peer *from, const char *reason)
{
    struct message wait = {.kind = MESSAGE_WAIT, .wait = {.retry_ms = RETRY_MS}};
    snprintf(wait.wait.reason, sizeof wait.wait.reason, "%.250s", reason);
    hub_send(hub->front, from, &wait);
}

/* A full or broken disk is no fault of who asks: they wait and ask again. Anything else is
 * refused. */
static void refuse_or_wait(struct hub *hub, const struct message *message, const struct peer *from,
                           const struct err *err)
{
    if (err->code != ERR_FULL && err->code != ERR_IO && err->code != ERR_UNAVAILABLE) {
        hub_refuse(hub->front, from, message, err);
        return;
    }
    hub_trouble(hub, err);
    ask_to_wait(hub, from, err->text);
}

static void open_batch(struct hub *hub, const struct message *message, const struct peer *from)
{
    struct batch_spec spec;
    struct batch_id id = {0};
    struct batch_info info;
    struct err err = {0};
    int rc = spec_of(&message->batch_open, &spec, &err);
    if (rc == 0)
        rc = archive_batch_open(hub->archive, &spec, &id, &err);
    if (rc == 0)
        rc = archive_batch_show(hub->archive, id, &info, &err);
    if (rc < 0) {
        refuse_or_wait(hub, message, from, &err);
        return;
    }
    log_info("batch=%u opened: caisse %s, %u pages there", id.n, spec.tenant,
             (unsigned)info.counts.accepted);
    struct message opened = {.kind = MESSAGE_BATCH_OPENED};
    opened.batch_opened.batch = id.n;
    opened.batch_opened.accepted = (uint32_t)info.counts.accepted;
    opened.batch_opened.rejected = (uint32_t)info.counts.sheets_rejected;
    opened.batch_opened.ended = info.state != BATCH_FEEDING;
    snprintf(opened.batch_opened.uuid, sizeof opened.batch_opened.uuid, "%s",
             message->batch_open.uuid);
    hub_send(hub->front, from, &opened);
}

static void reject_sheet(struct hub *hub, const struct message *message, const struct peer *from)
{
    const struct sheet_rejected_message *said = &message->sheet_rejected;
    struct batch_reject reject = {.number = said->number, .sheet = said->sheet};
    struct err err = {0};
    int rc = reject_reason_parse(said->reason, &reject.reason);
    if (rc < 0)
        err_set(&err, ERR_PROTOCOL, "sheet_rejected: the reason is none of those known");
    else
        rc = archive_batch_reject(hub->archive, (struct batch_id){said->batch}, &reject, &err);
    if (rc < 0) {
        refuse_or_wait(hub, message, from, &err);
        return;
    }
    log_info("batch=%u sheet %u declared rejected: %s", said->batch, said->sheet, said->reason);
    struct message noted = {.kind = MESSAGE_REJECTION_NOTED};
    noted.rejection_noted = (struct rejection_noted_message){said->batch, said->number};
    hub_send(hub->front, from, &noted);
}

static void end_batch(struct hub *hub, const struct message *message, const struct peer *from)
{
    const struct batch_end_message *end = &message->batch_end;
    const struct batch_end said = {end->sheets_fed, end->sheets_rejected, end->pages};
    struct err err = {0};
    if (archive_batch_end(hub->archive, (struct batch_id){end->batch}, &said, &err) < 0) {
        refuse_or_wait(hub, message, from, &err);
        return;
    }
    log_info("batch=%u fed: %u sheets, %u rejected, %u pages", end->batch, end->sheets_fed,
             end->sheets_rejected, end->pages);
    hub->may_have_complete = true;
    struct message ended = {.kind = MESSAGE_BATCH_ENDED};
    ended.accepted.batch = end->batch;
    hub_send(hub->front, from, &ended);
}

static void queue_page(struct hub *hub, struct message *message, const struct peer *from)
{
    long long limit = hub->program.tuning.hub.unread_limit_pages;
    if (hub->trouble[0] && clock_mono_ms() < hub->full_until_ms) {
        ask_to_wait(hub, from, hub->trouble);
        return;
    }
    if (hub->unread + (uint64_t)hub->page_count >= (uint64_t)limit) {
        char reason[80];
        snprintf(reason, sizeof reason, "%lld pages wait to be read, at most %lld", limit, limit);
        ask_to_wait(hub, from, reason);
        return;
    }
    hub->page_bytes += message->payload.len;
    hub->page_from[hub->page_count] = *from;
    hub->pages[hub->page_count++] = *message;
    *message = (struct message){0};
}

/* Signs the receipt of a batch that a partner submitted: {fields, reasons} → {statement,
 * signature}. */
static int vouch(struct hub *hub, const json_t *details, json_t **ret_answer, struct err *err)
{
    struct batch_receipt receipt;
    struct signed_statement by;
    int rc = batch_receipt_from_json(details, &receipt, err);
    if (rc == 0)
        rc = batch_receipt_sign(hub->archive, &receipt, json_object_get(details, "reasons"), &by,
                                err);
    if (rc == 0 && !(*ret_answer = statement_to_json(&by)))
        rc = err_set(err, ERR_MEMORY, "receipt: no memory for the answer");
    return rc;
}

/* Signs the manifest of a hand-over: {fields} → {statement, signature}. */
static int vouch_handover(struct hub *hub, const json_t *details, json_t **ret_answer,
                          struct err *err)
{
    struct handover handover;
    struct signed_statement by;
    int rc = handover_from_json(details, &handover, err);
    if (rc == 0)
        rc = handover_sign(hub->archive, &handover, &by, err);
    if (rc == 0 && !(*ret_answer = statement_to_json(&by)))
        rc = err_set(err, ERR_MEMORY, "hand-over: no memory for the answer");
    return rc;
}

/* Notes that a partner has a hand-over: {statement, signature, key} → {done}. */
static int give_handover(struct hub *hub, const json_t *details, json_t **ret_answer,
                         struct err *err)
{
    struct signed_statement by;
    const char *key = json_string_value(json_object_get(details, "key"));
    int rc = statement_from_json(details, &by, err);
    if (rc == 0)
        rc = handover_give(hub->archive, &by, key ? key : "", err);
    if (rc == 0 && !(*ret_answer = json_pack("{s:b}", "done", 1)))
        rc = err_set(err, ERR_MEMORY, "hand-over: no memory for the answer");
    return rc;
}

static void answer_question(struct hub *hub, const struct message *message, const struct peer *from)
{
    struct err err = {0};
    struct message answer = {.kind = MESSAGE_ANSWER};
    const struct ask_message *ask = &message->ask;
    json_t **details = &answer.answer.details;
    bool status = strcmp(ask->verb, "status") == 0;
    int rc;
    if (status)
        rc = hub_status(hub, ask->details, details, &err);
    else if (strcmp(ask->verb, "vouch") == 0)
        rc = vouch(hub, ask->details, details, &err);
    else if (strcmp(ask->verb, "vouch_handover") == 0)
        rc = vouch_handover(hub, ask->details, details, &err);
    else if (strcmp(ask->verb, "give_handover") == 0)
        rc = give_handover(hub, ask->details, details, &err);
    else
        rc = desk_do(hub->archive, &(struct desk_ask){ask->verb, ask->actor, ask->details}, details,
                     &err);
    if (rc < 0)
        hub_refuse(hub->front, from, message, &err);
    else
        hub_send(hub->front, from, &answer);
    json_decref(answer.answer.details);
    if (!status) /* a person decided */
        hub->may_have_unread = hub->may_have_complete = true;
}

static void take(struct hub *hub, struct message *message, const struct peer *from)
{
    struct err err = {0};
    switch (message->kind) {
    case MESSAGE_BATCH_OPEN:
        open_batch(hub, message, from);
        return;
    case MESSAGE_PAGE:
        queue_page(hub, message, from);
        return;
    case MESSAGE_SHEET_REJECTED:
        reject_sheet(hub, message, from);
        return;
    case MESSAGE_BATCH_END:
        hub_capture_commit(hub); /* its pages came before it */
        end_batch(hub, message, from);
        return;
    case MESSAGE_ASK:
        answer_question(hub, message, from);
        return;
    default:
        err_set(&err, ERR_PROTOCOL, "message '%s' is not for this door",
                message_name(message->kind));
        hub_refuse(hub->front, from, message, &err);
    }
}

int hub_capture_receive(struct hub *hub, struct err *err)
{
    while (hub->page_count < hub->program.tuning.hub.group_pages && hub->page_bytes < GROUP_BYTES) {
        struct message message;
        struct peer from;
        int rc = link_receive(hub->front, &message, &from, err);
        if (rc == 0)
            return 0;
        if (rc == ERR_UNAVAILABLE)
            return rc;
        if (rc < 0) {
            log_warn("front: %s", err->text);
            hub_refuse(hub->front, &from, NULL, err);
        } else {
            take(hub, &message, &from);
        }
        message_clear(&message);
    }
    return 0;
}

/* Fills the archive's form of page `i`; ERR_PROTOCOL when a field makes no sense. */
static int page_of(struct hub *hub, int i, struct intake_page *ret_page, char **ret_capture,
                   struct err *err)
{
    const struct page_message *page = &hub->pages[i].page;
    *ret_capture = json_dumps(page->capture, JSON_COMPACT);
    *ret_page = (struct intake_page){.id = {page->batch, page->page},
                                     .image = buf_view(&hub->pages[i].payload),
                                     .starts_envelope = page->starts_envelope,
                                     .sheet = page->sheet,
                                     .side = (uint8_t)page->side};
    if (!*ret_capture)
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory", page->batch, page->page);
    ret_page->capture = bytes_of(*ret_capture, strlen(*ret_capture));
    if (digest_parse(page->digest, &ret_page->digest) < 0 || page->side > 1 || page->sheet == 0)
        return err_set(err, ERR_PROTOCOL, "page %u-%u: digest, sheet or side is not valid",
                       page->batch, page->page);
    return 0;
}

static void answer_page(struct hub *hub, int i, int result)
{
    const struct message *message = &hub->pages[i];
    struct err err = {0};
    if (result == ERR_UNAVAILABLE) /* one before it was lost on the way: both are sent again */
        return;
    if (result < 0) {
        err_set(&err, result, "page %u-%u: refused (%s)", message->page.batch, message->page.page,
                err_name(result));
        log_warn("%s", err.text);
        hub_refuse(hub->front, &hub->page_from[i], message, &err);
        return;
    }
    struct message accepted = {.kind = MESSAGE_ACCEPTED};
    accepted.accepted = (struct accepted_message){message->page.batch, message->page.page};
    hub_send(hub->front, &hub->page_from[i], &accepted);
}

static void answer_group(struct hub *hub, int rc, const int *results, const struct err *err)
{
    for (int i = 0; i < hub->page_count; i++) {
        if (rc < 0)
            ask_to_wait(hub, &hub->page_from[i], err->text);
        else
            answer_page(hub, i, results[i]);
    }
}

void hub_capture_commit(struct hub *hub)
{
    static struct intake_page pages[GROUP_MAX];
    static int results[GROUP_MAX], kept_results[GROUP_MAX];
    static int kept[GROUP_MAX];
    char *captures[GROUP_MAX];
    struct err err = {0};
    int kept_count = 0;
    for (int i = 0; i < hub->page_count; i++) {
        results[i] = page_of(hub, i, &pages[kept_count], &captures[i], &err);
        if (results[i] == 0)
            kept[kept_count++] = i;
    }
    int rc = 0;
    if (kept_count > 0)
        rc = intake_accept(hub->archive, pages, (size_t)kept_count, kept_results, &err);
    for (int k = 0; rc >= 0 && k < kept_count; k++)
        results[kept[k]] = kept_results[k];
    if (rc < 0)
        hub_trouble(hub, &err);
    else if (kept_count > 0 && hub->trouble[0])
        hub_trouble(hub, NULL);
    answer_group(hub, rc, results, &err);
    for (int i = 0; i < hub->page_count; i++) {
        free(captures[i]);
        message_clear(&hub->pages[i]);
    }
    hub->may_have_unread |= kept_count > 0;
    hub->unread += rc < 0 ? 0 : (uint64_t)kept_count;
    hub->page_count = 0;
    hub->page_bytes = 0;
}
