/*
 * A document feeder as a source: a SANE scanner, or the virtual feeder over a hopper folder. Every
 * stop ends in a sentence for the operator; who sits at a terminal clears it and goes on, otherwise
 * the batch stays open, to be resumed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/page.h"
#include "image/quality.h"
#include "scanner/device.h"
#include "scanner/sides.h"
#include "workers/scan.h"

enum {
    RECORD_TEXT_MAX = 2400, /* bytes of settings in a page's record; it may have 4 KB in all */
    HANG_SECONDS = 120,     /* a driver that does not come back for so long hangs */
    LINE_MAX_BYTES = 200
};

/* A front whose back has not come. A sheet goes to the hub as a whole, so that one which jams on
 * its second side can still be declared rejected. */
struct held_front {
    struct buf image; /* encoded; empty: none is held */
    json_t *record;
    struct side_size size;
};

struct feeding {
    struct scan *scan;
    struct profile *profile;
    struct scanner *scanner;
    struct held_front front;
    char settings[RECORD_TEXT_MAX];
};

static char hang_words[SCAN_SENTENCE_SIZE + 2]; /* what the alarm says; written before it is set */

static void on_hang(int number)
{
    (void)number;
    if (write(STDERR_FILENO, hang_words, strlen(hang_words)) < 0)
        _exit(EX_IOERR);
    _exit(EX_UNAVAILABLE);
}

/* How many sheets the hopper's folder holds: files without those that are the back of another. */
static uint32_t count_sheets(const char *hopper)
{
    uint32_t count = 0;
    DIR *folder = opendir(hopper);
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        const char *end = strrchr(entry->d_name, '.');
        bool image = end && end != entry->d_name &&
                     (strncasecmp(end, ".tif", 4) == 0 || strncasecmp(end, ".jp", 3) == 0 ||
                      strcasecmp(end, ".png") == 0);
        bool back = image && end - entry->d_name > 2 && strncmp(end - 2, ".b", 2) == 0;
        count += image && !back;
    }
    if (folder)
        closedir(folder);
    return count;
}

/* The virtual feeder's own SANE world: one backend, no other driver is probed. */
static int start_virtual(struct scan *scan, struct err *err)
{
    char config[PLACE_SIZE + 16], path[PLACE_SIZE + 32];
    char *state = scan->hopper_state;
    const char *backends = getenv("TRIPLI_SANE_DIR");
    char beside[PLACE_SIZE + 32];
    char *hopper = realpath(scan->options.hopper, NULL);
    if (!hopper)
        return err_errno(err, errno, "%s: hopper", scan->options.hopper);
    setenv("TRIPLI_HOPPER", hopper, 1);
    scan->expected = count_sheets(hopper);
    free(hopper);
    snprintf(state, sizeof scan->hopper_state, "%s/hopper-%s", scan->program.place.run, scan->uuid);
    setenv("TRIPLI_HOPPER_STATE", state, 1);
    snprintf(config, sizeof config, "%s/sane", scan->program.place.run);
    snprintf(path, sizeof path, "%s/dll.conf", config);
    snprintf(beside, sizeof beside, "%s/../scanner/feeder", scan->program.place.bin);
    if (!backends)
        backends = access(beside, X_OK) == 0 ? beside : TRIPLI_SANE_DIR;
    int rc = file_make_folders(config, 0700, err);
    if (rc == 0)
        rc = file_make_folders(state, 0700, err);
    if (rc == 0)
        rc = file_write(path, 0600, bytes_of("tripli\n", 7), err);
    return rc < 0 ? rc : scanner_start(backends, config, err);
}

static int open_device(struct feeding *feeding, struct err *err)
{
    const struct scan_options *options = &feeding->scan->options;
    const char *device = options->hopper ? "tripli:hopper" : options->device;
    char folder[PLACE_SIZE + 16];
    struct scan_request request = SCAN_REQUEST_DEFAULT;
    request.duplex = !options->simplex;
    request.dpi = options->dpi;
    snprintf(folder, sizeof folder, "%s/scanners", feeding->scan->program.place.config);
    int rc = scan_mode_parse(options->mode, &request.mode);
    if (rc < 0)
        return err_set(err, rc, "mode '%s': bilevel, grey, colour or as-scanned", options->mode);
    rc = options->hopper ? start_virtual(feeding->scan, err) : scanner_start(NULL, NULL, err);
    if (rc == 0)
        rc = profile_find(folder, device, &feeding->profile, err);
    if (rc == 0)
        rc = scanner_open(device, feeding->profile, &request, &feeding->scanner, err);
    return rc;
}

