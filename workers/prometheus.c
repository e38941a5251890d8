/*
 * Text for Prometheus: see prometheus.h. A label's value has its backslashes, quotes and line ends
 * escaped, for a worker chooses its own name.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/prometheus.h"

#include <stddef.h>

static long long number(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

static void put_label(FILE *to, const char *name, const char *value)
{
    fprintf(to, "%s=\"", name);
    for (; value && *value; value++) {
        if (*value == '\\' || *value == '"')
            fputc('\\', to);
        fputs(*value == '\n' ? "\\n" : (char[]){*value, '\0'}, to);
    }
    fputc('"', to);
}

static void put_head(FILE *to, const char *name, const char *kind, const char *help)
{
    fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static const char *const states[] = {"filed",       "blank",   "separators", "to_code",
                                     "quarantined", "waiting", "unread"};
static const char *const held_states[] = {"unread", "to_code", "quarantined", "waiting"};

static void put_pages(FILE *to, const json_t *status)
{
    put_head(to, "tripli_pages_accepted_total", "counter", "Pages acknowledged.");
    fprintf(to, "tripli_pages_accepted_total %lld\n", number(status, "pages_accepted"));
    put_head(to, "tripli_pages", "gauge", "Pages by state; the sum is that of those accepted.");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        fprintf(to, "tripli_pages{state=\"%s\"} %lld\n", states[i], number(status, states[i]));
    put_head(to, "tripli_envelopes_filed_total", "counter", "Envelopes in their boxes.");
    fprintf(to, "tripli_envelopes_filed_total %lld\n", number(status, "envelopes_filed"));
    put_head(to, "tripli_documents_total", "counter", "Documents filed.");
    fprintf(to, "tripli_documents_total %lld\n", number(status, "documents"));
}

static void put_held(FILE *to, const json_t *tenant)
{
    for (size_t i = 0; i < sizeof held_states / sizeof *held_states; i++) {
        fputs("tripli_tenant_pages{", to);
        put_label(to, "tenant", json_string_value(json_object_get(tenant, "tenant")));
        fprintf(to, ",state=\"%s\"} %lld\n", held_states[i], number(tenant, held_states[i]));
    }
}

static void put_tenants(FILE *to, const json_t *tenants, int64_t now_ms)
{
    size_t i;
    json_t *row;
    put_head(to, "tripli_oldest_page_seconds", "gauge", "Age of the oldest page not filed.");
    json_array_foreach(tenants, i, row)
    {
        fputs("tripli_oldest_page_seconds{", to);
        put_label(to, "tenant", json_string_value(json_object_get(row, "tenant")));
        fprintf(to, "} %.3f\n", (double)(now_ms - number(row, "oldest_ms")) / 1000);
    }
    put_head(to, "tripli_tenant_pages", "gauge", "Pages not filed, by tenant and state.");
    json_array_foreach(tenants, i, row) put_held(to, row);
}

static void put_lanes(FILE *to, const json_t *lanes)
{
    static const struct {
        const char *field, *name, *kind, *help;
        double unit;
    } rows[] = {{"pages", "tripli_worker_pages_total", "counter", "Verdicts given to this hub.", 1},
                {"cpu_ms", "tripli_worker_cpu_seconds_total", "counter",
                 "Its readers' processor time.", 0.001},
                {"held", "tripli_worker_pages_held", "gauge", "Pages lent to it now.", 1}};
    size_t at;
    json_t *lane;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_head(to, rows[i].name, rows[i].kind, rows[i].help);
        json_array_foreach(lanes, at, lane)
        {
            fprintf(to, "%s{", rows[i].name);
            put_label(to, "worker", json_string_value(json_object_get(lane, "worker")));
            fprintf(to, "} %.15g\n", (double)number(lane, rows[i].field) * rows[i].unit);
        }
    }
}

void prometheus_write(FILE *to, const json_t *status, int verdict, int64_t now_ms)
{
    const json_t *lanes = json_object_get(status, "lanes");
    put_head(to, "tripli_verdict", "gauge",
             "0 all is well, 1 people have work, 2 it stands still.");
    fprintf(to, "tripli_verdict %d\n", verdict);
    put_head(to, "tripli_hub_up", "gauge", "Whether a hub answers.");
    fprintf(to, "tripli_hub_up %d\n", lanes != NULL);
    put_head(to, "tripli_inbox_batches", "gauge", "Partners' batches that the hub has not yet.");
    fprintf(to, "tripli_inbox_batches %lld\n", (long long)number(status, "inbox_batches"));
    put_pages(to, status);
    put_tenants(to, json_object_get(status, "tenants"), now_ms);
    put_lanes(to, lanes);
}
