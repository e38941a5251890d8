/*
 * The access journal: its chain from the first record that is left to the last, what pruning says
 * of those before, and how far the last day seal saw it reach.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "archive/access.h"
#include "archive/day_seal.h"
#include "archive/journal.h"
#include "archive/verify.h"
#include "base/scope.h"

struct look {
    struct verifying *verifying;
    struct access_head last, sealed;
    uint64_t first;            /* number of the first record that is left; 0: none yet */
    bool first_is_vouched;     /* a record of pruning names what the first one follows */
    struct digest first_chain; /* of the first record, and its text */
    struct buf first_record;
};

static void look_clear(struct look *look)
{
    buf_free(&look->first_record);
}

/* The head that the latest seal with one names. */
static int read_sealed(struct verifying *verifying, struct access_head *ret_head, struct err *err)
{
    struct digest key;
    uint32_t count = 0;
    SCOPED(scope_free) struct day_seal *seal = malloc(sizeof *seal);
    if (!seal)
        return err_set(err, ERR_MEMORY, "access journal: no memory");
    int rc = day_seal_count(verifying->archive, &count, err);
    /* What is wrong with a seal was named when seals were looked at. */
    if (rc < 0 || count == 0 || day_seal_own_key(verifying->archive, &key, NULL) < 0)
        return rc;
    if (day_seal_load(verifying->archive, count, &key, seal, NULL) == 0)
        *ret_head = seal->statement.access;
    return 0;
}

static bool follows(const struct digest *before, struct bytes record, const struct digest *hash)
{
    struct digest want;
    return journal_chain(before, record, &want) == 0 && digest_equal(&want, hash);
}

/* What went before the first record that is left is vouched for by what pruning wrote. */
static void take_pruned(struct look *look, const json_t *record)
{
    struct digest hash;
    const char *event = json_string_value(json_object_get(record, "event"));
    const char *hex = json_string_value(json_object_get(record, "hash"));
    const json_int_t through = json_integer_value(json_object_get(record, "through"));
    if (!event || strcmp(event, "pruned") != 0 || !hex || digest_parse(hex, &hash) < 0)
        return;
    if ((uint64_t)through + 1 == look->first &&
        follows(&hash, buf_view(&look->first_record), &look->first_chain))
        look->first_is_vouched = true;
}

static void begin(struct look *look, const struct access_line *line, uint64_t seq)
{
    const struct digest beginning = access_beginning();
    look->first = seq;
    look->first_chain = line->hash;
    look->first_is_vouched = seq == 1 && follows(&beginning, line->record, &line->hash);
    buf_append(&look->first_record, line->record);
}

static int look_at_line(void *to, const struct access_line *line)
{
    struct look *look = to;
    json_t *record = json_loadb((const char *)line->record.at, line->record.len, 0, NULL);
    const uint64_t seq = (uint64_t)json_integer_value(json_object_get(record, "seq"));
    if (!seq)
        discrepancy(look->verifying, "access journal: line %llu of %s is no record",
                    (unsigned long long)line->number, line->month);
    else if (!look->first)
        begin(look, line, seq);
    else if (seq != look->last.seq + 1 || !follows(&look->last.hash, line->record, &line->hash))
        discrepancy(look->verifying,
                    "access journal: record %llu, line %llu of %s, does not follow record %llu",
                    (unsigned long long)seq, (unsigned long long)line->number, line->month,
                    (unsigned long long)look->last.seq);
    if (seq) {
        look->verifying->report.access_records++;
        look->last = (struct access_head){seq, line->hash};
        take_pruned(look, record);
    }
    if (seq && seq == look->sealed.seq && !digest_equal(&line->hash, &look->sealed.hash))
        discrepancy(look->verifying, "access journal: record %llu is not the one that was sealed",
                    (unsigned long long)seq);
    json_decref(record);
    return 0;
}

int verify_access(struct verifying *verifying, struct err *err)
{
    SCOPED(look_clear) struct look look = {.verifying = verifying};
    struct err why = {0};
    int rc = read_sealed(verifying, &look.sealed, err);
    if (rc < 0)
        return rc;
    if (access_each(verifying->archive, look_at_line, &look, &why) < 0)
        discrepancy(verifying, "access journal: %s", why.text);
    if (look.first == 1 && !look.first_is_vouched)
        discrepancy(verifying, "access journal: record 1 is not as it was written");
    if (look.first > 1 && !look.first_is_vouched)
        discrepancy(verifying,
                    "access journal: it begins with record %llu, and no pruning says what became "
                    "of those before",
                    (unsigned long long)look.first);
    if (look.last.seq < look.sealed.seq)
        discrepancy(verifying, "access journal: it ends with record %llu, record %llu was sealed",
                    (unsigned long long)look.last.seq, (unsigned long long)look.sealed.seq);
    return 0;
}
