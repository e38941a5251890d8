/*
 * The archive's counts as JSON: see counts_json.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/counts_json.h"

#include <sodium.h>
#include <stdio.h>

#include "base/clock.h"
#include "workers/forecast.h"

#include "archive/standings.h"

static json_t *types_of(const struct archive_counts *counts)
{
    json_t *types = json_object();
    for (int i = 0; i < ARCHIVE_TAGS_MAX && counts->by_tag[i].tag[0]; i++)
        json_object_set_new(types, counts->by_tag[i].tag,
                            json_integer((json_int_t)counts->by_tag[i].pages));
    return types;
}

json_t *counts_to_json(const struct archive_counts *counts)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"batches", counts->batches},
        {"sheets_fed", counts->sheets_fed},
        {"sheets_rejected", counts->sheets_rejected},
        {"pages_accepted", counts->accepted},
        {"filed", counts->filed},
        {"blank", counts->blank},
        {"separators", counts->separators},
        {"to_code", counts->to_code},
        {"quarantined", counts->quarantined},
        {"waiting", counts->waiting},
        {"unread", counts->unread},
        {"envelopes", counts->envelopes},
        {"envelopes_filed", counts->envelopes_filed},
        {"documents", counts->documents},
        {"oldest_unread_ms", (uint64_t)counts->oldest_unread_ms},
    };
    json_t *object = json_object();
    for (size_t i = 0; object && i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(object, rows[i].name, json_integer((json_int_t)rows[i].value));
    if (object)
        json_object_set_new(object, "by_type", types_of(counts));
    return object;
}

bool counts_add_up(const struct archive_counts *counts)
{
    return counts->accepted == counts->filed + counts->blank + counts->separators +
                                   counts->to_code + counts->quarantined + counts->waiting +
                                   counts->unread;
}

static int feeding_to_json(struct archive *archive, json_t *status, struct err *err)
{
    struct feeding_batch rows[ARCHIVE_FEEDING_MAX];
    int count = archive_feeding(archive, rows, err);
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        char uuid[2 * sizeof rows[i].spec.uuid.at + 1];
        sodium_bin2hex(uuid, sizeof uuid, rows[i].spec.uuid.at, sizeof rows[i].spec.uuid.at);
        json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:I}", "batch",
                                              (json_int_t)rows[i].id.n, "uuid", uuid, "tenant",
                                              rows[i].spec.tenant, "source", rows[i].spec.source,
                                              "fed_ms", (json_int_t)rows[i].fed_ms));
    }
    json_object_set_new(status, "feeding", list);
    return count < 0 ? count : 0;
}

static json_t *standing_to_json(const struct tenant_standing *row, int64_t in_ms)
{
    char oldest[32];
    snprintf(oldest, sizeof oldest, "%u-%u", row->oldest.batch, row->oldest.first_page);
    return json_pack("{s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "tenant", row->tenant,
                     "oldest_ms", (json_int_t)row->oldest_ms, "oldest_envelope", oldest, "weight",
                     (json_int_t)row->weight, "unread", (json_int_t)row->unread, "to_code",
                     (json_int_t)row->to_code, "quarantined", (json_int_t)row->quarantined,
                     "waiting", (json_int_t)row->waiting, "read_ms",
                     in_ms < 0 ? json_null() : json_integer(clock_wall_ms() + in_ms));
}

int standings_to_json(struct archive *archive, double pages_per_s, json_t *status, struct err *err)
{
    struct tenant_standing rows[ARCHIVE_STANDINGS_MAX];
    struct forecast forecasts[ARCHIVE_STANDINGS_MAX];
    int count = archive_standings(archive, rows, err);
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        forecasts[i] = (struct forecast){rows[i].unread, rows[i].weight, -1};
    forecast_reckon(forecasts, count < 0 ? 0 : (size_t)count, pages_per_s);
    for (int i = 0; i < count; i++)
        json_array_append_new(list, standing_to_json(&rows[i], forecasts[i].in_ms));
    json_object_set_new(status, "tenants", list);
    return count < 0 ? count : feeding_to_json(archive, status, err);
}
