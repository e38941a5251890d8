/*
 * Generations of keys and of what they wrapped: see keys_fit.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/keys_fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/file_copy.h"
#include "archive/keys_inside.h"
#include "base/scope.h"

struct fitting {
    struct keys *keys; /* paths alone */
    char tenant[TENANT_TEXT_SIZE];
    enum compartment compartment;
    uint32_t generation; /* of the key file; 0: not known */
    struct err *err;
};

/* Of the key file of whose slots are looked at. */
static void read_generation(struct fitting *fitting)
{
    char path[PATH_MAX];
    struct owner_keys owner = {.compartment = fitting->compartment, .wrap = seal_key_new()};
    memcpy(owner.tenant, fitting->tenant, sizeof owner.tenant);
    keys_tenant_path(fitting->keys, &(struct key_owner){fitting->tenant, fitting->compartment},
                     path);
    fitting->generation =
        owner.wrap && keys_read_tenant(path, &owner, NULL) == 0 ? owner.generation : 0;
    seal_key_free(&owner.wrap);
}

static int look_at_slot(void *to, const struct slot *slot)
{
    struct fitting *fitting = to;
    char path[PATH_MAX], tenant[TENANT_TEXT_SIZE];
    snprintf(tenant, sizeof tenant, "%03u", (unsigned)(slot->id % 1000));
    if (slot->kind == SLOT_INTAKE && strcmp(tenant, fitting->tenant) != 0) {
        memcpy(fitting->tenant, tenant, sizeof tenant);
        read_generation(fitting);
    }
    if (fitting->generation == 0 || fitting->generation == slot->generation)
        return 0;
    keys_tenant_path(fitting->keys, &(struct key_owner){fitting->tenant, fitting->compartment},
                     path);
    return err_set(fitting->err, ERR_CONFLICT,
                   "%.200s: key of generation %u, and this copy is wrapped by generation %u: put "
                   "the key folder's backup from the time of the copy there, then restore; nothing "
                   "was touched",
                   path, fitting->generation, slot->generation);
}

/* "061.admin.keys", "intake.keys" */
static int look_at_file(void *to, const char *name)
{
    struct fitting *fitting = to;
    char compartment[16], rest[16], path[PATH_MAX];
    const bool intake = strcmp(name, "intake.keys") == 0;
    fitting->tenant[0] = '\0';
    fitting->compartment = COMPARTMENT_MEDICAL;
    fitting->generation = 0;
    if (!intake && (sscanf(name, "%3[0-9].%15[a-z]%15s", fitting->tenant, compartment, rest) != 3 ||
                    strcmp(rest, ".keys") != 0))
        return 0;
    if (!intake && strcmp(compartment, compartment_name(COMPARTMENT_ADMIN)) == 0)
        fitting->compartment = COMPARTMENT_ADMIN;
    if (!intake)
        read_generation(fitting);
    snprintf(path, sizeof path, "%s/keys/%.100s", fitting->keys->data_dir, name);
    return keyslots_walk(path, look_at_slot, fitting, fitting->err);
}

int keys_fit(const char *key_dir, const char *data_dir, struct err *err)
{
    SCOPED(scope_free) struct keys *keys = calloc(1, sizeof *keys);
    struct fitting fitting = {.keys = keys, .err = err};
    char folder[PATH_MAX];
    if (!keys)
        return err_set(err, ERR_MEMORY, "keys: no memory");
    snprintf(keys->data_dir, sizeof keys->data_dir, "%s", data_dir);
    snprintf(keys->key_dir, sizeof keys->key_dir, "%s", key_dir);
    snprintf(folder, sizeof folder, "%s/keys", keys->data_dir);
    return folder_each(folder, look_at_file, &fitting, err);
}
