/*
 * The virtual feeder: see feeder.h. A sheet is taken at the start of its first side and settled
 * when its last line has been read: into the tray, or at the end of a broken-off batch back into
 * the hopper, or stuck. With read-ahead sheets reach the tray before they are read, as they do in a
 * machine that buffers: what is lost then is lost on paper that lies in the tray.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/feeder/feeder.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/scope.h"
#include "scanner/feeder/hopper.h"
#include "scanner/feeder/panel.h"
#include "scanner/feeder/paper.h"

enum {
    READ_AHEAD_SHEETS = 2,   /* what a desk scanner's memory holds of colour sheets */
    SHORT_READ_BYTES = 997,  /* no divisor of any line: reads end in the middle of pixels */
    HANG_SECONDS = 3600,     /* longer than any watchdog waits */
    HANG_STEP_NS = 10000000, /* how soon a hang notices that it is cancelled */
    EXCESS_LINES = 4,        /* what the fault `excess` sends too many */
    DF_ACTION_STOP = 2,      /* place of "Stop" in the list of df-action */
    BUFFERING_ON = 2         /* place of "On" in the list of buffermode */
};

/* Codes of Fujitsu's sense data (key 03, code 80): the last byte. */
enum { CODE_JAM = 0x01, CODE_COVER = 0x02, CODE_DOUBLE_FEED = 0x07, CODE_STOP = 0x20 };

struct carried {
    struct hopper_sheet sheet;
    uint32_t number;
    bool settled;
};

struct feeder {
    struct feeder_setting setting;
    struct hopper *hopper;
    struct panel panel;
    struct fault_list option_faults, file_faults;

    bool started;   /* between the first start and cancel */
    bool has_sheet; /* `sheet` is in the path */
    bool stuck;     /* and stays there when cancelled */
    struct carried sheet;
    struct carried ahead[READ_AHEAD_SHEETS];
    size_t ahead_count;
    struct paper_size front; /* of `sheet`; width 0 when there was none */

    int side;
    bool reading;
    struct paper *paper;
    struct fault *armed; /* strikes in the side being read */
    uint32_t armed_line;
    uint32_t line, lines; /* next line to be sent, where they end */
    uint8_t *partial;     /* a line sent in part */
    uint32_t partial_at, line_bytes;

    bool doubled; /* a double feed passed and will be told at the next start */
    bool double_feed, cover_open, pressed, unplugged;
    SANE_Word error_code;
    _Atomic bool cancel_asked;
};

