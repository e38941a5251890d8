/*
 * tripli-handover: makes what partner funds fetch. It opens the archive with the tenants' keys,
 * seals each file for the key of the partner who asked, has the hub sign the manifest, and tells
 * the hub what was acknowledged. It looks the key up in the platform's list itself: the gateway,
 * which stands open to the network, cannot have anything sealed for a key of its own. What the
 * gateway refused it notes in the access journal. Killed at any moment it begins again; nothing
 * counts as given before the hub has it in the journal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "archive/access.h"
#include "archive/batch_receipt.h"
#include "archive/handover.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "partners/listed.h"
#include "partners/outbox.h"
#include "workers/ask.h"
#include "workers/document_json.h"
#include "workers/document_sheets.h"
#include "workers/handover_index.h"
#include "workers/handover_tries.h"
#include "workers/program.h"

enum {
    LOOK_MS = 200,           /* between two looks at an outbox where nothing waits */
    REST_MS = 3000,          /* after trouble */
    TIDY_MS = 3600000,       /* between two looks for what nobody fetches any more */
    DAY_S = 86400,           /* seconds */
    HUB_PATIENCE_MS = 10000, /* as a hub that starts may need */
    DOCUMENTS_MAX = 2000,    /* of one hand-over; more are the next one's */
    BYTES_MAX = 256 << 20,   /* of its files, likewise: so much lies sealed for each key */
    INDEX_LINES = 1,         /* files 1 and 2 are the index */
    INDEX_CSV = 2,
    LINE_SIZE = 256,
    FILE_NAME_SIZE = ID_TEXT_SIZE + 8
};

struct maker {
    struct program program;
    const char *allow_file;
    char root[PLACE_SIZE + 16];
    struct allow_list *allowed;
    int64_t tidied_ms;
    char troubled[OUTBOX_NAME_SIZE]; /* of whom the log has spoken */
    struct tries_noter tries;
    bool stopping;
};

/* A hand-over on its way. */
struct making {
    struct maker *maker;
    const struct outbox_owner *owner;
    struct archive *archive;
    struct asker *asker;
    struct handover handover;
    struct handover_index index;
    struct document_sheets sheets;
    struct buf lines; /* of images and PDFs, for the manifest */
    uint64_t bytes;
    int64_t until_ms; /* no further document is begun after it */
};

static void making_end(struct making *making)
{
    archive_free(&making->archive);
    asker_free(&making->asker);
    document_sheets_clear(&making->sheets);
    handover_index_clear(&making->index);
    buf_free(&making->lines);
}

static void take_signals(struct maker *maker, int wait_ms)
{
    struct pollfd signals = {.fd = maker->program.signals, .events = POLLIN};
    poll(&signals, 1, wait_ms);
    for (int number; (number = program_take_signal(&maker->program)) != 0;)
        maker->stopping |= number == SIGTERM || number == SIGINT;
}

/* ---- files ---- */

/* A line of the manifest; `document` "" for the index. */
struct line {
    uint32_t file;
    const char *name, *document;
    struct bytes plain;
};

static int put_line(struct buf *lines, const struct line *line, struct err *err)
{
    char text[LINE_SIZE], hex[DIGEST_HEX_SIZE];
    struct digest digest = digest_of(line->plain);
    int len = snprintf(
        text, sizeof text,
        "{\"file\":%u,\"name\":\"%s\",\"bytes\":%zu,\"digest\":\"%s\",\"document\":\"%s\"}\n",
        line->file, line->name, line->plain.len, digest_hex(&digest, hex), line->document);
    return buf_append(lines, bytes_of(text, (size_t)len)) < 0
               ? err_set(err, ERR_MEMORY, "hand-over: no memory for its manifest")
               : 0;
}

