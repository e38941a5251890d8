/*
 * How fast the archive is: accepts, decides, files, finds and verifies pages of 60 KB that do not
 * compress, for ten tenants and over a hundred boxes, durably, on the folder that is given; prints
 * pages per second of each step beside the disk's own speed of a synced write.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/filing.h"
#include "archive/find.h"
#include "archive/intake.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/seal.h"

enum {
    TENANTS = 10,
    IMAGE_BYTES = 60000, /* a dense page in bilevel */
    GROUP = 32,          /* pages accepted or decided together, as the hub does */
    SYNCS = 200,
    LOOKUPS = 500,
    EVENT_MONTHS = 2 /* with ten tenants, six classes and these: over a hundred boxes */
};

struct options {
    long pages;
    int envelopes; /* filed in one run at the most */
    const char *folder;
    const char *into; /* an archive that archive-growth left; NULL: a new one */
    bool json;
};

struct bench {
    struct options options;
    char data[256], keys[256];
    struct archive *archive;
    uint8_t *noise;
    struct batch_id batches[TENANTS];
    uint32_t pages; /* of each batch */
    double accept, decide, file, verify, find_ms, sync_ms;
    struct verify_report report;
};

static const char *const tenants[TENANTS] = {"041", "051", "061", "131", "201",
                                             "202", "301", "342", "691", "741"};

/* ---- one page ---- */

static struct bytes image_of(const struct bench *bench, struct page_id id)
{
    return bytes_of(bench->noise + (id.batch * 131 + id.page * 17) % IMAGE_BYTES, IMAGE_BYTES);
}

static void describe(struct intake_decision *decision)
{
    static const char *const tags[] = {"care_form", "letter", "cheque",
                                       "sick_note", "other",  "sick_note"};
    uint32_t envelope = (decision->lending.id.page - 1) / 2, which = envelope % 6;
    snprintf(decision->tag, sizeof decision->tag, "%s", tags[which]);
    decision->compartment = which == 5 ? COMPARTMENT_MEDICAL : COMPARTMENT_ADMIN;
    decision->event =
        day_add_months((struct day){2026, 9, 15}, (int)(envelope / 6 % EVENT_MONTHS) * 3);
    snprintf(decision->insured, sizeof decision->insured, "2690549%06u",
             decision->lending.id.batch * 1000 + envelope);
}

/* ---- steps ---- */

