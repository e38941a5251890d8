/*
 * What archivists ask of the desk (desk.h): holds, elimination slips, terms. Each takes the
 * user's name for the journal and the details of the question; ERR_PROTOCOL for a detail that is
 * not possible.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/archive.h"

/* {name, reason, owner, scope, and: document | tenant, insured | box | batch; until, review: days
 * or ""} */
int desk_hold_set(struct archive *archive, const char *actor, const json_t *details,
                  struct err *err);
/* {name, document} */
int desk_hold_add(struct archive *archive, const char *actor, const json_t *details,
                  struct err *err);
/* {name} */
int desk_hold_lift(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err);

/* {tenant, first, last: months of expiry or ""} */
int desk_slip_draw(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err);
/* {slip} */
int desk_slip_revise(struct archive *archive, const char *actor, const json_t *details,
                     struct err *err);
/* {slip} */
int desk_slip_submit(struct archive *archive, const char *actor, const json_t *details,
                     struct err *err);
/* {slip, line: 0 all, granted, number} */
int desk_slip_visa(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err);
/* {slip}; a portion of it: asked again until the slip is destroyed. */
int desk_slip_destroy(struct archive *archive, const char *actor, const json_t *details,
                      struct err *err);
int desk_slip_shredded(struct archive *archive, const char *actor, const json_t *details,
                       struct err *err);

/* {document, day, reason} */
int desk_event(struct archive *archive, const char *actor, const json_t *details, struct err *err);
/* {document, tag, volet: "" not known, medical: for the medical service whatever it is, reason} */
int desk_tag(struct archive *archive, const char *actor, const json_t *details, struct err *err);
/* {documents: list, reason} */
int desk_retention_apply(struct archive *archive, const char *actor, const json_t *details,
                         struct err *err);
