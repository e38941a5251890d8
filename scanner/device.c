/*
 * The scanner at work: see device.h. Sides wait in a short queue until their sheet is complete;
 * `released` of them may be handed over. An event waits behind the sides that came before it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/device.h"

#include <leptonica/allheaders.h>
#include <sane/sane.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/scope.h"
#include "scanner/meaning.h"
#include "scanner/option.h"
#include "scanner/raster.h"
#include "scanner/setup.h"

enum {
    QUEUE_SIDES = 4,              /* the sheet held back and the sheet being read */
    CHUNK_BYTES = 64 << 10,       /* one sane_read; scanimage takes 32 KB */
    EMPTY_READ_PAUSE_NS = 1000000 /* a driver that returns nothing is asked again after 1 ms */
};

static const double FALLBACK_DPI = 300; /* where a device does not tell, and none was asked for */

struct scanner {
    SANE_Handle handle;
    const struct profile *profile;
    struct scan_request request;
    struct scan_evidence evidence;

    struct scanned_side queue[QUEUE_SIDES]; /* oldest first */
    unsigned queued, released, open_sides;  /* open: of the sheet being read, the last ones */
    uint32_t sheets_complete;               /* the one held back counts */

    bool feeding;        /* between the first sane_start and sane_cancel */
    bool side_started;   /* sane_start was good and the side is not complete */
    bool anything_fed;   /* since feeding began */
    double x_dpi, y_dpi; /* as the device told last */
    long counter_before;
    uint32_t complete_before;

    bool event_waits;
    struct scan_event event;
    _Atomic bool cancel_asked;
    uint8_t chunk[CHUNK_BYTES];
};

/* Why acquiring a side failed: a status of SANE, or our own finding when `kind` is not -1. */
struct failure {
    int status;
    int kind;
    struct err err;
};

static int fail_status(struct failure *failure, const char *where, SANE_Status status)
{
    failure->status = (int)status;
    failure->kind = -1;
    return err_set(&failure->err, ERR_DEVICE, "%s: %s", where, meaning_status_name((int)status));
}

static int fail_own(struct failure *failure, enum scan_event_kind kind)
{
    failure->status = 0;
    failure->kind = (int)kind;
    return failure->err.code;
}

/* An error of raster.h as a kind of event. */
static int fail_raster(struct failure *failure)
{
    switch (failure->err.code) {
    case ERR_LIMIT:
        return fail_own(failure, SCAN_TOO_LARGE);
    case ERR_MEMORY:
        return fail_own(failure, SCAN_NO_MEMORY);
    case ERR_UNSUPPORTED:
        return fail_own(failure, SCAN_UNSUPPORTED);
    default:
        return fail_own(failure, SCAN_INCOMPLETE);
    }
}

static int open_error(const char *device, SANE_Status status, struct err *err)
{
    switch (status) {
    case SANE_STATUS_INVAL:
        return err_set(err, ERR_DEVICE,
                       "scanner '%s': no such device; `scanimage -L` lists those there are",
                       device);
    case SANE_STATUS_DEVICE_BUSY:
        return err_set(err, ERR_UNAVAILABLE, "scanner '%s': another program has it", device);
    case SANE_STATUS_ACCESS_DENIED:
        return err_set(err, ERR_DENIED, "scanner '%s': no right to the device", device);
    case SANE_STATUS_NO_MEM:
        return err_set(err, ERR_MEMORY, "scanner '%s': no memory", device);
    default:
        return err_set(err, ERR_DEVICE, "scanner '%s': %s", device, sane_strstatus(status));
    }
}