static int seal_file(const struct making *making, const struct line *line, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    uint64_t free_bytes;
    int rc = file_free_bytes(making->maker->root, &free_bytes, err);
    if (rc == 0 && free_bytes < PARTNERS_RESERVE_BYTES + line->plain.len)
        rc = err_set(err, ERR_FULL, "outbox: %llu bytes free, %llu are kept free",
                     (unsigned long long)free_bytes, (unsigned long long)PARTNERS_RESERVE_BYTES);
    outbox_file_path(making->maker->root, making->owner, line->file, path);
    return rc < 0 ? rc : parcel_write(path, making->owner->key, line->plain, err);
}

/* The next file of a document. */
static int add_file(struct making *making, const char *name, const struct found_document *document,
                    struct bytes plain, struct err *err)
{
    char of[ID_TEXT_SIZE];
    const struct line line = {.file = ++making->handover.files,
                              .name = name,
                              .document = document_id_format(document->id, of),
                              .plain = plain};
    int rc = seal_file(making, &line, err);
    making->bytes += plain.len;
    return rc < 0 ? rc : put_line(&making->lines, &line, err);
}

static int add_page(struct making *making, const struct found_document *document, uint32_t index,
                    const char *pdf, struct err *err)
{
    char id[ID_TEXT_SIZE], name[FILE_NAME_SIZE];
    struct found_page page = {0};
    int rc = find_page(making->archive, document, index, &page, err);
    if (rc < 0)
        return rc;
    const struct bytes image = buf_view(&page.image);
    snprintf(name, sizeof name, "%s.%s", page_id_format(page.id, id), page_extension(image));
    rc = add_file(making, name, document, image, err);
    if (rc == 0)
        rc = handover_index_add(&making->index, document, &page,
                                &(struct handover_index_files){name, pdf}, err);
    found_page_clear(&page);
    return rc;
}

/* A document whose pages cannot be read, or whose PDF becomes too large, goes without: its name is
 * empty then, and its images come all the same. */
static int add_pdf(struct making *making, const struct found_document *document,
                   char ret_name[FILE_NAME_SIZE], struct err *err)
{
    char id[ID_TEXT_SIZE];
    struct err why = {0};
    struct bytes pdf;
    const struct document_sheets_source source = {making->archive, document, SPOOL_FILE_BYTES};
    ret_name[0] = '\0';
    making->sheets.program = &making->maker->program;
    int rc = document_sheets_start(&making->sheets, err);
    if (rc < 0)
        return rc;
    document_id_format(document->id, id);
    if (document_sheets_make(&making->sheets, &source, &pdf, &why) < 0) {
        log_warn("document=%s is handed over without a PDF: %s", id, why.text);
        document_sheets_clear(&making->sheets); /* the reader may be at fault */
        return 0;
    }
    snprintf(ret_name, FILE_NAME_SIZE, "%s.pdf", id);
    return add_file(making, ret_name, document, pdf, err);
}

static int add_document(struct making *making, struct document_id id, struct err *err)
{
    struct found_document document;
    char pdf[FILE_NAME_SIZE] = "";
    int rc = find_document(making->archive, id, &document, err);
    if (rc == 0 && document.compartment != making->handover.compartment)
        rc = err_set(err, ERR_CONFLICT, "document %u-%u has just changed its compartment", id.batch,
                     id.first_page);
    if (rc == 0 && making->handover.pdf)
        rc = add_pdf(making, &document, pdf, err);
    for (uint32_t i = 0; rc == 0 && i < document.page_count; i++)
        rc = add_page(making, &document, i, pdf, err);
    making->handover.documents++;
    return rc;
}

/* The access journal has who gets to see what, before it is given out. */
static int note_access(const struct making *making, const struct handover_row *rows, uint32_t count,
                       struct err *err)
{
    char user[CURVE_KEY_SIZE + 16];
    struct access_to things[ACCESS_GROUP_MAX];
    const struct access_by by = {user, "fetch", clock_wall_ms()};
    int rc = 0;
    snprintf(user, sizeof user, "partner %s", making->owner->key);
    for (uint32_t i = 0, some; rc == 0 && i < count; i += some) {
        for (some = 0; some < ACCESS_GROUP_MAX && i + some < count; some++) {
            const struct document_id id = rows[i + some].id;
            things[some] = (struct access_to){
                .kind = ACCESS_DOCUMENT, .batch = id.batch, .number = id.first_page};
            memcpy(things[some].tenant, making->owner->tenant, sizeof things[some].tenant);
        }
        rc = access_note(making->archive, &by, things, some, err);
    }
    return rc;
}

