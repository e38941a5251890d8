/*
 * How the archive bears its size: enters documents of one page into catalogue and journal as filing
 * does, without images and boxes, and at each size prints the rate up to it and that of its last
 * tenth, the time of a search by insured number, bytes in the catalogue per document, the time of a
 * day seal, of a look for what may be eliminated, and of the rewrite that ends a destruction; and
 * the memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "archive/day_seal.h"
#include "archive/filing_record.h"
#include "archive/find.h"
#include "archive/journal.h"
#include "archive/purge.h"
#include "archive/slip_store.h"
#include "archive/state.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/seal.h"

enum {
    TENANTS = 10,
    BOXES = 100,
    RUN = 256,             /* documents of one commit, as the hub files envelopes */
    PERSON_DOCUMENTS = 10, /* of one insured number */
    BATCH_DOCUMENTS = 40000,
    SEARCHES = 500
};

struct bench {
    long most;
    const char *folder;
    bool json, keep;
    char data[256], keys[256];
    struct archive *archive;
    long documents;
};

static const char *const tenants[TENANTS] = {"041", "051", "061", "131", "201",
                                             "202", "301", "342", "691", "741"};

/* ---- one document ---- */

static void insured_of(long person, char ret_text[16])
{
    snprintf(ret_text, 16, "269%012ld", person);
}

static struct key_owner owner_of(long n)
{
    return (struct key_owner){tenants[n % TENANTS], COMPARTMENT_ADMIN};
}

static struct document_id id_of(long n)
{
    return (struct document_id){(uint32_t)(n / BATCH_DOCUMENTS) + 1,
                                (uint32_t)(n % BATCH_DOCUMENTS) + 1};
}

static int enter_journal(struct store_txn *txn, struct document_id id,
                         const struct document_row *row, struct err *err)
{
    char event_id[EVENT_ID_SIZE], hex[DIGEST_HEX_SIZE], document[ID_TEXT_SIZE];
    struct digest vouched;
    uint64_t seq;
    int rc = catalogue_document_digest(txn, id, &vouched, err);
    if (rc < 0)
        return rc;
    digest_hex(&vouched, hex);
    json_t *facts = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:s}]}", "document",
                              document_id_format(id, document), "tag", row->tag, "received",
                              "2026-11-20", "rule", row->rule, "row", hex, "pages", "page",
                              document, "tag", row->tag, "digest", hex);
    snprintf(event_id, sizeof event_id, "filed %u-%u", id.batch, id.first_page);
    const struct journal_event event = {row->tenant, event_id, "filed", row->filed_ms, facts};
    rc = facts ? journal_append(txn, &event, &seq, err) : err_set(err, ERR_MEMORY, "no memory");
    json_decref(facts);
    return rc;
}

static int enter(struct bench *bench, struct store_txn *txn, long n, struct err *err)
{
    struct document_id id = id_of(n);
    struct key_owner owner = owner_of(n);
    char insured[16];
    struct document_row row = {.envelope = id.first_page,
                               .tag = "care_form",
                               .confidence = 0.99,
                               .decided_by = "worker",
                               .received = {2018, 9, 20},
                               .event = {2018, 9, 15},
                               .expiry = {2021, 4, 1},
                               .rule = "FSP",
                               .rule_version = 1,
                               .box = (uint32_t)(n % BOXES) + 1,
                               .filed_ms = clock_wall_ms(),
                               .page_count = 1,
                               .insured_count = 1};
    struct page_row page = {.document = id.first_page, .tag = "care_form", .image_bytes = 60000};
    page.digest = digest_of(bytes_of(&n, sizeof n));
    snprintf(row.tenant, sizeof row.tenant, "%s", owner.tenant);
    insured_of(n / (PERSON_DOCUMENTS * TENANTS), insured);
    int rc = filing_insured_hash(bench->archive->keys, &owner, insured, &row.insured[0], err);
    if (rc == 0)
        rc = journal_next(txn, row.tenant, &row.journal_seq, err);
    if (rc == 0)
        rc = catalogue_put_document(txn, id, &row, err);
    if (rc == 0)
        rc = catalogue_put_page(txn, (struct page_id){id.batch, id.first_page}, &page, err);
    return rc < 0 ? rc : enter_journal(txn, id, &row, err);
}

/* ---- growing ---- */

