/*
 * A document feeder as a source: a SANE scanner, or the virtual feeder over a hopper folder. Every
 * stop ends in a sentence for the operator; who sits at a terminal clears it and goes on, otherwise
 * the batch stays open, to be resumed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/encode.h"
#include "scanner/device.h"
#include "workers/scan.h"

enum {
    RECORD_TEXT_MAX = 3000, /* bytes of settings in a page's record; it may have 4 KB in all */
    HANG_SECONDS = 120,     /* a driver that does not come back for so long hangs */
    LINE_MAX_BYTES = 200,
    JOURNAL_LIMIT_BYTES = 64 << 20 /* of the virtual feeder; it keeps none larger */
};

struct feeding {
    struct scan *scan;
    struct profile *profile;
    struct scanner *scanner;
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

/* Sheets of which the hub has all sides. */
static uint32_t sheets_safe(const struct scan *scan)
{
    return scan->options.simplex ? scan->accepted : scan->accepted / 2;
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

/* The names of the sheets in the tray, in feed order, from the feeder's journal (its lines are
 * `VERB NAME`); `lines` is cut up. Returns how many. */
static uint32_t sheets_in_tray(char *lines, char *ret_names[], uint32_t most)
{
    uint32_t count = 0;
    for (char *line; (line = strsep(&lines, "\n")) != NULL;) {
        if (strncmp(line, "pass ", 5) == 0 && count < most)
            ret_names[count++] = line + 5;
        if (strncmp(line, "back ", 5) != 0)
            continue;
        uint32_t at = count;
        while (at > 0 && strcmp(ret_names[at - 1], line + 5) != 0)
            at--;
        if (at == 0)
            continue;
        memmove(&ret_names[at - 1], &ret_names[at], (count - at) * sizeof *ret_names);
        count--;
    }
    return count;
}

static int append(const char *path, size_t whole_lines, struct bytes more, struct err *err)
{
    SCOPED(scope_close) int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)whole_lines) < 0)
        return err_errno(err, errno, "%s", path);
    return file_write_all(fd, more, path, err);
}

/* A capture that was killed leaves sheets in the tray whose pages nobody has acknowledged. Puts
 * those after the first `safe` back into the hopper, as a person does at a real feeder. */
static int put_back(const char *state, uint32_t safe, struct err *err)
{
    char path[PLACE_SIZE + 96];
    SCOPED(buf_free) struct buf journal = {0}, lines = {0};
    snprintf(path, sizeof path, "%s/feeder.journal", state);
    if (access(path, F_OK) < 0)
        return 0;
    int rc = file_read(path, JOURNAL_LIMIT_BYTES, &journal, err);
    if (rc < 0)
        return rc;
    size_t whole = journal.len;
    while (whole > 0 && journal.at[whole - 1] != '\n')
        whole--; /* a line broken off by the kill */
    journal.len = whole;
    SCOPED(scope_free) char **names = calloc(whole / 6 + 1, sizeof *names);
    if (!names || buf_append(&journal, bytes_of("", 1)) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    uint32_t count = sheets_in_tray((char *)journal.at, names, (uint32_t)(whole / 6 + 1));
    for (uint32_t i = safe; rc == 0 && i < count; i++)
        if (buf_append(&lines, bytes_of("back ", 5)) < 0 ||
            buf_append(&lines, bytes_of(names[i], strlen(names[i]))) < 0 ||
            buf_append(&lines, bytes_of("\n", 1)) < 0)
            rc = err_set(err, ERR_MEMORY, "%s: no memory", path);
    return rc < 0 ? rc : append(path, whole, buf_view(&lines), err);
}

/* The virtual feeder's own SANE world: one backend, no other driver is probed. */
static int start_virtual(struct scan *scan, struct err *err)
{
    char config[PLACE_SIZE + 16], path[PLACE_SIZE + 32], state[PLACE_SIZE + 64];
    const char *backends = getenv("TRIPLI_SANE_DIR");
    char beside[PLACE_SIZE + 32];
    char *hopper = realpath(scan->options.hopper, NULL);
    if (!hopper)
        return err_errno(err, errno, "%s: hopper", scan->options.hopper);
    setenv("TRIPLI_HOPPER", hopper, 1);
    scan->expected = count_sheets(hopper);
    free(hopper);
    snprintf(state, sizeof state, "%s/hopper-%s", scan->program.place.run,
             scan->options.uuid ? scan->options.uuid : "0");
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
        rc = put_back(state, sheets_safe(scan), err);
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
    const struct scan_evidence *evidence = scanner_evidence(feeding->scanner);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:s}", "device", evidence->device,
                     "vendor", evidence->vendor, "model", evidence->model, "profile",
                     evidence->profile, "mode", evidence->mode, "x_dpi", side->x_dpi, "y_dpi",
                     side->y_dpi, "settings", feeding->settings);
}

