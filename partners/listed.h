/*
 * What the platform's list says of a partner's key: whose it is, and which compartment it opens.
 * The line beside a key is "041", for the administrative compartment, or "041 medical".
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/manifest.h"
#include "wire/curve.h"

struct listed {
    char tenant[MANIFEST_TENANT_SIZE];
    bool medical;
};

/* ERR_DENIED when the key is not listed, or its line says neither. */
int listed_find(const struct allow_list *list, const char *key, struct listed *ret_listed,
                struct err *err);