/* The record's head. A device that can be opened need not be in the list: then without vendor. */
static int describe_device(struct scanner *scanner, const char *device, struct err *err)
{
    SCOPED(scanner_found_free) struct scanner_found *list = NULL;
    int rc = scanner_list(&list, err);
    if (rc < 0)
        return rc;
    const struct scanner_found *found = list;
    while (found && strcmp(found->name, device) != 0)
        found = found->next;
    struct scan_evidence *evidence = &scanner->evidence;
    evidence->device = strdup(device);
    evidence->vendor = strdup(found ? found->vendor : "");
    evidence->model = strdup(found ? found->model : "");
    evidence->profile = strdup(profile_id(scanner->profile));
    evidence->mode = scan_mode_name(scanner->request.mode);
    evidence->duplex = scanner->request.duplex;
    if (!evidence->device || !evidence->vendor || !evidence->model || !evidence->profile)
        return err_set(err, ERR_MEMORY, "scanner '%s': no memory", device);
    return 0;
}

int scanner_open(const char *device, const struct profile *profile,
                 const struct scan_request *request, struct scanner **ret_scanner, struct err *err)
{
    SCOPED(scanner_free) struct scanner *scanner = calloc(1, sizeof *scanner);
    if (!scanner)
        return err_set(err, ERR_MEMORY, "scanner '%s': no memory", device);
    scanner->profile = profile;
    scanner->request = *request;
    int rc = describe_device(scanner, device, err);
    if (rc < 0)
        return rc;
    SANE_Status status = sane_open(device, &scanner->handle);
    if (status != SANE_STATUS_GOOD) {
        scanner->handle = NULL;
        return open_error(device, status, err);
    }
    rc = setup_options(scanner->handle, profile, request, &scanner->evidence, err);
    if (rc < 0) {
        err_prefix(err, "scanner '%s'", device);
        return rc;
    }
    *ret_scanner = scanner;
    scanner = NULL;
    return 0;
}

static void drop_sides(struct scanner *scanner, unsigned count)
{
    for (; count > 0; count--)
        pixDestroy(&scanner->queue[--scanner->queued].page);
}

void scanner_free(struct scanner **scanner)
{
    struct scanner *self = *scanner;
    if (!self)
        return;
    drop_sides(self, self->queued);
    if (self->feeding)
        sane_cancel(self->handle);
    if (self->handle)
        sane_close(self->handle);
    setup_forget(&self->evidence);
    free(self);
    *scanner = NULL;
}

const struct scan_evidence *scanner_evidence(const struct scanner *scanner)
{
    return &scanner->evidence;
}

void scanner_new_batch(struct scanner *scanner, uint32_t first_sheet)
{
    scanner->sheets_complete = first_sheet - 1;
}

int scanner_take_back(struct scanner *scanner, uint32_t from, struct err *err)
{
    const char *option = profile_take_back(scanner->profile);
    char number[16];
    scanner_new_batch(scanner, from);
    if (!option)
        return 0;
    snprintf(number, sizeof number, "%u", from);
    int rc = option_set(scanner->handle, option, number, err);
    return rc < 0 ? rc : 1;
}

/* Takes what the driver sends until it says that the side has ended. */
static int read_lines(struct scanner *scanner, struct raster *raster, struct failure *failure)
{
    for (;;) {
        SANE_Int got = 0;
        if (scanner->cancel_asked)
            return fail_status(failure, "between two reads", SANE_STATUS_CANCELLED);
        SANE_Status status = sane_read(scanner->handle, scanner->chunk, CHUNK_BYTES, &got);
        if (status == SANE_STATUS_EOF)
            return 0;
        if (status == SANE_STATUS_NO_DOCS && raster_received(raster) == 0)
            scanner->side_started = false; /* some drivers report the end only here */
        if (status != SANE_STATUS_GOOD)
            return fail_status(failure, "sane_read", status);
        if (got < 0 || got > CHUNK_BYTES) {
            err_set(&failure->err, ERR_FORMAT, "sane_read: %d bytes into room for %d", got,
                    CHUNK_BYTES);
            return fail_own(failure, SCAN_INCOMPLETE);
        }
        if (got == 0)
            nanosleep(&(struct timespec){.tv_nsec = EMPTY_READ_PAUSE_NS}, NULL);
        if (raster_add(raster, bytes_of(scanner->chunk, (size_t)got), &failure->err) < 0)
            return fail_raster(failure);
    }
}