/* One always fits. What is had again is whole: there is none after it that would take the rest. */
static bool is_full(const struct making *making)
{
    return !making->handover.again &&
           (making->bytes >= BYTES_MAX || clock_mono_ms() >= making->until_ms);
}

/* As many documents as fit; the rest are the next hand-over's. */
static int add_documents(struct making *making, struct err *err)
{
    static struct handover_row rows[DOCUMENTS_MAX];
    struct handover *handover = &making->handover;
    int count = handover_documents(making->archive, handover, rows, DOCUMENTS_MAX, err);
    int rc = count < 0 ? count : handover_index_begin(&making->index, err);
    handover->files = INDEX_CSV;
    making->until_ms = clock_mono_ms() + making->maker->program.tuning.handover.making_ms;
    for (int i = 0; rc == 0 && i < count; i++) {
        if (is_full(making)) {
            handover->to = rows[i].seq - 1;
            break;
        }
        rc = add_document(making, rows[i].id, err);
        take_signals(making->maker, 0);
        if (rc == 0 && making->maker->stopping)
            rc = err_set(err, ERR_CANCELLED, "stopped");
    }
    return rc < 0 ? rc : note_access(making, rows, handover->documents, err);
}

/* ---- the manifest ---- */

/* The lines: index first, then what is of documents. */
static int seal_index(struct making *making, struct buf *ret_lines, struct err *err)
{
    const struct line index[] = {{INDEX_LINES, "index.jsonl", "", buf_view(&making->index.lines)},
                                 {INDEX_CSV, "index.csv", "", buf_view(&making->index.csv)}};
    int rc = 0;
    for (int i = 0; rc == 0 && i < 2; i++) {
        rc = seal_file(making, &index[i], err);
        if (rc == 0)
            rc = put_line(ret_lines, &index[i], err);
    }
    if (rc == 0 && buf_append(ret_lines, buf_view(&making->lines)) < 0)
        rc = err_set(err, ERR_MEMORY, "hand-over: no memory for its manifest");
    return rc;
}

static int have_signed(struct making *making, struct signed_statement *ret_by, struct err *err)
{
    json_t *details = handover_to_json(&making->handover), *answer = NULL;
    int rc = asker_ask(making->asker, "vouch_handover", details, &answer, err);
    if (rc == 0)
        rc = statement_from_json(answer, ret_by, err);
    json_decref(details);
    json_decref(answer);
    return rc;
}

/* All that was written in the folder is on the disk. */
static int sync_all(const struct making *making, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    outbox_path(making->maker->root, making->owner, NULL, path);
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || syncfs(fd) < 0 ? err_errno(err, errno, "%s", path) : 0;
}

static int write_manifest(struct making *making, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct signed_statement by;
    SCOPED(buf_free) struct buf lines = {0};
    SCOPED(buf_free) struct buf file = {0};
    int rc = seal_index(making, &lines, err);
    making->handover.lines = digest_of(buf_view(&lines));
    if (rc == 0)
        rc = have_signed(making, &by, err);
    if (rc == 0)
        rc = batch_receipt_write(&by, buf_view(&lines), &file, err);
    outbox_file_path(making->maker->root, making->owner, 0, path);
    if (rc == 0)
        rc = file_write(path, 0600, buf_view(&file), err);
    return rc < 0 ? rc : sync_all(making, err);
}

/* ---- one that is there already ---- */