static int open_batches(struct bench *bench, struct err *err)
{
    for (int i = 0; i < TENANTS; i++) {
        struct batch_spec spec = {
            .received = {2026, 11, 20}, .boundary = BOUNDARY_MARKED, .source = "bench"};
        randombytes_buf(spec.uuid.at, sizeof spec.uuid.at);
        memcpy(spec.tenant, tenants[i], sizeof spec.tenant);
        int rc = archive_batch_open(bench->archive, &spec, &bench->batches[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int accept_group(struct bench *bench, struct page_id first, size_t count, struct err *err)
{
    static const char capture[] = "{\"dpi\":300,\"profile\":\"bench\"}";
    struct intake_page pages[GROUP] = {0};
    int results[GROUP];
    for (size_t i = 0; i < count; i++) {
        struct page_id id = {first.batch, first.page + (uint32_t)i};
        pages[i] = (struct intake_page){.id = id,
                                        .image = image_of(bench, id),
                                        .digest = digest_of(image_of(bench, id)),
                                        .starts_envelope = id.page % 2 == 1,
                                        .sheet = id.page,
                                        .capture = bytes_of(capture, sizeof capture - 1)};
    }
    int rc = intake_accept(bench->archive, pages, count, results, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (results[i] < 0)
            rc = err_set(err, results[i], "page %u-%u was refused", first.batch, pages[i].id.page);
    return rc;
}

static int accept_all(struct bench *bench, struct err *err)
{
    int rc = 0;
    for (uint32_t page = 1; rc == 0 && page <= bench->pages; page += GROUP)
        for (int i = 0; rc == 0 && i < TENANTS; i++) {
            size_t left = bench->pages + 1 - page;
            rc = accept_group(bench, (struct page_id){bench->batches[i].n, page},
                              left < GROUP ? left : GROUP, err);
        }
    struct batch_end end = {bench->pages, 0, bench->pages};
    for (int i = 0; rc == 0 && i < TENANTS; i++)
        rc = archive_batch_end(bench->archive, bench->batches[i], &end, err);
    return rc;
}

/* Lends and decides a group; how many. */
static int decide_group(struct bench *bench, struct err *err)
{
    static const char record[] = "{\"tag\":\"letter\",\"reasons\":[\"bench\"]}";
    struct intake_lease leases[GROUP];
    struct intake_decision decisions[GROUP] = {0};
    int results[GROUP];
    int count = intake_lend(bench->archive, GROUP, 60000, leases, err);
    for (int i = 0; i < count; i++) {
        decisions[i] = (struct intake_decision){.lending = {leases[i].id, leases[i].epoch},
                                                .accepted = true,
                                                .confidence = 0.99,
                                                .record = bytes_of(record, sizeof record - 1),
                                                .actor = "worker"};
        describe(&decisions[i]);
        intake_lease_clear(&leases[i]);
    }
    int rc =
        count > 0 ? intake_decide(bench->archive, decisions, (size_t)count, results, err) : count;
    return rc < 0 ? rc : count;
}

static int decide_all(struct bench *bench, struct err *err)
{
    int rc;
    while ((rc = decide_group(bench, err)) > 0)
        ;
    return rc;
}

static int file_all(struct bench *bench, struct err *err)
{
    int rc;
    while ((rc = filing_run(bench->archive, bench->options.envelopes, err)) > 0)
        ;
    return rc;
}

static int find_some(struct bench *bench, struct err *err)
{
    for (int i = 0; i < LOOKUPS; i++) {
        char insured[16];
        struct found_document found;
        uint32_t batch = bench->batches[i % TENANTS].n;
        snprintf(insured, sizeof insured, "2690549%06u",
                 batch * 1000 + (uint32_t)i % (bench->pages / 2));
        struct find_query query = {.tenant = tenants[i % TENANTS], .insured = insured, .most = 1};
        int rc = find_documents(bench->archive, &query, &found, err);
        if (rc != 1)
            return rc < 0 ? rc : err_set(err, ERR_NOT_FOUND, "number %d is not found", i);
    }
    return 0;
}

static void say(void *to, const char *line)
{
    (void)to;
    fprintf(stderr, "%s\n", line);
}

static int verify_all(struct bench *bench, struct err *err)
{
    int rc = verify_archive(bench->archive, say, NULL, &bench->report, err);
    return rc == 0 && bench->report.discrepancies
               ? err_set(err, ERR_INTEGRITY, "%llu discrepancies",
                         (unsigned long long)bench->report.discrepancies)
               : rc;
}

/* ---- the disk ---- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* Median time of appending 4 KB and syncing it. */
static int measure_sync(struct bench *bench, struct err *err)
{
    char path[300];
    int64_t times[SYNCS];
    snprintf(path, sizeof path, "%s/sync", bench->data);
    SCOPED(scope_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, ERR_IO, "%s: cannot be made", path);
    for (int i = 0; i < SYNCS; i++) {
        int64_t start = now_us();
        int rc = file_write_all(fd, bytes_of(bench->noise, 4096), path, err);
        if (rc < 0)
            return rc;
        fdatasync(fd);
        times[i] = now_us() - start;
    }
    unlink(path);
    qsort(times, SYNCS, sizeof *times, by_value);
    bench->sync_ms = (double)times[SYNCS / 2] / 1000;
    return 0;
}

/* ---- the whole ---- */

static int timed(struct bench *bench, int (*step)(struct bench *bench, struct err *err),
                 double *ret_seconds, struct err *err)
{
    int64_t start = now_us();
    int rc = step(bench, err);
    *ret_seconds = (double)(now_us() - start) / 1e6;
    return rc;
}

static int open_archive(struct bench *bench, struct err *err)
{
    const char *config = getenv("TRIPLI_CONFIG");
    struct archive_params params = {.data_dir = bench->data,
                                    .key_dir = bench->keys,
                                    .config_dir = config ? config : TRIPLI_CONFIG_DIR,
                                    .writer = true};
    int rc = archive_open(&params, &bench->archive, err);
    return rc < 0 ? rc : open_batches(bench, err);
}

static int run(struct bench *bench, struct err *err)
{
    int rc = open_archive(bench, err);
    if (rc == 0)
        rc = measure_sync(bench, err);
    if (rc == 0)
        rc = timed(bench, accept_all, &bench->accept, err);
    if (rc == 0)
        rc = timed(bench, decide_all, &bench->decide, err);
    if (rc == 0)
        rc = timed(bench, file_all, &bench->file, err);
    if (rc == 0)
        rc = timed(bench, find_some, &bench->find_ms, err);
    bench->find_ms = bench->find_ms * 1000 / LOOKUPS;
    return rc < 0 || bench->options.into ? rc : timed(bench, verify_all, &bench->verify, err);
}

static void print(const struct bench *bench)
{
    double pages = (double)bench->pages * TENANTS;
    if (bench->options.json) {
        const double verified = bench->options.into ? 0 : pages / bench->verify;
        json_t *figures =
            json_pack("{s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "pages", pages, "boxes",
                      (json_int_t)bench->report.boxes, "sync_ms", bench->sync_ms, "accepted_per_s",
                      pages / bench->accept, "decided_per_s", pages / bench->decide, "filed_per_s",
                      pages / bench->file, "verified_per_s", verified, "find_ms", bench->find_ms);
        json_dumpf(figures, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        json_decref(figures);
        putchar('\n');
        return;
    }
    printf(
        "%.0f pages of %d KB, %d tenants, %llu boxes; a synced write of 4 KB: %.2f ms (median)\n",
        pages, IMAGE_BYTES / 1000, TENANTS, (unsigned long long)bench->report.boxes,
        bench->sync_ms);
    printf("accepted %6.0f pages/s\ndecided  %6.0f pages/s\nfiled    %6.0f pages/s\n"
           "found by insured number: %.3f ms\n",
           pages / bench->accept, pages / bench->decide, pages / bench->file, bench->find_ms);
    if (!bench->options.into)
        printf("verified %6.0f pages/s\n", pages / bench->verify);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'n':
        options->pages = atol(arg);
        if (options->pages < 2 * TENANTS || options->pages > 2000L * TENANTS)
            argp_error(state, "pages: %s, must be %d to %d", arg, 2 * TENANTS, 2000 * TENANTS);
        return 0;
    case 'e':
        options->envelopes = atoi(arg);
        if (options->envelopes < 1)
            argp_error(state, "envelopes: %s, must be 1 or more", arg);
        return 0;
    case 'd':
        options->folder = arg;
        return 0;
    case 'i':
        options->into = arg;
        return 0;
    case 'j':
        options->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int prepare(struct bench *bench, char folder[200], struct err *err)
{
    snprintf(folder, 200, "%.150s/tripli-rate-XXXXXX", bench->options.folder);
    bench->noise = malloc(2 * IMAGE_BYTES);
    if (bench->options.into)
        snprintf(folder, 200, "%s", bench->options.into);
    if (!bench->noise || (!bench->options.into && !mkdtemp(folder)))
        return err_set(err, ERR_IO, "%s: cannot make a folder there", bench->options.folder);
    randombytes_buf(bench->noise, 2 * IMAGE_BYTES);
    snprintf(bench->data, sizeof bench->data, "%s/data", folder);
    snprintf(bench->keys, sizeof bench->keys, "%s/keys", folder);
    bench->pages = (uint32_t)(bench->options.pages / TENANTS) & ~1u;
    return 0;
}

static int measure(struct bench *bench, struct err *err)
{
    char folder[200] = "";
    struct err remove_err;
    int rc = seal_start(err);
    if (rc == 0)
        rc = prepare(bench, folder, err);
    if (rc == 0)
        rc = run(bench, err);
    archive_free(&bench->archive);
    if (bench->data[0] && !bench->options.into)
        file_remove_tree(folder, &remove_err);
    free(bench->noise);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct argp_option known[] = {
        {"pages", 'n', "N", 0, "pages in all (6000)", 0},
        {"envelopes", 'e', "N", 0, "envelopes of one filing run (256)", 0},
        {"folder", 'd', "DIR", 0, "on the disk to be measured (/tmp)", 0},
        {"into", 'i', "DIR", 0, "the archive that archive-growth --keep left; verifies nothing", 0},
        {"json", 'j', NULL, 0, "figures as one object", 0},
        {0}};
    static const char about[] = "Measures how fast the archive accepts, files and verifies.";
    static const struct argp argp = {known, parse, NULL, about, NULL, NULL, NULL};
    struct bench bench = {.options = {.pages = 6000, .envelopes = 256, .folder = "/tmp"}};
    struct err err = {0};
    log_start("archive-rate");
    argp_parse(&argp, argc, argv, 0, NULL, &bench.options);
    int rc = measure(&bench, &err);
    if (rc == 0)
        print(&bench);
    else
        fprintf(stderr, "archive-rate: %s\n", err.text);
    return err_exit_status(rc);
}