static int check_frame(const SANE_Parameters *frame, struct raster_params *ret_params,
                       struct failure *failure)
{
    bool rgb = frame->format == SANE_FRAME_RGB;
    if ((!rgb && frame->format != SANE_FRAME_GRAY) || !frame->last_frame || frame->depth < 1) {
        err_set(&failure->err, ERR_UNSUPPORTED,
                "frame format %d, last %d, depth %d: only one grey or RGB frame is read",
                frame->format, frame->last_frame, frame->depth);
        return fail_own(failure, SCAN_UNSUPPORTED);
    }
    *ret_params = (struct raster_params){
        .width = frame->pixels_per_line > 0 ? (uint32_t)frame->pixels_per_line : 0,
        .lines = frame->lines,
        .bytes_per_line = frame->bytes_per_line > 0 ? (uint32_t)frame->bytes_per_line : 0,
        .depth = (unsigned)frame->depth,
        .rgb = rgb};
    return 0;
}

/* Keeps the resolution before the first side as well: some drivers answer nothing while they scan,
 * others know only then. */
static void read_dpi(struct scanner *scanner)
{
    const struct profile_sensors *names = profile_sensors(scanner->profile);
    double x = 0, y = 0;
    if (option_get_number(scanner->handle, names->x_dpi, &x, NULL) == 0 && x >= 1)
        scanner->x_dpi = x;
    if (option_get_number(scanner->handle, names->y_dpi, &y, NULL) == 0 && y >= 1)
        scanner->y_dpi = y;
}

/* The side itself, after sane_start. */
static int read_side(struct scanner *scanner, struct scanned_side *ret_side,
                     struct failure *failure)
{
    SANE_Parameters frame;
    struct raster_params params;
    SCOPED(raster_free) struct raster *raster = NULL;
    SANE_Status status = sane_get_parameters(scanner->handle, &frame);
    if (status != SANE_STATUS_GOOD)
        return fail_status(failure, "sane_get_parameters", status);
    int rc = check_frame(&frame, &params, failure);
    if (rc < 0)
        return rc;
    const struct profile_sensors *names = profile_sensors(scanner->profile);
    double side = scanner->open_sides;
    if (names->side)
        option_get_number(scanner->handle, names->side, &side, NULL);
    read_dpi(scanner);
    *ret_side = (struct scanned_side){.side = side > 0,
                                      .sheet = scanner->sheets_complete + 1,
                                      .x_dpi = scanner->x_dpi,
                                      .y_dpi = scanner->y_dpi};
    if (raster_new(&params, &raster, &failure->err) < 0)
        return fail_raster(failure);
    rc = read_lines(scanner, raster, failure);
    if (rc < 0)
        return rc;
    if (raster_finish(&raster, &ret_side->page, &failure->err) < 0)
        return fail_raster(failure);
    pixSetResolution(ret_side->page, (l_int32)(ret_side->x_dpi + 0.5),
                     (l_int32)(ret_side->y_dpi + 0.5));
    return 0;
}

static void begin_feeding(struct scanner *scanner)
{
    const char *counter = profile_sensors(scanner->profile)->counter;
    double before = -1;
    if (counter)
        option_get_number(scanner->handle, counter, &before, NULL);
    scanner->x_dpi = scanner->y_dpi =
        scanner->request.dpi > 0 ? scanner->request.dpi : FALLBACK_DPI;
    read_dpi(scanner);
    scanner->counter_before = (long)before;
    scanner->complete_before = scanner->sheets_complete;
    scanner->anything_fed = false;
    scanner->cancel_asked = false;
    scanner->feeding = true;
}