/* Every document of the manifest may still be given to who opens this compartment. */
static int lines_may_be_given(const struct making *making, struct bytes lines, struct err *err)
{
    int rc = 1;
    const uint8_t *end;
    while (rc == 1 && lines.len && (end = memchr(lines.at, '\n', lines.len)) != NULL) {
        size_t len = (size_t)(end - lines.at);
        json_t *line = json_loadb((const char *)lines.at, len, 0, NULL);
        const char *text = json_string_value(json_object_get(line, "document"));
        struct document_id id;
        if (text && text[0] && document_id_parse(text, &id) == 0)
            rc = handover_may_hold(making->archive, &making->handover, id, err);
        json_decref(line);
        lines = bytes_of(end + 1, lines.len - len - 1);
    }
    return rc;
}

/* 1 when what lies in the outbox is the hand-over that is to be made; 0, or an error. */
static int is_ready(struct making *making, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct outbox_standing standing;
    struct handover is;
    struct bytes lines;
    struct digest key;
    SCOPED(buf_free) struct buf manifest = {0};
    const struct handover *want = &making->handover;
    int rc = outbox_standing(making->maker->root, making->owner, &standing, err);
    if (rc < 0 || standing.phase != OUTBOX_READY || standing.number != want->number)
        return 0;
    outbox_file_path(making->maker->root, making->owner, 0, path);
    rc = file_read(path, HANDOVER_BYTES_MAX, &manifest, err);
    if (rc == 0)
        rc = day_seal_own_key(making->archive, &key, err);
    if (rc == 0)
        rc = handover_check(buf_view(&manifest), &key, &is, &lines, err);
    if (rc < 0 || is.again != want->again || is.pdf != want->pdf || is.after != want->after)
        return 0;
    making->handover.files = is.files;
    return lines_may_be_given(making, lines, err);
}

/* ---- an order ---- */

static int check_key(const struct maker *maker, const struct outbox_owner *owner, struct err *err)
{
    struct listed listed;
    int rc = listed_find(maker->allowed, owner->key, &listed, err);
    if (rc == 0 && (strcmp(listed.tenant, owner->tenant) != 0 || listed.medical != owner->medical))
        rc = err_set(err, ERR_DENIED, "key %.8s… is not listed for it", owner->key);
    return rc;
}

static int open_all(struct making *making, struct err *err)
{
    struct program *program = &making->maker->program;
    int rc = asker_open(program, HUB_PATIENCE_MS, &making->asker, err);
    if (rc == 0 && !making->asker)
        rc = err_set(err, ERR_UNAVAILABLE, "no hub answers");
    return rc < 0 ? rc : ask_open_archive(program, &making->archive, err);
}

static int plan(struct making *making, const struct outbox_order *order, struct err *err)
{
    const struct maker *maker = making->maker;
    struct handover *handover = &making->handover;
    memcpy(handover->tenant, making->owner->tenant, sizeof handover->tenant);
    handover->compartment = making->owner->medical ? COMPARTMENT_MEDICAL : COMPARTMENT_ADMIN;
    handover->number = order->again;
    handover->pdf = order->pdf;
    return order->again ? handover_past(making->archive, maker->program.tuning.handover.repeat_days,
                                        handover, err)
                        : handover_next(making->archive, handover, err);
}

static int make(struct making *making, struct outbox_standing *standing, struct err *err)
{
    int rc = is_ready(making, err);
    if (rc == 0) {
        rc = outbox_empty(making->maker->root, making->owner, err);
        if (rc == 0)
            rc = add_documents(making, err);
        if (rc == 0 && making->handover.documents > 0)
            rc = write_manifest(making, err);
        else if (rc == 0)
            making->handover.files = 0;
    }
    standing->phase = making->handover.files ? OUTBOX_READY : OUTBOX_NOTHING;
    standing->files = making->handover.files;
    standing->number = making->handover.number;
    return rc < 0 ? rc : 0;
}

/* What asking again cannot change is the partner's answer. */
static bool is_an_answer(int code)
{
    return code == ERR_NOT_FOUND || code == ERR_LIMIT || code == ERR_DENIED;
}

