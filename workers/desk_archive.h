/*
 * What archivists ask of the desk (desk.h): holds. Each takes the user's name for the journal and
 * the details of the question; ERR_PROTOCOL for a detail that is not possible.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/archive.h"

/* {name, reason, owner, scope, and: document | tenant, insured | box | batch; until, review: days
 * or ""} */
int desk_hold_set(struct archive *archive, const char *actor, const json_t *details,
                  struct err *err);
/* {name} */
int desk_hold_lift(struct archive *archive, const char *actor, const json_t *details,
                   struct err *err);