static int acquire_side(struct scanner *scanner, struct scanned_side *ret_side,
                        struct failure *failure)
{
    if (!scanner->feeding)
        begin_feeding(scanner);
    scanner->side_started = false;
    if (scanner->cancel_asked)
        return fail_status(failure, "before sane_start", SANE_STATUS_CANCELLED);
    SANE_Status status = sane_start(scanner->handle);
    if (status != SANE_STATUS_GOOD)
        return fail_status(failure, "sane_start", status);
    scanner->side_started = true;
    int rc = read_side(scanner, ret_side, failure);
    if (rc == 0) {
        scanner->side_started = false;
        scanner->anything_fed = true;
    }
    return rc;
}

static uint64_t held_bytes(const struct scanner *scanner)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < scanner->queued; i++)
        bytes += raster_page_bytes(scanner->queue[i].page);
    return bytes;
}

/* Puts a side that arrived where it belongs. In duplex a sheet is a front, then a back. */
static int place_side(struct scanner *scanner, struct scanned_side *side, struct failure *failure)
{
    uint64_t bytes = held_bytes(scanner) + raster_page_bytes(side->page);
    if (scanner->request.duplex && side->side != (int)scanner->open_sides) {
        err_set(&failure->err, ERR_FORMAT, "sheet %u: %s", side->sheet,
                side->side ? "a back without its front" : "a second front, the back is missing");
        fail_own(failure, SCAN_INCOMPLETE);
    } else if (bytes > SCANNER_HELD_LIMIT_BYTES) {
        err_set(&failure->err, ERR_LIMIT, "sheet %u: sides waiting hold %llu bytes, at most %d",
                side->sheet, (unsigned long long)bytes, SCANNER_HELD_LIMIT_BYTES);
        fail_own(failure, SCAN_TOO_LARGE);
    } else {
        scanner->queue[scanner->queued++] = *side;
        scanner->open_sides++;
        return 0;
    }
    pixDestroy(&side->page);
    scanner->side_started = true; /* it passed, and nothing of it is kept */
    return failure->err.code;
}

/* Lets a complete sheet go, or the one before it where the last is held back. */
static void complete_sheet(struct scanner *scanner)
{
    unsigned sides = scanner->request.duplex ? 2 : 1;
    if (scanner->open_sides < sides)
        return;
    scanner->open_sides = 0;
    scanner->sheets_complete++;
    scanner->released = scanner->queued;
    if (profile_holds_last_sheet(scanner->profile))
        scanner->released -= sides;
}

static enum scan_event_kind judge(struct scanner *scanner, const struct failure *failure,
                                  const struct scan_sensors *sensors, const char **ret_say)
{
    *ret_say = NULL;
    if (failure->kind >= 0)
        return (enum scan_event_kind)failure->kind;
    if (failure->status == SANE_STATUS_NO_DOCS &&
        (scanner->open_sides > 0 || scanner->side_started))
        return SCAN_INCOMPLETE; /* the end came in the middle of a sheet */
    enum scan_event_kind kind =
        profile_meaning(scanner->profile, failure->status, sensors, ret_say);
    if ((kind == SCAN_END || kind == SCAN_END_UNSURE) && !scanner->anything_fed) {
        *ret_say = NULL;
        return SCAN_EMPTY;
    }
    return kind;
}

static bool is_in_path(const struct scanner *scanner, enum scan_event_kind kind)
{
    return scanner->open_sides > 0 || scanner->side_started || kind == SCAN_JAM ||
           kind == SCAN_DOUBLE_FEED || kind == SCAN_JAM_OR_DOUBLE_FEED;
}

/* A double feed that is reported after its images: the sheet held back is not to be trusted.
 * Returns how many sheets were taken back. */
static uint32_t withdraw_held(struct scanner *scanner, enum scan_event_kind kind)
{
    unsigned sides = scanner->request.duplex ? 2 : 1;
    bool double_feed = kind == SCAN_DOUBLE_FEED || kind == SCAN_JAM_OR_DOUBLE_FEED;
    if (!double_feed || scanner->side_started || scanner->open_sides > 0 ||
        !profile_holds_last_sheet(scanner->profile) || scanner->queued < sides)
        return 0;
    drop_sides(scanner, sides);
    scanner->sheets_complete--;
    return 1;
}

