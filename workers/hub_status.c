/*
 * The hub's state for people and monitors: counts of the archive, lanes, what stands still and why.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/purge.h"
#include "base/clock.h"
#include "workers/counts_json.h"
#include "workers/hub.h"

static json_t *lanes_of(const struct hub *hub)
{
    json_t *lanes = json_array();
    for (int i = 0; i < LANES_MAX; i++) {
        const struct lane *lane = &hub->lanes[i];
        if (!lane->used)
            continue;
        json_array_append_new(lanes,
                              json_pack("{s:s, s:I, s:I, s:i, s:s}", "worker", lane->name, "pages",
                                        (json_int_t)lane->pages, "cpu_ms", (json_int_t)lane->cpu_ms,
                                        "held", lane->lent_count, "last_tag", lane->last_tag));
    }
    return lanes;
}

static json_t *bad_scan_of(const struct bad_scan *scan)
{
    char page[ID_TEXT_SIZE];
    json_t *findings = json_array();
    for (int i = 0; i < QUALITY_FINDINGS; i++)
        if (scan->findings >> i & 1)
            json_array_append_new(findings,
                                  json_string(quality_finding_name((enum quality_finding)i)));
    return json_pack("{s:s, s:I, s:i, s:o}", "page", page_id_format(scan->id, page), "sheet",
                     (json_int_t)scan->sheet, "side", scan->side, "quality", findings);
}

/* The latest first. */
static json_t *bad_scans_of(const struct hub *hub, struct batch_id batch)
{
    json_t *scans = json_array();
    for (uint64_t i = 0; i < BAD_SCANS_MAX && i < hub->bad_scan_count; i++) {
        const struct bad_scan *scan =
            &hub->bad_scans[(hub->bad_scan_count - 1 - i) % BAD_SCANS_MAX];
        bool wanted = batch.n == 0 || scan->id.batch == batch.n;
        if (wanted && clock_mono_ms() - scan->seen_ms < BAD_SCAN_MS)
            json_array_append_new(scans, bad_scan_of(scan));
    }
    return scans;
}

int hub_status(struct hub *hub, const json_t *details, json_t **ret_status, struct err *err)
{
    const struct batch_id batch = {(uint32_t)json_integer_value(json_object_get(details, "batch"))};
    struct archive_counts counts;
    int rc = archive_count(hub->archive, batch, &counts, err);
    if (rc < 0)
        return rc;
    json_t *status = counts_to_json(&counts);
    json_object_set_new(status, "lanes", lanes_of(hub));
    json_object_set_new(status, "bad_scans", bad_scans_of(hub, batch));
    json_object_set_new(status, "trouble", json_string(hub->trouble));
    json_object_set_new(status, "pages_decided", json_integer((json_int_t)hub->pages_decided));
    json_object_set_new(status, "cpu_ms", json_integer((json_int_t)hub->cpu_ms));
    struct purge_progress rewrite;
    purge_progress(hub->archive, &rewrite);
    if (rewrite.runs)
        json_object_set_new(status, "rewriting",
                            json_pack("{s:I, s:I}", "copied", (json_int_t)rewrite.copied, "rows",
                                      (json_int_t)rewrite.rows));
    json_object_set_new(status, "filing", json_boolean(hub->may_have_complete));
    json_object_set_new(status, "up_ms", json_integer(clock_mono_ms() - hub->started_ms));
    const double pages_per_s = pace_of(&hub->pace);
    json_object_set_new(status, "pages_per_s",
                        pages_per_s > 0 ? json_real(pages_per_s) : json_null());
    rc = status ? standings_to_json(hub->archive, pages_per_s, status, err)
                : err_set(err, ERR_MEMORY, "status: no memory");
    if (rc < 0)
        json_decref(status);
    *ret_status = rc < 0 ? NULL : status;
    return rc;
}
