/*
 * The organisations whose mail this is, from config/tenants.conf. Each has an administrative and a
 * medical compartment, with a key each.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/ids.h"
#include "base/err.h"

enum tenant_kind { TENANT_CAISSE, TENANT_MEDICAL_SERVICE };

enum {
    TENANT_NAME_SIZE = 64,
    TENANTS_MAX = 200,      /* France has about 100 caisses */
    TENANT_WEIGHT_MAX = 100 /* Paris has 40 times the insured of the smallest caisse */
};

struct tenant {
    char code[TENANT_TEXT_SIZE]; /* three digits */
    char name[TENANT_NAME_SIZE];
    char medical_name[TENANT_NAME_SIZE]; /* the service behind the medical compartment, or "" */
    enum tenant_kind kind;
    uint32_t weight; /* 1 to TENANT_WEIGHT_MAX: share of the work while several have mail waiting */
};

struct tenants;

/* ERR_CONFIG names file, line and fact: code that is not three digits, doubled code, unknown kind,
 * name missing or too long, weight out of range. A weight that is left out is 1. */
int tenants_load(const char *path, struct tenants **ret_tenants, struct err *err);
void tenants_free(struct tenants **tenants);

/* NULL when there is no such code. Borrowed. */
const struct tenant *tenants_find(const struct tenants *tenants, const char *code);

/* By index, rising by code; NULL from the count on. */
const struct tenant *tenants_at(const struct tenants *tenants, int index);

/* The index of a code; -1 when there is no such. */
int tenants_place(const struct tenants *tenants, const char *code);