/* Sheets that reached the tray by the scanner's counter, less those that were read and the one that
 * the sentence names anyway. */
static uint32_t count_unread(const struct scanner *scanner, const struct scan_event *event,
                             uint32_t withdrawn)
{
    bool named =
        event->sheet_in_path && (event->kind == SCAN_INCOMPLETE || event->kind == SCAN_TOO_LARGE);
    long passed = event->sensors.counter - scanner->counter_before;
    long read = (long)scanner->sheets_complete - (long)scanner->complete_before;
    long unread = passed - read - (long)withdrawn - named;
    if (event->sensors.counter < 0 || scanner->counter_before < 0 || unread < 0)
        return 0;
    return (uint32_t)unread;
}

/* Ends the feeding: cancel once, read the sensors, judge, take back what cannot be trusted. */
static void stop_feeding(struct scanner *scanner, const struct failure *failure)
{
    struct scan_event *event = &scanner->event;
    const char *say = NULL;
    sane_cancel(scanner->handle);
    scanner->feeding = false;
    *event = (struct scan_event){.sane_status = failure->status};
    snprintf(event->detail, sizeof event->detail, "%.*s", SCAN_DETAIL_SIZE - 1, failure->err.text);
    setup_read_sensors(scanner->handle, profile_sensors(scanner->profile), &event->sensors);
    event->kind = judge(scanner, failure, &event->sensors, &say);
    bool in_path = is_in_path(scanner, event->kind);
    uint32_t withdrawn = withdraw_held(scanner, event->kind);
    drop_sides(scanner, scanner->open_sides);
    scanner->open_sides = 0;
    scanner->side_started = false;
    scanner->released = scanner->queued;
    event->sheets_complete = scanner->sheets_complete;
    event->feed_from = scanner->sheets_complete + 1;
    event->sheet_in_path = in_path ? event->feed_from : 0;
    event->passed_unread = count_unread(scanner, event, withdrawn);
    scan_event_phrase(event, say);
    scanner->event_waits = true;
}

static struct scanned_side take_first(struct scanner *scanner)
{
    struct scanned_side first = scanner->queue[0];
    scanner->queued--;
    scanner->released--;
    memmove(&scanner->queue[0], &scanner->queue[1], scanner->queued * sizeof first);
    return first;
}

int scanner_next_side(struct scanner *scanner, struct scanned_side *ret_side,
                      struct scan_event *ret_event)
{
    while (scanner->released == 0 && !scanner->event_waits) {
        struct scanned_side side = {0};
        struct failure failure = {0};
        int rc = acquire_side(scanner, &side, &failure);
        if (rc == 0)
            rc = place_side(scanner, &side, &failure);
        if (rc < 0)
            stop_feeding(scanner, &failure);
        else
            complete_sheet(scanner);
    }
    if (scanner->released > 0) {
        *ret_side = take_first(scanner);
        return 1;
    }
    *ret_event = scanner->event;
    scanner->event_waits = false;
    return 0;
}

void scanner_cancel(struct scanner *scanner)
{
    if (!scanner->feeding)
        return;
    scanner->cancel_asked = true;
    sane_cancel(scanner->handle);
}

void scanner_sensors(struct scanner *scanner, struct scan_sensors *ret_sensors)
{
    setup_read_sensors(scanner->handle, profile_sensors(scanner->profile), ret_sensors);
}

int scanner_button(struct scanner *scanner)
{
    const char *button = profile_sensors(scanner->profile)->button;
    double pressed = 0;
    if (!button || option_get_number(scanner->handle, button, &pressed, NULL) < 0)
        return SCAN_UNKNOWN;
    return pressed > 0 ? SCAN_YES : SCAN_NO;
}

int scanner_set(struct scanner *scanner, const char *option, const char *value, struct err *err)
{
    return option_set(scanner->handle, option, value, err);
}
