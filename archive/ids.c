/*
 * Ids and the states of a page: see ids.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/ids.h"

#include <stdio.h>

#include "base/err.h"

enum { STATES = PAGE_FILED + 1 };

static const char *const state_names[STATES] = {
    [PAGE_ACCEPTED] = "accepted", [PAGE_LEASED] = "leased",           [PAGE_DECIDED] = "decided",
    [PAGE_TO_CODE] = "to_code",   [PAGE_QUARANTINED] = "quarantined", [PAGE_FILED] = "filed",
};

/* The only moves there are; every change of state asks here. */
static const bool moves[STATES][STATES] = {
    [PAGE_ACCEPTED] = {[PAGE_LEASED] = true},
    [PAGE_LEASED] = {[PAGE_ACCEPTED] = true, /* returned, expired, failed */
                     [PAGE_DECIDED] = true,
                     [PAGE_TO_CODE] = true,
                     [PAGE_QUARANTINED] = true},
    [PAGE_DECIDED] = {[PAGE_TO_CODE] = true,     /* undone by a person */
                      [PAGE_QUARANTINED] = true, /* found damaged when it was to be filed */
                      [PAGE_FILED] = true},
    [PAGE_TO_CODE] = {[PAGE_DECIDED] = true},
    [PAGE_QUARANTINED] = {[PAGE_ACCEPTED] = true, /* released by a person */
                          [PAGE_DECIDED] = true,
                          [PAGE_TO_CODE] = true},
};

const char *page_state_name(enum page_state state)
{
    return (unsigned)state < STATES ? state_names[state] : "unknown";
}

bool page_may_move(enum page_state from, enum page_state to)
{
    return (unsigned)from < STATES && (unsigned)to < STATES && moves[from][to];
}

const char *compartment_name(enum compartment compartment)
{
    return compartment == COMPARTMENT_MEDICAL ? "medical" : "admin";
}

static char *format_pair(uint32_t batch, uint32_t page, char ret_text[ID_TEXT_SIZE])
{
    snprintf(ret_text, ID_TEXT_SIZE, "%u-%u", batch, page);
    return ret_text;
}

char *page_id_format(struct page_id id, char ret_text[ID_TEXT_SIZE])
{
    return format_pair(id.batch, id.page, ret_text);
}

char *document_id_format(struct document_id id, char ret_text[ID_TEXT_SIZE])
{
    return format_pair(id.batch, id.first_page, ret_text);
}

/* Reads a number from 1 without sign or leading zero; returns what follows, NULL when none. */
static const char *parse_number(const char *text, uint32_t *ret_number)
{
    uint64_t number = 0;
    if (*text < '1' || *text > '9')
        return NULL;
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > UINT32_MAX)
            return NULL;
    }
    *ret_number = (uint32_t)number;
    return text;
}

static int parse_pair(const char *text, uint32_t *ret_batch, uint32_t *ret_page)
{
    uint32_t batch, page;
    const char *rest = text ? parse_number(text, &batch) : NULL;
    if (!rest || *rest != '-')
        return ERR_FORMAT;
    rest = parse_number(rest + 1, &page);
    if (!rest || *rest || page > PAGES_PER_BATCH_MAX)
        return ERR_FORMAT;
    *ret_batch = batch;
    *ret_page = page;
    return 0;
}

int batch_id_parse(const char *text, struct batch_id *ret_id)
{
    uint32_t number;
    const char *rest = text ? parse_number(text, &number) : NULL;
    if (!rest || *rest)
        return ERR_FORMAT;
    ret_id->n = number;
    return 0;
}

int page_id_parse(const char *text, struct page_id *ret_id)
{
    return parse_pair(text, &ret_id->batch, &ret_id->page);
}

int document_id_parse(const char *text, struct document_id *ret_id)
{
    return parse_pair(text, &ret_id->batch, &ret_id->first_page);
}
