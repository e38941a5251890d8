/*
 * Arguments that several verbs take: see verb.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "classify/keys.h"
#include "classify/verdict.h"
#include "workers/verb.h"

struct document_id verb_document_id(const char *arg, const struct argp_state *state)
{
    struct document_id id = {0};
    if (document_id_parse(arg, &id) < 0)
        argp_error(state, "'%s' is not a document id (as 12-340)", arg);
    return id;
}

uint32_t verb_number(const char *arg, const struct argp_state *state)
{
    char *end;
    long long number = strtoll(arg, &end, 10);
    if (*end || number < 1 || number > UINT32_MAX)
        argp_error(state, "'%s' is not a number from 1 on", arg);
    return (uint32_t)number;
}

struct day verb_day(const char *arg, const struct argp_state *state)
{
    struct day day = {0};
    if (day_parse(arg, &day) < 0)
        argp_error(state, "'%s' is not a day (YYYY-MM-DD)", arg);
    return day;
}

const char *verb_tag_name(const char *arg, const struct argp_state *state)
{
    if (tag_of_name(arg) == TAG_NONE)
        argp_error(state,
                   "'%s' is no tag: care_form, sick_note, cheque, letter, other, blank or "
                   "separator",
                   arg);
    return arg;
}

const char *verb_volet(const char *arg, const struct argp_state *state)
{
    if (strlen(arg) != 1 || !strchr("123", arg[0]))
        argp_error(state, "'%s' is not a volet: 1, 2 or 3", arg);
    return arg;
}

const char *verb_insured(const char *arg, const struct argp_state *state)
{
    char nir[NIR_SIZE] = "";
    size_t len = 0;
    for (const char *at = arg; *at; at++)
        if (!isspace((unsigned char)*at) && ++len < NIR_SIZE)
            nir[len - 1] = (char)toupper((unsigned char)*at);
    if (len != NIR_SIZE - 1)
        argp_error(state, "an insured number has %d characters with its key, this one %zu",
                   NIR_SIZE - 1, len);
    else if (!nir_is_valid(nir))
        argp_error(state, "the key does not prove this insured number");
    return arg;
}
