/*
 * Ids. Pages of a batch are numbered from 1 in the order in which they were fed; an envelope and a
 * document carry the number of their first page. So no id is ever given twice, whatever crashes.
 * As text: batch "12", page, envelope and document "12-340".
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    ID_TEXT_SIZE = 24,
    BATCH_UUID_BYTES = 16,
    PAGES_PER_BATCH_MAX = 200000, /* 40 000 envelopes × 2.2 written pages × 2 sides, rounded up */
    TAG_TEXT_SIZE = 24,
    TENANT_TEXT_SIZE = 4
};

struct batch_id {
    uint32_t n; /* from 1; 0 is none */
};
struct page_id {
    uint32_t batch, page;
};
struct envelope_id {
    uint32_t batch, first_page;
};
struct document_id {
    uint32_t batch, first_page;
};

/* A batch's name given by whoever submits it, so that submitting twice makes one batch. */
struct batch_uuid {
    uint8_t at[BATCH_UUID_BYTES];
};

enum compartment { COMPARTMENT_ADMIN, COMPARTMENT_MEDICAL };

/* The states of a page, and the only moves between them (`page_may_move`). */
enum page_state {
    PAGE_ACCEPTED,    /* durable, waits for a worker */
    PAGE_LEASED,      /* lent to a worker until a time */
    PAGE_DECIDED,     /* has a verdict that stands */
    PAGE_TO_CODE,     /* a person decides */
    PAGE_QUARANTINED, /* broke its reader; a person looks at it */
    PAGE_FILED        /* in its box */
};

/* What a decision makes of a page, for the counts and for assembly. */
enum page_kind { PAGE_WRITTEN, PAGE_BLANK, PAGE_SEPARATOR };

const char *page_state_name(enum page_state state); /* "accepted", … */
bool page_may_move(enum page_state from, enum page_state to);
const char *compartment_name(enum compartment compartment); /* "admin", "medical" */

char *page_id_format(struct page_id id, char ret_text[ID_TEXT_SIZE]);
char *document_id_format(struct document_id id, char ret_text[ID_TEXT_SIZE]);
/* Read the text forms; 0 or ERR_FORMAT. */
int batch_id_parse(const char *text, struct batch_id *ret_id);
int page_id_parse(const char *text, struct page_id *ret_id);
int document_id_parse(const char *text, struct document_id *ret_id);
