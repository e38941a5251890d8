/*
 * The archive's counts as JSON: see counts_json.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/counts_json.h"

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
