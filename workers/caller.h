/*
 * Who asks: the person behind a process and the roles that their Unix groups give them by
 * config/roles.conf. docs/operations.md says how people come to a role.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "workers/place.h"

/* A set of them; a verb that names several is open to each. */
enum role {
    ROLE_OPERATOR = 1,  /* feeds, codes, looks at what was filed */
    ROLE_MEDICAL = 2,   /* looks into medical compartments */
    ROLE_ARCHIVIST = 4, /* answers for retention */
    ROLE_AUDITOR = 8    /* reads proofs, not pages */
};
enum { ROLE_OWNER = 16 };                /* root, or the account that owns DATA: may everything */
enum { ROLES_NONE = 0, ROLES_ANY = 15 }; /* of a verb: the owner alone, any role */

enum { CALLER_NAME_SIZE = 33 };

struct caller {
    char name[CALLER_NAME_SIZE]; /* of the account, or "uid-N"; goes into the journal */
    unsigned roles;
};

/* The person is the real user; under sudo to root or to the owner of DATA it is who called sudo.
 * Root, the owner without sudo, and anybody where there is no DATA yet have ROLE_OWNER. For others
 * ERR_CONFIG when config/roles.conf or its folder belongs to somebody else than root or the owner,
 * or others may write it: whoever could choose the file would choose his roles. */
int caller_find(const struct place *place, struct caller *ret_caller, struct err *err);

/* 0, or ERR_DENIED naming `what` and the roles of `wanted`. */
int caller_may(const struct caller *caller, unsigned wanted, const char *what, struct err *err);
