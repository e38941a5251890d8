/*
 * Tenants: see tenants.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/tenants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/scope.h"

struct tenants {
    int count;
    struct tenant at[TENANTS_MAX];
};

static bool is_code(const char *code)
{
    return strlen(code) == 3 && strspn(code, "0123456789") == 3;
}

static int read_kind(const config_setting_t *row, struct tenant *tenant, struct err *err)
{
    const char *kind;
    int rc = config_text_required(row, "kind", &kind, err);
    if (rc < 0)
        return rc;
    if (strcmp(kind, "caisse") == 0)
        tenant->kind = TENANT_CAISSE;
    else if (strcmp(kind, "medical_service") == 0)
        tenant->kind = TENANT_MEDICAL_SERVICE;
    else
        return config_refuse(row, err, "kind '%s', must be caisse or medical_service", kind);
    return 0;
}

static int read_name(const config_setting_t *row, const char *name, const char *key,
                     char ret_name[TENANT_NAME_SIZE], struct err *err)
{
    if (strlen(name) >= TENANT_NAME_SIZE)
        return config_refuse(row, err, "%s has %zu bytes, at most %d", key, strlen(name),
                             TENANT_NAME_SIZE - 1);
    snprintf(ret_name, TENANT_NAME_SIZE, "%s", name);
    return 0;
}

static int read_row(const config_setting_t *row, struct tenant *tenant, struct err *err)
{
    static const char *const known[] = {"code", "name", "kind", "medical", "weight", NULL};
    static const long long weights[2] = {1, TENANT_WEIGHT_MAX};
    const char *code, *name, *medical = "";
    long long weight = 1;
    int rc = config_check_keys(row, known, err);
    if (rc == 0)
        rc = config_text_required(row, "code", &code, err);
    if (rc == 0)
        rc = config_text_required(row, "name", &name, err);
    if (rc == 0)
        rc = config_text(row, "medical", &medical, err);
    if (rc == 0)
        rc = config_int(row, "weight", weights, &weight, err);
    if (rc < 0)
        return rc;
    if (!is_code(code))
        return config_refuse(row, err, "code '%.20s', must be three digits", code);
    snprintf(tenant->code, sizeof tenant->code, "%s", code);
    tenant->weight = (uint32_t)weight;
    rc = read_name(row, name, "name", tenant->name, err);
    if (rc == 0)
        rc = read_name(row, medical, "medical", tenant->medical_name, err);
    return rc < 0 ? rc : read_kind(row, tenant, err);
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const struct tenant *)a)->code, ((const struct tenant *)b)->code);
}

static int read_rows(const config_setting_t *root, struct tenants *tenants, struct err *err)
{
    static const char *const known[] = {"tenants", NULL};
    int rc = config_check_keys(root, known, err);
    if (rc < 0)
        return rc;
    const config_setting_t *list = config_setting_get_member(root, "tenants");
    int count = list ? config_setting_length(list) : 0;
    if (count < 1 || count > TENANTS_MAX)
        return config_refuse(root, err, "%d tenants, must be 1 to %d", count, TENANTS_MAX);
    for (int i = 0; i < count; i++) {
        const config_setting_t *row = config_setting_get_elem(list, (unsigned)i);
        struct tenant tenant = {0};
        rc = read_row(row, &tenant, err);
        if (rc < 0)
            return rc;
        if (tenants_find(tenants, tenant.code))
            return config_refuse(row, err, "tenant %s stands twice", tenant.code);
        tenants->at[tenants->count++] = tenant;
    }
    qsort(tenants->at, (size_t)tenants->count, sizeof *tenants->at, by_code);
    return 0;
}

int tenants_load(const char *path, struct tenants **ret_tenants, struct err *err)
{
    config_t config;
    int rc = config_open(path, &config, err);
    if (rc < 0)
        return rc;
    struct tenants *tenants = calloc(1, sizeof *tenants);
    rc = tenants ? read_rows(config_root_setting(&config), tenants, err)
                 : err_set(err, ERR_MEMORY, "%s: no memory", path);
    config_close(&config);
    if (rc < 0) {
        tenants_free(&tenants);
        return rc;
    }
    *ret_tenants = tenants;
    return 0;
}

void tenants_free(struct tenants **tenants)
{
    if (!tenants || !*tenants)
        return;
    free(*tenants);
    *tenants = NULL;
}

int tenants_place(const struct tenants *tenants, const char *code)
{
    for (int i = 0; i < tenants->count; i++)
        if (strcmp(tenants->at[i].code, code) == 0)
            return i;
    return -1;
}

const struct tenant *tenants_find(const struct tenants *tenants, const char *code)
{
    return tenants_at(tenants, tenants_place(tenants, code));
}

const struct tenant *tenants_at(const struct tenants *tenants, int index)
{
    return index >= 0 && index < tenants->count ? &tenants->at[index] : NULL;
}
