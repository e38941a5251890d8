/*
 * Messages: a small JSON header (kind, v, fields) and for some kinds one binary payload. Each kind
 * is a row of one table that says which fields it has and what they may hold; one reader checks a
 * header against its row and yields a struct. docs/wire.md describes every kind.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "wire/fields.h"

enum {
    WIRE_VERSION = 1,
    WIRE_HEADER_LIMIT_BYTES = 1 << 20,  /* a verdict with the full text of a dense page: 20 KB */
    WIRE_PAYLOAD_LIMIT_BYTES = 32 << 20 /* one page as kept; A4 colour at 300 dpi is below 2 MB */
};

enum message_kind {
    /* capture to hub, and its answers */
    MESSAGE_BATCH_OPEN,
    MESSAGE_BATCH_OPENED,
    MESSAGE_PAGE,
    MESSAGE_ACCEPTED,
    MESSAGE_WAIT,
    MESSAGE_SHEET_REJECTED,
    MESSAGE_REJECTION_NOTED,
    MESSAGE_BATCH_END,
    MESSAGE_BATCH_ENDED,
    /* worker to hub, and the hub's lendings */
    MESSAGE_READY,
    MESSAGE_LEND,
    MESSAGE_VERDICT,
    MESSAGE_FAILED,
    MESSAGE_RETURNED,
    MESSAGE_BYE,
    /* tool to hub */
    MESSAGE_ASK,
    MESSAGE_ANSWER,
    /* partner to gateway, and its answers: docs/partners.md */
    MESSAGE_SUBMIT,
    MESSAGE_CHUNK,
    MESSAGE_STANDING,
    MESSAGE_RECEIPT,
    MESSAGE_RECEIPT_PART,
    MESSAGE_FETCH,
    MESSAGE_HANDOVER,
    MESSAGE_PART,
    MESSAGE_FILE_PART,
    MESSAGE_ACKNOWLEDGE,
    /* to anybody: the message could not be taken */
    MESSAGE_REFUSED,
    MESSAGE_KIND_COUNT
};

/* One message as it came in or goes out. */
struct message {
    enum message_kind kind;
    json_t *header;
    struct buf payload;
    union {
        struct batch_open_message batch_open;
        struct batch_opened_message batch_opened;
        struct page_message page;
        struct accepted_message accepted;
        struct wait_message wait;
        struct sheet_rejected_message sheet_rejected;
        struct rejection_noted_message rejection_noted;
        struct batch_end_message batch_end;
        struct ready_message ready;
        struct lend_message lend;
        struct verdict_message verdict;
        struct failed_message failed;
        struct lend_message returned; /* its first three fields */
        struct ask_message ask;
        struct answer_message answer;
        struct submit_message submit;
        struct chunk_message chunk;
        struct standing_message standing;
        struct receipt_message receipt;
        struct receipt_part_message receipt_part;
        struct fetch_message fetch;
        struct handover_message handover;
        struct part_message part;
        struct file_part_message file_part;
        struct acknowledge_message acknowledge;
        struct refused_message refused;
    };
};

const char *message_name(enum message_kind kind);

/* Checks a header frame and fills `ret_message` (not its payload); ERR_PROTOCOL names kind, field
 * and limit. `ret_message` owns the header: message_clear, also after an error. */
int message_read(struct bytes header, struct message *ret_message, struct err *err);

/* The header frame of a message as JSON text, to be freed; NULL when memory is short. Borrowed
 * json_t fields are copied. */
char *message_write(const struct message *message);

void message_clear(struct message *message);