/* The settings as read back, one "option=value" after the other. */
static void note_settings(struct feeding *feeding)
{
    const struct scan_evidence *evidence = scanner_evidence(feeding->scanner);
    size_t len = 0;
    for (size_t i = 0; i < evidence->setting_count && len < RECORD_TEXT_MAX; i++)
        len +=
            (size_t)snprintf(feeding->settings + len, RECORD_TEXT_MAX - len, "%s%s=%s",
                             i ? ";" : "", evidence->settings[i].option, evidence->settings[i].got);
}

static json_t *record_of(const struct feeding *feeding, const struct scanned_side *side)
{
    char pixels[DIGEST_HEX_SIZE];
    struct digest digest;
    struct err err;
    if (page_digest(side->page, &digest, &err) < 0) {
        log_error("sheet=%u %s", side->sheet, err.text);
        return NULL;
    }
    const struct scan_evidence *evidence = scanner_evidence(feeding->scanner);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:s, s:s}", "device", evidence->device,
                     "vendor", evidence->vendor, "model", evidence->model, "profile",
                     evidence->profile, "mode", evidence->mode, "x_dpi", side->x_dpi, "y_dpi",
                     side->y_dpi, "settings", feeding->settings, "pixels_digest",
                     digest_hex(&digest, pixels));
}

static void drop_front(struct feeding *feeding)
{
    buf_free(&feeding->front.image);
    json_decref(feeding->front.record);
    feeding->front = (struct held_front){0};
}

static int send_front(struct feeding *feeding, uint32_t sheet, struct err *err)
{
    const struct scan_side out = {
        .image = buf_view(&feeding->front.image), .sheet = sheet, .capture = feeding->front.record};
    int rc = out.image.len > 0 ? scan_page(feeding->scan, &out, err) : 0;
    drop_front(feeding);
    return rc;
}

static struct side_size size_of(const struct scanned_side *side)
{
    return side_size_of(side->page, side->x_dpi, side->y_dpi);
}

/* Tells the operator, while the paper is in hand, and the records of both sides, so that their
 * verdicts say it. */
static void check_sides(const struct feeding *feeding, const struct scanned_side *back,
                        json_t *record)
{
    struct side_size front = feeding->front.size, size = size_of(back);
    if (feeding->front.image.len == 0 || sides_match(front, size))
        return;
    const char *finding = quality_finding_name(QUALITY_SIDES_DIFFER);
    json_object_set_new(feeding->front.record, "finding", json_string(finding));
    json_object_set_new(record, "finding", json_string(finding));
    log_warn("sheet=%u front and back do not match: %.0f x %.0f mm and %.0f x %.0f mm, at most %d "
             "mm apart; kept, to be looked at",
             back->sheet, front.width, front.height, size.width, size.height, SIDES_DIFFER_MM);
    scan_say(feeding->scan,
             "Feuille n° %u : le recto (%.0f x %.0f mm) et le verso (%.0f x %.0f mm) ne vont pas "
             "ensemble. Deux feuilles sont peut-être passées l'une sur l'autre : vérifiez-la.",
             back->sheet, front.width, front.height, size.width, size.height);
}

static int send_last(struct feeding *feeding, const struct scanned_side *side, struct err *err)
{
    SCOPED(buf_free) struct buf image = {0};
    struct scan_side out = {
        .sheet = side->sheet, .side = (uint32_t)side->side, .capture = record_of(feeding, side)};
    int rc = out.capture ? 0 : err_set(err, ERR_MEMORY, "sheet %u: no memory", side->sheet);
    check_sides(feeding, side, out.capture);
    if (rc == 0)
        rc = image_encode(side->page, &IMAGE_ENCODE_DEFAULT, &image, err);
    if (rc == 0)
        rc = send_front(feeding, side->sheet, err);
    out.image = buf_view(&image);
    if (rc == 0)
        rc = scan_page(feeding->scan, &out, err);
    json_decref(out.capture);
    return rc;
}

static int hold_front(struct feeding *feeding, const struct scanned_side *side, struct err *err)
{
    drop_front(feeding);
    feeding->front.record = record_of(feeding, side);
    feeding->front.size = size_of(side);
    if (!feeding->front.record)
        return err_set(err, ERR_MEMORY, "sheet %u: no memory", side->sheet);
    return image_encode(side->page, &IMAGE_ENCODE_DEFAULT, &feeding->front.image, err);
}

