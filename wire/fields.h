/*
 * The fields of each kind of message, as the one reader in message.c fills them in. What each
 * means, and who sends it: docs/wire.md, docs/partners.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/mail_kind.h"

enum { WIRE_TEXT_SIZE = 256 };

struct batch_open_message {
    char uuid[33]; /* 32 hex digits, chosen by the capture */
    char tenant[4];
    char received[11]; /* date of receipt, 2026-11-22 */
    bool marked;       /* capture marks envelope starts; otherwise separators do */
    bool duplex;
    char mail[MAIL_KIND_SIZE]; /* what it was declared as (mail_kind.h), or "" */
    char source[64];
    char profile[64];
};
struct batch_opened_message {
    char uuid[33];
    uint32_t batch;
    uint32_t accepted; /* pages already accepted for it */
    uint32_t rejected; /* sheets already declared rejected */
    bool ended;        /* all its sheets were fed: only what is there already is taken again */
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
struct sheet_rejected_message {
    uint32_t batch;
    uint32_t number; /* which reject of the batch, from 1 */
    uint32_t sheet;  /* the number the sheet would have had */
    char reason[16]; /* a word of enum reject_reason */
};
struct rejection_noted_message {
    uint32_t batch, number;
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
    char finding[16]; /* what capture saw of it, a word of enum quality_finding, or empty */
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
struct submit_message {
    char uuid[33]; /* 32 hex digits, chosen by the partner */
    char tenant[4];
    char manifest[65]; /* digest of the manifest, hex */
    uint32_t bytes;    /* of the manifest */
};
struct chunk_message {
    char uuid[33];
    uint32_t file; /* 0 the manifest, otherwise the line's number in it */
    uint32_t at;   /* its first byte's place in the file */
};
struct standing_message {
    char uuid[33];
    char phase[12];    /* "manifest", "files", "queued", "done" */
    uint32_t file, at; /* the next byte that is wanted; all before it is durable */
};
struct receipt_message {
    char uuid[33];
    uint32_t at;
};
struct receipt_part_message {
    char uuid[33];
    uint32_t at, bytes; /* place of this part, length of the whole */
};
struct fetch_message {
    char uuid[33];  /* 32 hex digits, made anew for each call */
    uint32_t again; /* 0: the next hand-over; otherwise the number of an earlier one */
    bool pdf;       /* with a searchable PDF of each document */
};
struct handover_message {
    char uuid[33];
    char phase[16];  /* "preparing", "ready", "nothing", "acknowledging", "acknowledged" */
    uint32_t number; /* 0 until it is known */
    uint32_t files;
};
struct part_message {
    uint32_t number, file; /* file 0 the manifest, otherwise the line's number in it */
    uint32_t at;           /* of the file as it was before it was sealed */
};
struct file_part_message {
    uint32_t number, file, at;
    uint32_t bytes; /* length of the whole, as it lies there */
};
struct acknowledge_message {
    char uuid[33];
    uint32_t number;
    char manifest[65]; /* its digest, hex */
};
struct refused_message {
    char what[32];        /* kind of the message refused */
    uint32_t batch, page; /* 0 when it is about no page */
    char code[20];        /* err_name */
    char reason[WIRE_TEXT_SIZE];
};