void feeder_debug(const char *format, ...)
{
    va_list args;
    if (!getenv("SANE_DEBUG_TRIPLI"))
        return;
    va_start(args, format);
    fputs("[tripli] ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

int feeder_open(const struct feeder_setting *setting, struct feeder **ret_feeder, struct err *err)
{
    if (hopper_is_unplugged(setting->folder, setting->state))
        return err_set(err, ERR_NOT_FOUND, "%s: unplugged", setting->name);
    SCOPED(feeder_free) struct feeder *feeder = calloc(1, sizeof *feeder);
    if (!feeder)
        return err_set(err, ERR_MEMORY, "%s: no memory", setting->name);
    feeder->setting = *setting;
    panel_start(&feeder->panel, setting->personality);
    int rc = hopper_open(setting->folder, setting->state, &feeder->hopper, err);
    if (rc < 0)
        return rc;
    *ret_feeder = feeder;
    feeder = NULL;
    return 0;
}

static void drop_paper(struct feeder *feeder)
{
    paper_free(&feeder->paper);
    free(feeder->partial);
    feeder->partial = NULL;
    feeder->reading = false;
    feeder->armed = NULL;
}

static void settle_sheet(struct feeder *feeder, enum hopper_end end)
{
    struct err err = {0};
    if (feeder->has_sheet && !feeder->sheet.settled &&
        hopper_settle(feeder->hopper, &feeder->sheet.sheet, end, &err) < 0)
        feeder_debug("%s", err.text);
    feeder->has_sheet = false;
    feeder->stuck = false;
}

static void end_batch(struct feeder *feeder)
{
    drop_paper(feeder);
    settle_sheet(feeder, feeder->stuck ? HOPPER_PATH : HOPPER_BACK);
    feeder->ahead_count = 0; /* buffered images are gone; the paper lies in the tray */
    feeder->doubled = false;
    feeder->started = false;
    feeder->side = 0;
}

/* Carries a noted cancel out. True when there was one. */
static bool take_cancel(struct feeder *feeder)
{
    if (!atomic_exchange(&feeder->cancel_asked, false))
        return false;
    end_batch(feeder);
    return true;
}

void feeder_free(struct feeder **feeder)
{
    struct feeder *self = *feeder;
    if (!self)
        return;
    if (self->hopper)
        end_batch(self);
    hopper_free(&self->hopper);
    free(self);
    *feeder = NULL;
}

const SANE_Option_Descriptor *feeder_descriptor(struct feeder *feeder, SANE_Int number)
{
    return panel_descriptor(&feeder->panel, number);
}

static SANE_Word read_sensor(struct feeder *feeder, enum panel_option id)
{
    switch (id) {
    case PANEL_PAGE_LOADED:
    case PANEL_ADF_LOADED:
        return hopper_loaded(feeder->hopper);
    case PANEL_TOP_EDGE:
        return feeder->has_sheet && !feeder->sheet.settled;
    case PANEL_COVER_OPEN:
        return feeder->cover_open;
    case PANEL_DOUBLE_FEED:
        return feeder->double_feed;
    case PANEL_ERROR_CODE:
        return feeder->error_code;
    case PANEL_SIDE:
        return feeder->side;
    case PANEL_COUNTER:
        return (SANE_Word)hopper_passed(feeder->hopper);
    case PANEL_SCAN:
    case PANEL_START:
        return feeder->pressed;
    default:
        return 0;
    }
}

SANE_Status feeder_get(struct feeder *feeder, SANE_Int number, void *value)
{
    enum panel_option id = panel_id(&feeder->panel, number);
    take_cancel(feeder);
    if (!panel_is_sensor(id) && !(id == PANEL_RESOLUTION && feeder->paper))
        return panel_get(&feeder->panel, number, value);
    if (feeder->unplugged)
        return SANE_STATUS_IO_ERROR;
    SANE_Word word =
        id == PANEL_RESOLUTION ? (SANE_Word)paper_size(feeder->paper).dpi : read_sensor(feeder, id);
    if (id == PANEL_SCAN || id == PANEL_START)
        feeder->pressed = false;
    memcpy(value, &word, sizeof word);
    return SANE_STATUS_GOOD;
}

static SANE_Status set_faults(struct feeder *feeder, const char *text)
{
    struct err err = {0};
    SCOPED(scope_free) struct fault_list *list = calloc(1, sizeof *list);
    if (!list)
        return SANE_STATUS_NO_MEM;
    if (faults_parse(list, text, strlen(text), &err) < 0) {
        feeder_debug("%s", err.text);
        return SANE_STATUS_INVAL;
    }
    feeder->option_faults = *list;
    return SANE_STATUS_GOOD;
}

/* What setting the option does besides. */
static SANE_Status act(struct feeder *feeder, enum panel_option id)
{
    struct err err = {0};
    int rc = 0;
    if (id == PANEL_PRESS)
        feeder->pressed = true;
    else if (id == PANEL_REFEED)
        rc = hopper_refeed(feeder->hopper, &err);
    else if (id == PANEL_DISCARD)
        rc = hopper_discard(feeder->hopper, &err);
    else if (id == PANEL_TAKE_BACK)
        rc = hopper_take_back(feeder->hopper, (uint32_t)feeder->panel.words[id], &err);
    if (rc >= 0)
        return SANE_STATUS_GOOD;
    feeder_debug("%s", err.text);
    return rc == ERR_NOT_FOUND ? SANE_STATUS_NO_DOCS : SANE_STATUS_IO_ERROR;
}

SANE_Status feeder_set(struct feeder *feeder, SANE_Int number, const void *value, SANE_Int *info)
{
    enum panel_option id = panel_id(&feeder->panel, number);
    take_cancel(feeder);
    if (feeder->reading)
        return SANE_STATUS_DEVICE_BUSY;
    SANE_Status status = panel_set(&feeder->panel, number, value, info);
    if (status != SANE_STATUS_GOOD)
        return status;
    return id == PANEL_FAULT ? set_faults(feeder, feeder->panel.fault) : act(feeder, id);
}

static SANE_Status hang(struct feeder *feeder)
{
    struct timespec step = {.tv_nsec = HANG_STEP_NS};
    long steps = HANG_SECONDS * (1000000000L / HANG_STEP_NS);
    for (long i = 0; i < steps && !feeder->cancel_asked; i++)
        nanosleep(&step, NULL);
    take_cancel(feeder);
    return SANE_STATUS_CANCELLED;
}

static SANE_Status unplug(struct feeder *feeder)
{
    hopper_unplug(feeder->hopper, NULL);
    feeder->unplugged = true;
    return SANE_STATUS_IO_ERROR;
}

static SANE_Status latch(struct feeder *feeder, bool *sensor, SANE_Word code, SANE_Status status)
{
    if (sensor)
        *sensor = true;
    feeder->error_code = code;
    return status;
}

/* What the fault does to the machine, and the status that it shows. Those that only disturb reading
 * are seen to there. */
static SANE_Status strike(struct feeder *feeder, struct fault *fault)
{
    fault->struck = true;
    hopper_note_struck(feeder->hopper, fault->text, NULL);
    feeder->stuck = fault->transported;
    feeder_debug("sheet %u side %d: %s", fault->sheet, fault->side, fault_name(fault->kind));
    switch (fault->kind) {
    case FAULT_JAM:
        return latch(feeder, NULL, CODE_JAM, SANE_STATUS_JAMMED);
    case FAULT_DOUBLE_FEED:
        return latch(feeder, &feeder->double_feed, CODE_DOUBLE_FEED, SANE_STATUS_JAMMED);
    case FAULT_COVER_OPEN:
        return latch(feeder, &feeder->cover_open, CODE_COVER, SANE_STATUS_COVER_OPEN);
    case FAULT_STOP:
        settle_sheet(feeder, HOPPER_BACK);
        return latch(feeder, NULL, CODE_STOP, SANE_STATUS_NO_DOCS);
    case FAULT_LATE_END:
        settle_sheet(feeder, HOPPER_BACK);
        return SANE_STATUS_NO_DOCS;
    case FAULT_BUSY:
        settle_sheet(feeder, HOPPER_BACK);
        return SANE_STATUS_DEVICE_BUSY;
    case FAULT_NO_MEMORY:
        return SANE_STATUS_NO_MEM;
    case FAULT_HANG:
        return hang(feeder);
    case FAULT_UNPLUG:
        return unplug(feeder);
    default:
        return SANE_STATUS_IO_ERROR;
    }
}

/* The fault that is due on the side, of either list. Fujitsu's double feed is special: without
 * df-action = Stop it goes unseen, with it the machine stops only after the sheet. */
static struct fault *find_fault(struct feeder *feeder, bool reading)
{
    struct fault *fault =
        faults_due(&feeder->option_faults, feeder->sheet.number, feeder->side, reading);
    if (!fault)
        fault = faults_due(&feeder->file_faults, feeder->sheet.number, feeder->side, reading);
    if (!fault || fault->kind != FAULT_DOUBLE_FEED ||
        feeder->setting.personality != PERSONALITY_FUJITSU)
        return fault;
    fault->struck = true;
    hopper_note_struck(feeder->hopper, fault->text, NULL);
    feeder->doubled = feeder->panel.words[PANEL_DF_ACTION] == DF_ACTION_STOP;
    feeder->stuck = feeder->doubled && fault->transported;
    return find_fault(feeder, reading);
}

static int read_faults_file(struct feeder *feeder, struct err *err)
{
    char path[PATH_MAX];
    SCOPED(buf_free) struct buf text = {0};
    feeder->file_faults.count = 0;
    snprintf(path, sizeof path, "%.4000s/faults", hopper_home(feeder->hopper));
    int rc = file_read(path, FAULTS_FILE_LIMIT_BYTES, &text, err);
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = faults_parse(&feeder->file_faults, (const char *)text.at, text.len, err);
    for (size_t i = 0; rc == 0 && i < feeder->file_faults.count; i++) {
        struct fault *fault = &feeder->file_faults.at[i];
        fault->struck = hopper_has_struck(feeder->hopper, fault->text);
    }
    return rc;
}

static bool is_buffering(const struct feeder *feeder)
{
    const SANE_Word *words = feeder->panel.words;
    if (feeder->setting.personality == PERSONALITY_CANON)
        return words[PANEL_BUFFERING] == SANE_TRUE;
    return words[PANEL_BUFFERMODE] == BUFFERING_ON;
}

static SANE_Status pick(struct feeder *feeder, struct carried *ret_sheet)
{
    struct err err = {0};
    ret_sheet->number = hopper_passed(feeder->hopper) + 1;
    ret_sheet->settled = is_buffering(feeder);
    int rc = hopper_take(feeder->hopper, &ret_sheet->sheet, &err);
    if (rc == ERR_NOT_FOUND)
        return SANE_STATUS_NO_DOCS;
    if (rc == 0 && ret_sheet->settled)
        rc = hopper_settle(feeder->hopper, &ret_sheet->sheet, HOPPER_TRAY, &err);
    if (rc == 0)
        return SANE_STATUS_GOOD;
    feeder_debug("%s", err.text);
    return SANE_STATUS_IO_ERROR;
}

/* The next sheet into the path, and where the machine buffers, some more behind it. */
static SANE_Status take_sheet(struct feeder *feeder)
{
    SANE_Status status = SANE_STATUS_GOOD;
    if (feeder->ahead_count > 0) {
        feeder->sheet = feeder->ahead[0];
        feeder->ahead_count--;
        memmove(&feeder->ahead[0], &feeder->ahead[1],
                feeder->ahead_count * sizeof feeder->ahead[0]);
    } else {
        status = pick(feeder, &feeder->sheet);
    }
    if (status != SANE_STATUS_GOOD)
        return status;
    while (is_buffering(feeder) && feeder->ahead_count < READ_AHEAD_SHEETS &&
           pick(feeder, &feeder->ahead[feeder->ahead_count]) == SANE_STATUS_GOOD)
        feeder->ahead_count++;
    feeder->has_sheet = true;
    feeder->front = (struct paper_size){0};
    feeder->side = feeder->panel.words[PANEL_SOURCE] == PANEL_ADF_BACK;
    return SANE_STATUS_GOOD;
}

static int load_side(struct feeder *feeder, struct err *err)
{
    const struct hopper_sheet *sheet = &feeder->sheet.sheet;
    struct paper_params params = {.mode = (enum paper_mode)feeder->panel.words[PANEL_MODE],
                                  .dpi = (unsigned)feeder->panel.words[PANEL_RESOLUTION],
                                  .default_dpi = feeder->setting.default_dpi};
    char path[PATH_MAX];
    int rc = ERR_NOT_FOUND;
    const char *file = feeder->side == 0 || sheet->alone ? sheet->front : sheet->back;
    unsigned page = feeder->side == 1 && sheet->alone ? 2 : 1;
    if (file[0]) {
        hopper_path(feeder->hopper, file, path);
        rc = paper_load(path, page, &params, &feeder->paper, err);
    }
    if (rc == ERR_NOT_FOUND && (!file[0] || page == 2))
        rc = paper_blank(feeder->front.width ? &feeder->front : NULL, &params, &feeder->paper, err);
    if (rc == 0 && feeder->side == 0)
        feeder->front = paper_size(feeder->paper);
    return rc;
}

/* A file that is no image cannot pass: it jams, and has to be taken out. */
static SANE_Status show_side(struct feeder *feeder)
{
    struct err err = {0};
    if (load_side(feeder, &err) < 0) {
        feeder_debug("sheet %u: %s", feeder->sheet.number, err.text);
        feeder->stuck = true;
        return latch(feeder, NULL, CODE_JAM, SANE_STATUS_JAMMED);
    }
    feeder->line_bytes = paper_line_bytes(feeder->paper);
    feeder->partial = calloc(1, feeder->line_bytes);
    if (!feeder->partial)
        return SANE_STATUS_NO_MEM;
    feeder->partial_at = feeder->line_bytes;
    feeder->line = 0;
    feeder->lines = paper_size(feeder->paper).height;
    feeder->armed = find_fault(feeder, true);
    if (feeder->armed)
        feeder->armed_line = (uint32_t)((uint64_t)feeder->lines * feeder->armed->percent / 100);
    feeder->reading = true;
    return SANE_STATUS_GOOD;
}

static SANE_Status start_side(struct feeder *feeder)
{
    struct err err = {0};
    if (!feeder->started) {
        feeder->double_feed = feeder->cover_open = false;
        feeder->error_code = 0;
        if (read_faults_file(feeder, &err) < 0) {
            feeder_debug("%s", err.text);
            return SANE_STATUS_INVAL;
        }
        feeder->started = true;
    }
    if (feeder->doubled)
        return latch(feeder, &feeder->double_feed, CODE_DOUBLE_FEED, SANE_STATUS_JAMMED);
    SANE_Status status = feeder->has_sheet ? SANE_STATUS_GOOD : take_sheet(feeder);
    if (status != SANE_STATUS_GOOD)
        return status;
    struct fault *fault = find_fault(feeder, false);
    return fault ? strike(feeder, fault) : show_side(feeder);
}

SANE_Status feeder_start(struct feeder *feeder)
{
    take_cancel(feeder);
    if (feeder->unplugged)
        return SANE_STATUS_IO_ERROR;
    if (feeder->reading)
        return SANE_STATUS_INVAL;
    SANE_Status status = start_side(feeder);
    return take_cancel(feeder) ? SANE_STATUS_CANCELLED : status;
}

SANE_Status feeder_parameters(struct feeder *feeder, SANE_Parameters *ret_frame)
{
    static const unsigned depths[] = {1, 8, 32, 1};
    unsigned dpi = (unsigned)feeder->panel.words[PANEL_RESOLUTION];
    struct paper_size size = {.width = 2100 * dpi / 254,
                              .height = 2970 * dpi / 254,
                              .depth = depths[feeder->panel.words[PANEL_MODE]]};
    take_cancel(feeder);
    if (feeder->paper)
        size = paper_size(feeder->paper);
    bool colour = size.depth == 32;
    *ret_frame = (SANE_Parameters){
        .format = colour ? SANE_FRAME_RGB : SANE_FRAME_GRAY,
        .last_frame = SANE_TRUE,
        .bytes_per_line = (SANE_Int)(colour ? 3 * size.width : (size.width * size.depth + 7) / 8),
        .pixels_per_line = (SANE_Int)size.width,
        .lines = feeder->panel.words[PANEL_ALD] ? -1 : (SANE_Int)size.height,
        .depth = colour ? 8 : (SANE_Int)size.depth};
    return SANE_STATUS_GOOD;
}

/* After the last line of a side: the back comes next, or the sheet goes into the tray. A sheet of a
 * double feed stays, to be taken out. */
static SANE_Status finish_side(struct feeder *feeder)
{
    drop_paper(feeder);
    if (feeder->panel.words[PANEL_SOURCE] == PANEL_ADF_DUPLEX && feeder->side == 0)
        feeder->side = 1;
    else if (!feeder->doubled)
        settle_sheet(feeder, HOPPER_TRAY);
    return SANE_STATUS_EOF;
}

/* The armed fault has its line. GOOD when reading goes on all the same. */
static SANE_Status meet_fault(struct feeder *feeder)
{
    struct fault *fault = feeder->armed;
    feeder->armed = NULL;
    switch (fault->kind) {
    case FAULT_SHORT_READS:
        feeder->armed = fault; /* as long as the side lasts */
        feeder->armed_line = UINT32_MAX;
        break;
    case FAULT_EXCESS:
        feeder->lines += EXCESS_LINES;
        break;
    case FAULT_PREMATURE_EOF:
        strike(feeder, fault);
        drop_paper(feeder);
        return SANE_STATUS_EOF;
    default:
        drop_paper(feeder);
        return strike(feeder, fault);
    }
    fault->struck = true;
    hopper_note_struck(feeder->hopper, fault->text, NULL);
    return SANE_STATUS_GOOD;
}

/* Sends lines until the room is full, the side ends or a fault comes up. */
static size_t send_lines(struct feeder *feeder, SANE_Byte *to, size_t room)
{
    uint32_t height = paper_size(feeder->paper).height;
    size_t sent = 0;
    while (sent < room) {
        if (feeder->partial_at == feeder->line_bytes) {
            bool faulty = feeder->armed && feeder->line == feeder->armed_line;
            if (feeder->line == feeder->lines || faulty)
                break;
            paper_line(feeder->paper, feeder->line < height ? feeder->line : height - 1,
                       feeder->partial);
            feeder->line++;
            feeder->partial_at = 0;
        }
        size_t part = feeder->line_bytes - feeder->partial_at;
        part = part < room - sent ? part : room - sent;
        memcpy(to + sent, feeder->partial + feeder->partial_at, part);
        feeder->partial_at += (uint32_t)part;
        sent += part;
    }
    return sent;
}

SANE_Status feeder_read(struct feeder *feeder, SANE_Byte *to, SANE_Int room, SANE_Int *ret_got)
{
    *ret_got = 0;
    if (take_cancel(feeder))
        return SANE_STATUS_CANCELLED;
    if (feeder->unplugged)
        return SANE_STATUS_IO_ERROR;
    if (!feeder->reading || room < 1)
        return feeder->started ? SANE_STATUS_INVAL : SANE_STATUS_CANCELLED;
    bool at_line = feeder->partial_at == feeder->line_bytes;
    if (at_line && feeder->armed && feeder->line == feeder->armed_line) {
        SANE_Status status = meet_fault(feeder);
        if (status != SANE_STATUS_GOOD)
            return status;
    }
    if (at_line && feeder->line == feeder->lines)
        return finish_side(feeder);
    bool short_reads = feeder->armed && feeder->armed->kind == FAULT_SHORT_READS;
    if (short_reads && room > SHORT_READ_BYTES)
        room = SHORT_READ_BYTES;
    *ret_got = (SANE_Int)send_lines(feeder, to, (size_t)room);
    return SANE_STATUS_GOOD;
}

void feeder_cancel(struct feeder *feeder)
{
    feeder->cancel_asked = true;
}