/* A side whose page the hub has already is not sent again: it was read in an earlier feeding. */
static int take_side(struct feeding *feeding, const struct scanned_side *side, struct err *err)
{
    struct scan *scan = feeding->scan;
    bool duplex = !scan->options.simplex;
    uint32_t page = duplex ? 2 * (side->sheet - 1) + (uint32_t)side->side + 1 : side->sheet;
    uint32_t held = feeding->front.image.len > 0;
    int rc = 0;
    if (duplex && side->side == 0)
        return page > scan->page ? hold_front(feeding, side, err) : 0;
    if (page > scan->page + held + 1)
        return err_set(err, ERR_DEVICE, "sheet %u: side %d came after page %u, a side is missing",
                       side->sheet, side->side, scan->page + held);
    if (page > scan->page)
        rc = send_last(feeding, side, err);
    if (rc == 0)
        scan->sheets = side->sheet;
    return rc;
}

/* What the person at the feeder answers: 'c' go on, 'r' one sheet rejected, 'q' stop. */
static int ask_operator(void)
{
    char line[LINE_MAX_BYTES];
    fprintf(stderr, "[Entrée] reprendre   [r] déclarer la feuille rejetée   [q] arrêter : ");
    if (!fgets(line, sizeof line, stdin) || line[0] == 'q')
        return 'q';
    return line[0] == 'r' ? 'r' : 'c';
}

/* A scanner without a sensor has stopped: 1 there is more paper, 0 the feeder is empty. */
static int ask_whether_empty(void)
{
    char line[LINE_MAX_BYTES];
    fprintf(stderr, "Le bac est-il vide ? [o] oui, le lot est complet   [n] non, continuer : ");
    return fgets(line, sizeof line, stdin) && line[0] == 'n';
}

