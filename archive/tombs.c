/*
 * The list of what was destroyed: see tombs.h. What was read of it is noted in the catalogue by its
 * length, so that an ordinary start reads only what came since the last one, and a restored
 * catalogue, which knows of less, reads the rest.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/tombs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/paper_slip.h"
#include "archive/spare.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum { LIST_MODE = 0640, LINE_SIZE = 256 };

static const char read_name[] = "tombs_read";

static void list_path(const struct archive *archive, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/tombstones", archive->key_dir);
}

/* ---- writing ---- */

static int add_line(struct tomb_record *record, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int add_line(struct tomb_record *record, struct err *err, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return buf_append(&record->text, bytes_of(line, (size_t)len)) == 0
               ? 0
               : err_set(err, ERR_MEMORY, "tombstones: no memory");
}

/* An empty line first: what a crash left of the record before ends there. */
int tomb_begin(struct tomb_record *record, const struct slip_step *step, struct err *err)
{
    return add_line(record, err, "\nslip %u line %u at %" PRId64 " visa %s\n", step->place.slip,
                    step->place.line, step->at_ms, step->visa ? step->visa : "");
}

/* What follows is of this batch. */
static int name_batch(struct tomb_record *record, struct store_txn *txn, uint32_t number,
                      struct err *err)
{
    struct batch_row batch;
    if (record->batch == number)
        return 0;
    int rc = catalogue_batch(txn, (struct batch_id){number}, &batch, err);
    if (rc <= 0)
        return rc < 0 ? rc : err_set(err, ERR_INTEGRITY, "batch %u: its row is missing", number);
    record->batch = number;
    return add_line(record, err, "batch %u %" PRId64 "\n", number, batch.opened_ms);
}

int tomb_add(struct tomb_record *record, struct store_txn *txn, struct document_id id,
             struct err *err)
{
    int rc = name_batch(record, txn, id.batch, err);
    record->count++;
    return rc < 0 ? rc : add_line(record, err, "doc %u\n", id.first_page);
}

int tomb_end(struct tomb_record *record, struct err *err)
{
    return add_line(record, err, "end %u\n", record->count);
}

int tomb_of_paper(struct buf *list, struct store_txn *txn, struct batch_id batch,
                  const struct slip_step *step, struct err *err)
{
    struct tomb_record record = {.text = *list, .count = 1};
    int rc = tomb_begin(&record, step, err);
    if (rc == 0)
        rc = name_batch(&record, txn, batch.n, err);
    if (rc == 0)
        rc = add_line(&record, err, "paper\n");
    if (rc == 0)
        rc = tomb_end(&record, err);
    *list = record.text;
    return rc;
}

void tomb_free(struct tomb_record *record)
{
    buf_free(&record->text);
}

static int open_list(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, LIST_MODE);
    return fd < 0 ? err_errno(err, errno, "%s", path) : fd;
}

int tombs_check(const struct archive *archive, struct err *err)
{
    char path[PATH_MAX];
    list_path(archive, path);
    SCOPED(scope_close) int fd = open_list(path, err);
    return fd < 0 ? fd : 0;
}

int tombs_append(const struct archive *archive, struct bytes record, struct err *err)
{
    char path[PATH_MAX];
    list_path(archive, path);
    SCOPED(scope_close) int fd = open_list(path, err);
    if (fd < 0)
        return fd;
    int fault = fault_point("tombs.before_append");
    int rc =
        fault ? err_errno(err, fault, "%s: write", path) : file_write_all(fd, record, path, err);
    if (rc == 0 && fsync(fd) < 0)
        rc = err_errno(err, errno, "%s: sync", path);
    fault_point("tombs.after_append");
    return rc < 0 ? rc : file_sync_folder(archive->key_dir, err);
}

/* ---- reading ---- */

struct replay {
    struct archive *archive;
    FILE *file;
    struct doomed doomed; /* of the record being read */
    struct batch_id batch;
    int64_t opened_ms;
    char visa[VISA_NUMBER_SIZE];
    uint32_t named; /* documents and papers of the record */
    bool paper;     /* the record is of the paper of `batch` */
    bool unsettled; /* names a batch that is not closed here: its mail may still be filed */
    uint64_t boxes; /* that were destroyed again */
    struct err *err;
};

static int doom(struct replay *replay, uint32_t first_page)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct batch_row batch;
    struct document_row row;
    const struct document_id id = {replay->batch.n, first_page};
    int rc = store_begin_read(replay->archive->catalogue, &txn, replay->err);
    if (rc == 0)
        rc = catalogue_batch(&txn, replay->batch, &batch, replay->err);
    if (rc <= 0 || batch.opened_ms != replay->opened_ms)
        return rc < 0 ? rc : 0;
    replay->unsettled |= batch.state != BATCH_CLOSED;
    rc = catalogue_document(&txn, id, &row, replay->err);
    return rc <= 0 ? rc : doomed_add(&replay->doomed, row.box, id, replay->err);
}

