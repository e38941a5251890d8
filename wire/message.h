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

enum {
    WIRE_VERSION = 1,
    WIRE_HEADER_LIMIT_BYTES = 1 << 20,   /* a verdict with the full text of a dense page: 20 KB */
    WIRE_PAYLOAD_LIMIT_BYTES = 32 << 20, /* one page as kept; A4 colour at 300 dpi is below 2 MB */
    WIRE_TEXT_SIZE = 256
};

enum message_kind {
    /* capture to hub, and its answers */
    MESSAGE_BATCH_OPEN,
    MESSAGE_BATCH_OPENED,
    MESSAGE_PAGE,
    MESSAGE_ACCEPTED,
    MESSAGE_WAIT,
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
    /* to anybody: the message could not be taken */
    MESSAGE_REFUSED,
    MESSAGE_KIND_COUNT
};

struct batch_open_message {
    char uuid[33]; /* 32 hex digits, chosen by the capture */
    char tenant[4];
    char received[11]; /* date of receipt, 2026-11-22 */
    bool marked;       /* capture marks envelope starts; otherwise separators do */
    bool duplex;
    char source[64];
    char profile[64];
};
struct batch_opened_message {
    char uuid[33];
    uint32_t batch;
    uint32_t accepted; /* pages already accepted for it */
};
struct page_message {
    uint32_t batch, page; /* page from 1 in feed order */
    char digest[65];      /* BLAKE2b-256 at birth, hex */
    bool starts_envelope;
    uint32_t sheet;  /* from 1 */
    uint32_t side;   /* 0 front, 1 back */
    json_t *capture; /* object, borrowed from the header */
};
struct accepted_message {
    uint32_t batch, page;
};
struct wait_message {
    char reason[WIRE_TEXT_SIZE];
    uint32_t retry_ms;
};
struct batch_end_message {
    uint32_t batch, sheets_fed, sheets_rejected, pages;
};
struct ready_message {
    char worker[64];   /* host and lane; a new peer of the same name takes its place */
    char software[64]; /* version */
    char config[64];   /* id of models and configuration */
    uint32_t credit;   /* pages it holds at the most, lent and not answered */
};
struct lend_message {
    uint32_t batch, page, epoch;
    char digest[65];
    uint32_t deadline_ms;
};
struct verdict_message {
    uint32_t batch, page, epoch;
    uint32_t cpu_ms;
    json_t *verdict; /* object, borrowed */
};
struct failed_message {
    uint32_t batch, page, epoch;
    bool unreadable; /* the bytes are at fault, not the reader: no further try */
    char reason[WIRE_TEXT_SIZE];
};
struct ask_message {
    char verb[32];
    char actor[33];  /* user name of who asks */
    json_t *details; /* object, borrowed */
};
struct answer_message {
    json_t *details; /* object, borrowed */
};
struct refused_message {
    char what[32];        /* kind of the message refused */
    uint32_t batch, page; /* 0 when it is about no page */
    char code[20];        /* err_name */
    char reason[WIRE_TEXT_SIZE];
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
        struct batch_end_message batch_end;
        struct ready_message ready;
        struct lend_message lend;
        struct verdict_message verdict;
        struct failed_message failed;
        struct lend_message returned; /* its first three fields */
        struct ask_message ask;
        struct answer_message answer;
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