static const char *ask_reason(void)
{
    static const struct {
        char key;
        enum reject_reason reason;
    } rows[] = {{'d', REJECT_TORN}, {'f', REJECT_UNFIT}, {'o', REJECT_OBJECT}};
    char line[LINE_MAX_BYTES] = "";
    fprintf(stderr, "Motif du rejet : [d] déchirée   [f] ne passe pas (format, épaisseur)   "
                    "[o] objet (carte, agrafe)   [Entrée] autre : ");
    if (!fgets(line, sizeof line, stdin))
        line[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (line[0] == rows[i].key)
            return reject_reason_name(rows[i].reason);
    return reject_reason_name(REJECT_OTHER);
}

/* The sheet in the path counts as fed and rejected; its number goes to the next one. Noted before
 * it leaves the path: a sheet that is out and not noted would be missing from the count. */
static int reject_sheet(struct feeding *feeding, struct err *err)
{
    struct scan *scan = feeding->scan;
    struct sheet_rejected_message sheet = {
        .batch = scan->batch, .number = scan->rejected + 1, .sheet = scan->sheets + 1};
    struct err ignored = {0};
    snprintf(sheet.reason, sizeof sheet.reason, "%s", ask_reason());
    int rc = capture_reject(scan->capture, &sheet, err);
    if (rc < 0)
        return rc;
    scan->rejected++;
    if (scanner_set(feeding->scanner, "discard", "", &ignored) < 0)
        log_debug("feeder: %s: the sheet is taken out by hand", ignored.text);
    scan_say(scan,
             "Rejet n° %u noté : gardez cette feuille à part, elle n'est pas numérisée ; la "
             "suivante sera la n° %u du lot.",
             scan->rejected, sheet.sheet);
    return 0;
}

/* A sheet whose front came to the hub before a feeding was cut off between its sides. */
static bool is_half_taken(struct scan *scan)
{
    bool half = !scan->options.simplex && scan->page % 2 == 1;
    if (half)
        scan_say(scan,
                 "Le recto de la feuille n° %u est déjà enregistré : elle ne peut plus être "
                 "rejetée. Remettez-la ; si elle ne passe pas, passez une feuille blanche à sa "
                 "place.",
                 scan->sheets + 1);
    return half;
}

/* A sheet that is stuck in the virtual feeder's path; a real one is fed again by hand. */
static void put_back(struct feeding *feeding)
{
    struct err err = {0};
    if (scanner_set(feeding->scanner, "refeed", "", &err) < 0)
        log_debug("feeder: %s: stuck sheets are fed again by hand", err.text);
}

/* 1: go on feeding, 0: the batch is complete, < 0: it stays open. */
static int handle_event(struct feeding *feeding, const struct scan_event *event, struct err *err)
{
    struct scan *scan = feeding->scan;
    log_debug("feeder: %s: %s", scan_event_name(event->kind), event->detail);
    if (feeding->front.image.len > 0 && (event->kind == SCAN_END || event->kind == SCAN_EMPTY))
        return err_set(err, ERR_DEVICE, "sheet %u: its back did not come", scan->sheets + 1);
    drop_front(feeding); /* its sheet is fed again, or rejected */
    if (event->kind == SCAN_EMPTY && scan->sheets + scan->rejected == 0)
        return err_set(err, ERR_NOT_FOUND, "the feeder is empty: nothing was fed");
    if (event->kind == SCAN_END || event->kind == SCAN_EMPTY)
        return 0;
    scan_say(scan, "%s", event->sentence);
    bool person = scan->terminal && isatty(STDIN_FILENO);
    if (event->kind == SCAN_END_UNSURE && !person)
        return 0; /* no sensor and nobody to ask: said above, and the count is in the batch */
    if (event->kind == SCAN_END_UNSURE)
        return ask_whether_empty();
    if (!person)
        return err_set(err, ERR_DEVICE, "feeder stopped (%s) after %u sheets; the batch stays open",
                       scan_event_name(event->kind), event->sheets_complete);
    int answer = ask_operator();
    if (answer == 'q')
        return err_set(err, ERR_CANCELLED, "stopped by the operator; the batch stays open");
    if (answer == 'r' && !is_half_taken(scan)) {
        int rc = reject_sheet(feeding, err);
        return rc < 0 ? rc : 1;
    }
    put_back(feeding);
    return 1;
}

/* What the alarm will say has to stand ready: a signal handler cannot put it together. */
static void set_alarm(const struct scan *scan)
{
    struct scan_event hung = {.kind = SCAN_HUNG,
                              .sensors = {.loaded = SCAN_UNKNOWN},
                              .sheets_complete = scan->sheets,
                              .feed_from = scan->sheets + 1};
    scan_event_phrase(&hung, NULL);
    snprintf(hang_words, sizeof hang_words, "%s\n", hung.sentence);
    signal(SIGALRM, on_hang);
    alarm(HANG_SECONDS);
}

static int feed_all(struct feeding *feeding, struct err *err)
{
    for (;;) {
        struct scanned_side side = {0};
        struct scan_event event = {0};
        set_alarm(feeding->scan);
        int got = scanner_next_side(feeding->scanner, &side, &event);
        alarm(0);
        int rc = got == 1 ? take_side(feeding, &side, err) : handle_event(feeding, &event, err);
        image_free(&side.page);
        if (rc < 0 || (got == 0 && rc == 0))
            return rc;
    }
}

/* A batch that is resumed goes on after the last sheet that the hub has; what went through the
 * scanner since then comes back into the feeder, by itself or by a person. */
static int begin_feeding(struct feeding *feeding, struct err *err)
{
    uint32_t next = feeding->scan->sheets + 1;
    if (feeding->scan->accepted + feeding->scan->rejected == 0 && !feeding->scan->options.hopper) {
        scanner_new_batch(feeding->scanner, 1);
        return 0;
    }
    put_back(feeding);
    int rc = scanner_take_back(feeding->scanner, next, err);
    if (rc == 0 && next > 1)
        scan_say(feeding->scan, "Remettez dans le bac les feuilles à partir de la n° %u du lot.",
                 next);
    return rc < 0 ? rc : 0;
}

int scan_feeder(struct scan *scan, struct err *err)
{
    struct feeding feeding = {.scan = scan};
    int rc = open_device(&feeding, err);
    if (rc == 0) {
        note_settings(&feeding);
        scan->page = scan->accepted;
        scan->sheets = scan->options.simplex ? scan->accepted : scan->accepted / 2;
        rc = begin_feeding(&feeding, err);
    }
    if (rc == 0)
        rc = feed_all(&feeding, err);
    drop_front(&feeding);
    scanner_free(&feeding.scanner);
    profile_free(&feeding.profile);
    scanner_stop();
    return rc;
}