/* Unless the batch is another archive's. */
static int end_paper(struct replay *replay, const struct slip_step *step)
{
    struct batch_row batch;
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(replay->archive->catalogue, &txn, replay->err);
    if (rc == 0)
        rc = catalogue_batch(&txn, replay->batch, &batch, replay->err);
    store_abort(&txn);
    if (rc <= 0 || batch.opened_ms != replay->opened_ms)
        return rc < 0 ? rc : 0;
    return paper_gone_again(replay->archive, replay->batch, step, replay->err);
}

static int end_record(struct replay *replay, uint32_t count)
{
    struct slip_step *step = &replay->doomed.step;
    step->actor = "tombstones";
    step->visa = replay->visa;
    if (count == replay->named && replay->paper)
        return end_paper(replay, step);
    if (count != replay->named || replay->doomed.count == 0)
        return 0;
    step->name = "box_destroyed";
    return doomed_destroy(replay->archive, &replay->doomed, &replay->boxes, replay->err);
}

static void begin_record(struct replay *replay, const struct slip_step *step)
{
    replay->doomed.count = 0;
    replay->doomed.step = *step;
    replay->named = 0;
    replay->paper = false;
    replay->batch.n = 0;
}

static int read_line(struct replay *replay, const char *line)
{
    struct slip_step step = {0};
    uint32_t number;
    if (strncmp(line, "slip ", 5) == 0)
        replay->visa[0] = '\0';
    if (sscanf(line, "slip %u line %u at %" SCNd64 " visa %63[^\n]", &step.place.slip,
               &step.place.line, &step.at_ms, replay->visa) >= 3) {
        begin_record(replay, &step);
        return 0;
    }
    if (sscanf(line, "batch %u %" SCNd64, &replay->batch.n, &replay->opened_ms) == 2)
        return 0;
    if (sscanf(line, "doc %u", &number) == 1) {
        replay->named++;
        return doom(replay, number);
    }
    if (strcmp(line, "paper\n") == 0) {
        replay->named++;
        replay->paper = true;
        return 0;
    }
    return sscanf(line, "end %u", &number) == 1 ? end_record(replay, number) : 0;
}

static int read_list(struct replay *replay)
{
    char line[LINE_SIZE];
    int rc = 0;
    while (rc == 0 && fgets(line, sizeof line, replay->file)) {
        if (line[0] == '\n') /* a record begins; the one before ended or was cut short */
            begin_record(replay, &(struct slip_step){0});
        else
            rc = read_line(replay, line);
    }
    return rc;
}

static int read_up_to(struct archive *archive, uint64_t *ret_length, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    return rc < 0 ? rc : catalogue_number(&txn, read_name, ret_length, err);
}

static int note_read(struct archive *archive, uint64_t length, struct err *err)
{
    static const struct commit_points points = {"tombs.read.before_commit",
                                                "tombs.read.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_set_number(&txn, read_name, length, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

static int replay_from(struct archive *archive, FILE *file, uint64_t from, struct err *err)
{
    struct replay replay = {.archive = archive, .file = file, .err = err};
    if (fseeko(file, (off_t)from, SEEK_SET) < 0)
        return err_errno(err, errno, "tombstones: seek");
    int rc = read_list(&replay);
    doomed_free(&replay.doomed);
    if (rc == 0 && ferror(file))
        rc = err_errno(err, errno, "tombstones: read");
    if (rc < 0)
        return err_prefix(err, "destroying again what a restore brought back");
    if (replay.boxes > 0)
        log_warn("restored: %" PRIu64 " boxes held what was destroyed before, and are destroyed",
                 replay.boxes);
    return replay.unsettled ? 0 : note_read(archive, (uint64_t)ftello(file), err);
}

int tombs_replay(struct archive *archive, struct err *err)
{
    char path[PATH_MAX];
    struct stat st;
    uint64_t from = 0;
    list_path(archive, path);
    SCOPED(scope_fclose) FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    int rc = fstat(fileno(file), &st) < 0 ? err_errno(err, errno, "%s: stat", path)
                                          : read_up_to(archive, &from, err);
    if (rc < 0 || from == (uint64_t)st.st_size)
        return rc;
    if (from > (uint64_t)st.st_size) {
        log_warn("%s: shorter than when it was last read; a part of it is lost", path);
        from = 0;
    }
    return replay_from(archive, file, from, err);
}
