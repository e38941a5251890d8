/*
 * Partners' keys: see listed.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/listed.h"

#include <stdio.h>
#include <string.h>

int listed_find(const struct allow_list *list, const char *key, struct listed *ret_listed,
                struct err *err)
{
    struct listed listed = {0};
    char medical[16] = "", rest[2] = "";
    const char *name = allow_list_name(list, key);
    int got = name ? sscanf(name, "%3[0-9] %15s %1s", listed.tenant, medical, rest) : 0;
    listed.medical = got == 2 && strcmp(medical, "medical") == 0;
    if ((got != 1 && !listed.medical) || !manifest_tenant_is_valid(listed.tenant))
        return err_set(err, ERR_DENIED, "key %.8s… is listed for no tenant", key);
    *ret_listed = listed;
    return 0;
}