/* A side whose page the hub has already is not sent again: it was read in an earlier feeding. */
static int send_side(struct feeding *feeding, const struct scanned_side *side, struct err *err)
{
    struct scan *scan = feeding->scan;
    bool duplex = !scan->options.simplex;
    uint32_t page = duplex ? 2 * (side->sheet - 1) + (uint32_t)side->side + 1 : side->sheet;
    bool last = !duplex || side->side == 1;
    SCOPED(buf_free) struct buf image = {0};
    if (page > scan->page + 1)
        return err_set(err, ERR_DEVICE, "sheet %u: side %d came after page %u, a side is missing",
                       side->sheet, side->side, scan->page);
    if (last)
        scan->sheets = side->sheet;
    if (page <= scan->page)
        return 0;
    int rc = image_encode(side->page, &IMAGE_ENCODE_DEFAULT, &image, err);
    if (rc < 0)
        return rc;
    const struct scan_side out = {.image = buf_view(&image),
                                  .sheet = side->sheet,
                                  .side = (uint32_t)side->side,
                                  .capture = record_of(feeding, side)};
    rc = scan_page(scan, &out, err);
    json_decref(out.capture);
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

/* 1: go on feeding, 0: the batch is complete, < 0: it stays open. */
static int handle_event(struct feeding *feeding, const struct scan_event *event, struct err *err)
{
    struct scan *scan = feeding->scan;
    log_debug("feeder: %s: %s", scan_event_name(event->kind), event->detail);
    if (scan_event_is_end(event->kind))
        return 0;
    if (event->kind == SCAN_EMPTY)
        return err_set(err, ERR_NOT_FOUND, "the feeder is empty: nothing was fed");
    scan_say(scan, "%s", event->sentence);
    if (!scan->terminal || !isatty(STDIN_FILENO))
        return err_set(err, ERR_DEVICE, "feeder stopped (%s) after %u sheets; the batch stays open",
                       scan_event_name(event->kind), event->sheets_complete);
    int answer = ask_operator();
    if (answer == 'q')
        return err_set(err, ERR_CANCELLED, "stopped by the operator; the batch stays open");
    scan->rejected += answer == 'r';
    return 1;
}

static int feed_all(struct feeding *feeding, struct err *err)
{
    for (;;) {
        struct scanned_side side = {0};
        struct scan_event event = {0};
        alarm(HANG_SECONDS);
        int got = scanner_next_side(feeding->scanner, &side, &event);
        alarm(0);
        int rc = got == 1 ? send_side(feeding, &side, err) : handle_event(feeding, &event, err);
        image_free(&side.page);
        if (rc < 0 || (got == 0 && rc == 0))
            return rc;
    }
}

static void set_watchdog(void)
{
    struct scan_event hung = {.kind = SCAN_HUNG};
    scan_event_phrase(&hung, NULL);
    snprintf(hang_words, sizeof hang_words, "%s\n", hung.sentence);
    signal(SIGALRM, on_hang);
}

int scan_feeder(struct scan *scan, struct err *err)
{
    struct feeding feeding = {.scan = scan};
    int rc = open_device(&feeding, err);
    if (rc == 0) {
        set_watchdog();
        note_settings(&feeding);
        scan->page = scan->accepted;
        scan->sheets = sheets_safe(scan);
        scanner_new_batch(feeding.scanner, scan->sheets + 1);
        if (scan->options.device && scan->accepted > 0)
            scan_say(scan, "les feuilles à partir de la n° %u doivent être dans le chargeur",
                     scan->sheets + 1);
        rc = feed_all(&feeding, err);
    }
    scanner_free(&feeding.scanner);
    profile_free(&feeding.profile);
    scanner_stop();
    return rc;
}
