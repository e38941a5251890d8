/*
 * The desk: what people decide, done by whoever holds the archive for writing. Verbs, details:
 *   code    {page, tag, volet, medical}   a person's tag for a page that waits; volet may be ""
 *   release {page}               a quarantined page is read again
 *   close   {batch}              closes a batch when both equations hold
 *   seal    {}                   seals the journals now, without waiting for the day's end
 *   rekey   {tenant}             new tenant keys; "": of every tenant
 *   merge   {from, into}         of tenants; hold_…, slip_…, event, tag, …: desk_archive.h
 * Each answers {"done": true} and what it is about.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/archive.h"
#include "archive/intake.h"
#include "base/err.h"
#include "classify/verdict.h"

struct desk_ask {
    const char *verb;
    const char *actor; /* the user's name, into the journal */
    const json_t *details;
};

/* Does what `verb` says; durable at return. `actor`: the user's name, into the journal.
 * ERR_PROTOCOL for an unknown verb or detail. The answer is a new object. */
int desk_do(struct archive *archive, const struct desk_ask *ask, json_t **ret_answer,
            struct err *err);

/* What the archive is told of a verdict: kind, compartment (medical are volet 1 and unknown volets
 * of sick notes, and letters and other pages addressed to the medical service), proven dates and
 * numbers. `lending` and `record` are left to the caller. */
void desk_decision_of(const struct verdict *verdict, struct intake_decision *ret_decision);

/* Volet 1 of a sick note carries the diagnosis; where the volet is not known (""), it may. */
enum compartment desk_compartment(enum tag tag, const char *volet);

/* Files every envelope that is complete now; for whoever holds the archive when no hub does. */
int desk_file(struct archive *archive, struct err *err);