static int make_boxes(struct bench *bench, struct err *err)
{
    static const struct commit_points points = {"bench.before", "bench.after"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(bench->archive->catalogue, &txn, err);
    for (uint32_t box = 1; rc == 0 && box <= BOXES; box++) {
        struct box_row row = {.class_name = "care_form",
                              .expiry = {2021, 4, 1},
                              .filing = {2018, 9, 1},
                              .number = box,
                              .state = BOX_CLOSED,
                              .documents = 1}; /* not known; not a box that is empty */
        snprintf(row.tenant, sizeof row.tenant, "%s", tenants[(box - 1) % TENANTS]);
        rc = catalogue_put_box(&txn, box, &row, err);
    }
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

static int enter_run(struct bench *bench, long end, struct err *err)
{
    static const struct commit_points points = {"bench.before", "bench.after"};
    SCOPED(store_abort) struct store_txn txn = {0};
    long n = bench->documents, last = n + RUN < end ? n + RUN : end;
    int rc = store_begin(bench->archive->catalogue, &txn, err);
    for (; rc == 0 && n < last; n++)
        rc = enter(bench, &txn, n, err);
    if (rc == 0)
        rc = store_commit(&txn, &points, err);
    bench->documents = rc == 0 ? last : bench->documents;
    return rc;
}

static int search(struct bench *bench, double *ret_ms, struct err *err)
{
    static struct found_document found[2 * PERSON_DOCUMENTS];
    int64_t start = clock_mono_ms();
    int rc = 0;
    for (long i = 0; rc >= 0 && i < SEARCHES; i++) {
        char insured[16];
        long n = i * 7919 % bench->documents;
        insured_of(n / (PERSON_DOCUMENTS * TENANTS), insured);
        struct find_query query = {
            .tenant = owner_of(n).tenant, .insured = insured, .most = 2 * PERSON_DOCUMENTS};
        rc = find_documents(bench->archive, &query, found, err);
        if (rc == 0)
            rc = err_set(err, ERR_INTEGRITY, "document %ld is not found by its number", n);
    }
    *ret_ms = (double)(clock_mono_ms() - start) / SEARCHES;
    return rc < 0 ? rc : 0;
}

static int count_candidate(void *to, const struct slip_candidate *candidate)
{
    *(long *)to += candidate->line.extent.documents;
    return 0;
}

/* What one tenant could eliminate of a quarter: a tenth of all documents. */
static int look_for_candidates(struct bench *bench, double *ret_s, struct err *err)
{
    const struct slip_query query = {
        .tenant = tenants[0], .first = {2021, 4, 1}, .last = {2021, 6, 1}};
    const int64_t start = clock_mono_ms();
    long documents = 0;
    int rc = slip_candidates(bench->archive, &query, count_candidate, &documents, err);
    *ret_s = (double)(clock_mono_ms() - start) / 1000;
    if (rc == 0 && documents != bench->documents / TENANTS)
        rc = err_set(err, ERR_INTEGRITY, "%ld documents are candidates, want a tenth of %ld",
                     documents, bench->documents);
    return rc;
}

/* The rewrite of the catalogue that ends a destruction. */
static int rewrite(struct bench *bench, double *ret_s, struct err *err)
{
    static const struct commit_points points = {"bench.before", "bench.after"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(bench->archive->catalogue, &txn, err);
    if (rc == 0)
        rc = purge_ask(&txn, err);
    if (rc == 0)
        rc = store_commit(&txn, &points, err);
    const int64_t start = clock_mono_ms();
    if (rc == 0)
        rc = purge_finish(bench->archive, err);
    *ret_s = (double)(clock_mono_ms() - start) / 1000;
    return rc;
}

/* The longest turn of the last rewrite: what a hub stands still at most. */
static int64_t pause_of(const struct bench *bench)
{
    struct purge_progress progress;
    purge_progress(bench->archive, &progress);
    return progress.longest_ms;
}

static long peak_mb(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss >> 10 : 0;
}

static int enter_up_to(struct bench *bench, long end, double *ret_rate, struct err *err)
{
    const long before = bench->documents;
    const int64_t start = clock_mono_ms();
    int rc = 0;
    while (rc == 0 && bench->documents < end)
        rc = enter_run(bench, end, err);
    *ret_rate = (double)(end - before) * 1000 / (double)(clock_mono_ms() - start + 1);
    return rc;
}

static int grow(struct bench *bench, long size, struct err *err)
{
    uint64_t used, map;
    double search_ms = 0, candidates_s = 0, rewrite_s = 0;
    double rate = 0, last_rate = 0;
    int rc = enter_up_to(bench, size - size / 10, &rate, err);
    if (rc == 0)
        rc = enter_up_to(bench, size, &last_rate, err);
    if (rc == 0)
        rc = search(bench, &search_ms, err);
    int64_t sealing = clock_mono_ms();
    if (rc == 0)
        rc = day_seal_make(bench->archive, err);
    if (rc < 0)
        return rc;
    double seal_s = (double)(clock_mono_ms() - sealing) / 1000;
    store_fill(bench->archive->catalogue, &used, &map);
    rc = look_for_candidates(bench, &candidates_s, err);
    if (rc == 0)
        rc = rewrite(bench, &rewrite_s, err);
    if (rc < 0)
        return rc;
    printf(bench->json ? "{\"documents\":%ld,\"rate\":%.0f,\"last_rate\":%.0f,\"search_ms\":%.3f,"
                         "\"bytes_per_document\":%.0f,\"seal_s\":%.2f,\"candidates_s\":%.2f,"
                         "\"rewrite_s\":%.2f,\"rewrite_pause_ms\":%lld,\"peak_mb\":%ld}\n"
                       : "%9ld documents: %6.0f entered/s, %6.0f in the last tenth, "
                         "search %.3f ms, %5.0f bytes a document, "
                         "sealed in %.2f s, candidates of a quarter in %.2f s, rewritten in %.2f "
                         "s, at most %lld ms at a time, at most %ld MB in memory\n",
           size, rate, last_rate, search_ms, (double)used / (double)size, seal_s, candidates_s,
           rewrite_s, (long long)pause_of(bench), peak_mb());
    return fflush(stdout) == 0 ? 0 : err_set(err, ERR_IO, "cannot print");
}

/* The numbers behind which archive-rate goes on. */
static int leave_for_more(struct bench *bench, struct err *err)
{
    static const struct commit_points points = {"bench.before", "bench.after"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(bench->archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_set_number(&txn, "layout", CATALOGUE_LAYOUT, err);
    if (rc == 0)
        rc = catalogue_set_number(&txn, "last_box", BOXES, err);
    if (rc == 0)
        rc = catalogue_set_number(&txn, "last_batch", id_of(bench->documents).batch, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

static int grow_all(struct bench *bench, struct err *err)
{
    char root[256];
    snprintf(root, sizeof root, "%.200s/archive-growth-XXXXXX", bench->folder);
    if (!mkdtemp(root))
        return err_set(err, ERR_IO, "%s: cannot make a folder in it", bench->folder);
    snprintf(bench->data, sizeof bench->data, "%.230s/data", root);
    snprintf(bench->keys, sizeof bench->keys, "%.230s/keys", root);
    const char *config = getenv("TRIPLI_CONFIG");
    const struct archive_params params = {.data_dir = bench->data,
                                          .key_dir = bench->keys,
                                          .config_dir = config ? config : "config",
                                          .writer = true};
    int rc = archive_open(&params, &bench->archive, err);
    if (rc == 0)
        rc = make_boxes(bench, err);
    for (long size = 10000; rc == 0 && size <= bench->most; size *= 10)
        rc = grow(bench, size, err);
    if (rc == 0 && bench->keep)
        rc = leave_for_more(bench, err);
    archive_free(&bench->archive);
    struct err ignored;
    if (rc < 0 || !bench->keep)
        file_remove_tree(root, &ignored);
    else
        fprintf(stderr, "kept: %s\n", root);
    return rc;
}

static const struct argp_option options[] = {
    {"folder", 'd', "DIR", 0, "on the disk to be measured (/tmp)", 0},
    {"documents", 'n', "N", 0, "grow up to N, by tens from 10 000 (1 000 000)", 0},
    {"keep", 'k', NULL, 0, "leave the archive there, for archive-rate --into", 0},
    {"json", 'j', NULL, 0, "an object for each size", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct bench *bench = state->input;
    switch (key) {
    case 'd':
        bench->folder = arg;
        return 0;
    case 'n':
        bench->most = strtol(arg, NULL, 10);
        if (bench->most < 10000 || bench->most > 100000000)
            argp_error(state, "'%s': must be 10000 to 100000000", arg);
        return 0;
    case 'k':
        bench->keep = true;
        return 0;
    case 'j':
        bench->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {options, parse, NULL, "How the archive bears its size.",
                                     NULL,    NULL,  NULL};
    struct bench bench = {.most = 1000000, .folder = "/tmp"};
    struct err err = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &bench) != 0)
        return EXIT_FAILURE;
    int rc = seal_start(&err);
    if (rc == 0)
        rc = grow_all(&bench, &err);
    if (rc < 0)
        fprintf(stderr, "archive-growth: %s\n", err.text);
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