static int take_order(struct maker *maker, const struct outbox_work *work, struct err *err)
{
    SCOPED(making_end) struct making making = {.maker = maker, .owner = &work->owner};
    struct outbox_standing standing = {.again = work->order.again};
    struct err why = {0};
    memcpy(standing.uuid, work->order.uuid, sizeof standing.uuid);
    int rc = check_key(maker, &work->owner, &why);
    if (rc == 0 && (rc = open_all(&making, err)) < 0)
        return rc;
    if (rc == 0)
        rc = plan(&making, &work->order, &why);
    if (rc < 0 && !is_an_answer(rc))
        return err_set(err, rc, "%.350s", why.text);
    if (rc < 0) {
        standing.phase = OUTBOX_REFUSED;
        standing.code = rc;
        snprintf(standing.reason, sizeof standing.reason, "%.*s", OUTBOX_REASON_SIZE - 1, why.text);
        rc = outbox_empty(maker->root, &work->owner, err);
    } else {
        rc = make(&making, &standing, err);
    }
    if (rc < 0)
        return rc;
    log_info("tenant=%s %s hand-over %u is %s: %u documents", work->owner.tenant,
             work->owner.medical ? "medical" : "admin", standing.number,
             outbox_phase_name(standing.phase), making.handover.documents);
    return outbox_settle(maker->root, &work->owner, &standing, err);
}

/* ---- an acknowledgement ---- */

static int read_statement(const struct maker *maker, const struct outbox_work *work,
                          struct signed_statement *ret_by, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    SCOPED(buf_free) struct buf file = {0};
    outbox_file_path(maker->root, &work->owner, 0, path);
    int rc = file_read(path, HANDOVER_BYTES_MAX, &file, err);
    if (rc < 0)
        return rc;
    struct digest is = digest_of(buf_view(&file));
    if (!digest_equal(&is, &work->given.manifest))
        return err_set(err, ERR_CONFLICT, "what was acknowledged is not what lies here");
    const uint8_t *end = file.len ? memchr(file.at, '\n', file.len) : NULL;
    json_t *line = json_loadb((const char *)file.at, end ? (size_t)(end - file.at) : 0, 0, NULL);
    rc = statement_from_json(line, ret_by, err);
    json_decref(line);
    return rc;
}

static int tell_hub(struct maker *maker, const struct outbox_work *work,
                    const struct signed_statement *by, struct err *err)
{
    struct asker *asker = NULL;
    json_t *details = statement_to_json(by), *answer = NULL;
    int rc = asker_open(&maker->program, HUB_PATIENCE_MS, &asker, err);
    if (rc == 0 && (!asker || !details))
        rc = err_set(err, ERR_UNAVAILABLE, "no hub answers");
    if (rc == 0)
        json_object_set_new(details, "key", json_string(work->owner.key));
    if (rc == 0)
        rc = asker_ask(asker, "give_handover", details, &answer, err);
    asker_free(&asker);
    json_decref(details);
    json_decref(answer);
    return rc;
}

/* The files go when the journal has it; what cannot be given is told, and made anew when asked. */
static int take_given(struct maker *maker, const struct outbox_work *work, struct err *err)
{
    struct signed_statement by;
    struct outbox_standing standing = {.phase = OUTBOX_GIVEN, .number = work->given.number};
    memcpy(standing.uuid, work->given.uuid, sizeof standing.uuid);
    int rc = read_statement(maker, work, &by, err);
    if (rc == 0)
        rc = tell_hub(maker, work, &by, err);
    if (rc == ERR_CONFLICT || rc == ERR_NOT_FOUND || rc == ERR_FORMAT) {
        standing.phase = OUTBOX_REFUSED;
        standing.code = ERR_CONFLICT;
        snprintf(standing.reason, sizeof standing.reason, "%.*s", OUTBOX_REASON_SIZE - 1,
                 err->text);
    } else if (rc < 0) {
        return rc;
    }
    log_info("tenant=%s %s hand-over %u is %s", work->owner.tenant,
             work->owner.medical ? "medical" : "admin", standing.number,
             outbox_phase_name(standing.phase));
    rc = outbox_settle(maker->root, &work->owner, &standing, err);
    return rc < 0 ? rc : outbox_remove_files(maker->root, &work->owner, err);
}

/* ---- loop ---- */

static void say_trouble(struct maker *maker, const struct outbox_work *work, const struct err *err)
{
    if (strcmp(maker->troubled, work->name) != 0)
        log_error("tenant=%s: nothing can be handed over: %s; it is tried again",
                  work->owner.tenant, err->text);
    memcpy(maker->troubled, work->name, sizeof maker->troubled);
}

static void tidy(struct maker *maker)
{
    struct err err = {0};
    const int64_t age_s = maker->program.tuning.handover.repeat_days * DAY_S;
    if (maker->tidied_ms && clock_mono_ms() - maker->tidied_ms < TIDY_MS)
        return;
    maker->tidied_ms = clock_mono_ms();
    if (outbox_tidy(maker->root, age_s, &err) < 0)
        log_warn("outbox: %s", err.text);
}

/* Each folder in turn. */
static int turn(struct maker *maker, char after[OUTBOX_NAME_SIZE], struct err *err)
{
    struct outbox_work work;
    struct err why = {0};
    int wait_ms = 0, found = outbox_next(maker->root, after, &work, &why);
    if (found < 0 && !work.name[0])
        return err_set(err, found, "%.350s", why.text);
    int rc = found;
    if (found > 0)
        rc = work.has_given ? take_given(maker, &work, &why) : take_order(maker, &work, &why);
    if (rc < 0 && rc != ERR_CANCELLED) {
        say_trouble(maker, &work, &why);
        wait_ms = REST_MS;
    }
    memcpy(after, work.name, OUTBOX_NAME_SIZE);
    take_signals(maker, found == 0 ? LOOK_MS : wait_ms);
    return 0;
}

static int start(struct maker *maker, struct err *err)
{
    char list[PLACE_SIZE + 32];
    const struct place *place = &maker->program.place;
    snprintf(maker->root, sizeof maker->root, "%s/partners", place->data);
    snprintf(list, sizeof list, "%s/partners.list", place->config);
    int rc = program_signals(&maker->program, err);
    return rc < 0 ? rc
                  : allow_list_open(maker->allow_file ? maker->allow_file : list, &maker->allowed,
                                    err);
}

static int serve(struct maker *maker, struct err *err)
{
    char after[OUTBOX_NAME_SIZE] = "";
    int rc = start(maker, err);
    while (rc == 0 && !maker->stopping) {
        allow_list_refresh(maker->allowed); /* the gateway says when it is broken */
        tidy(maker);
        tries_noter_turn(&maker->tries, &maker->program, maker->root);
        rc = turn(maker, after, err);
    }
    return rc;
}

static const struct argp_option options[] = {
    {"allow", 'A', "FILE", 0, "lines of public key and tenant (CONFIG/partners.list)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct maker *maker = state->input;
    if (key == ARGP_KEY_INIT)
        state->child_inputs[0] = &maker->program;
    if (key == 'A')
        maker->allow_file = arg;
    return key == 'A' || key == ARGP_KEY_INIT ? 0 : ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,  parse, NULL, "Makes what partner funds fetch.",
                                     children, NULL,  NULL};
    static struct maker maker = {.program = {.name = "tripli-handover"}};
    struct err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &maker);
    int rc = program_start(&maker.program, &err);
    if (rc == 0)
        rc = caller_find(&maker.program.place, &maker.program.caller, &err);
    if (rc == 0)
        rc = serve(&maker, &err);
    allow_list_free(&maker.allowed);
    return rc < 0 ? program_fail(&maker.program, &err) : EX_OK;
}
