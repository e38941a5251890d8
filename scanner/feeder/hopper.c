/*
 * The hopper: see hopper.h. The folder is listed when a batch of names is used up, not per sheet.
 * Moving a sheet of two files is written down first, and finished at the next opening if need be;
 * the file that stands for the sheet moves last.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/feeder/hopper.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "scanner/feeder/journal.h"

struct hopper {
    char folder[PATH_MAX];
    char home[PATH_MAX]; /* where the journal is: the folder itself or the state folder */
    bool keep;
    struct journal *journal;
    struct hopper_sheet *sheets; /* sorted; those before `at` are taken */
    size_t count, capacity, at;
};

static int join(char ret_path[PATH_MAX], const char *folder, const char *name)
{
    int length = snprintf(ret_path, PATH_MAX, "%s/%s", folder, name);
    return length < 0 || length >= PATH_MAX ? ERR_LIMIT : 0;
}

static bool is_there(const char *folder, const char *name)
{
    char path[PATH_MAX];
    return join(path, folder, name) == 0 && access(path, F_OK) == 0;
}

/* Length of the name without its extension, 0 when it is not that of an image. */
static size_t stem_length(const char *name)
{
    static const char *const extensions[] = {".tif", ".tiff", ".jpg", ".jpeg", ".png"};
    const char *dot = strrchr(name, '.');
    if (!dot || name[0] == '.' || strchr(name, '\n'))
        return 0;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (strcasecmp(dot, extensions[i]) == 0)
            return (size_t)(dot - name);
    return 0;
}

static int is_image(const struct dirent *entry)
{
    return stem_length(entry->d_name) > 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* 'a' or 'b' for NAME.a.EXT and NAME.b.EXT, 0 for a sheet of one file. */
static char side_letter(const char *name, size_t stem)
{
    if (stem > 2 && name[stem - 2] == '.' && (name[stem - 1] == 'a' || name[stem - 1] == 'b'))
        return name[stem - 1];
    return 0;
}

/* True when `name` is the back that belongs to the last sheet listed. */
static bool completes(const struct hopper *hopper, const char *name, size_t stem)
{
    if (hopper->count == hopper->at || side_letter(name, stem) != 'b')
        return false;
    const struct hopper_sheet *last = &hopper->sheets[hopper->count - 1];
    size_t front_stem = stem_length(last->front);
    return !last->alone && last->front[0] && !last->back[0] && front_stem == stem &&
           strncmp(last->front, name, stem - 1) == 0;
}

static int add_file(struct hopper *hopper, const char *name, struct err *err)
{
    size_t stem = stem_length(name);
    if (completes(hopper, name, stem)) {
        snprintf(hopper->sheets[hopper->count - 1].back, NAME_MAX + 1, "%s", name);
        return 0;
    }
    if (hopper->count == HOPPER_SHEETS_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: more than %d sheets", hopper->folder,
                       HOPPER_SHEETS_LIMIT);
    if (hopper->count == hopper->capacity) {
        size_t capacity = hopper->capacity ? 2 * hopper->capacity : 64;
        void *more = realloc(hopper->sheets, capacity * sizeof *hopper->sheets);
        if (!more)
            return err_set(err, ERR_MEMORY, "%s: no memory for its list", hopper->folder);
        hopper->sheets = more;
        hopper->capacity = capacity;
    }
    struct hopper_sheet *sheet = &hopper->sheets[hopper->count++];
    char letter = side_letter(name, stem);
    memset(sheet, 0, sizeof *sheet);
    snprintf(sheet->name, sizeof sheet->name, "%s", name);
    snprintf(letter == 'b' ? sheet->back : sheet->front, NAME_MAX + 1, "%s", name);
    sheet->alone = letter == 0;
    return 0;
}

/* In a folder that is left as it is the journal alone knows which sheets are out. */
static void leave_out(struct hopper *hopper)
{
    size_t kept = 0;
    for (size_t i = 0; i < hopper->count; i++)
        if (!journal_is_out(hopper->journal, hopper->sheets[i].name))
            hopper->sheets[kept++] = hopper->sheets[i];
    hopper->count = kept;
}

static int list_folder(struct hopper *hopper, struct err *err)
{
    struct dirent **names = NULL;
    int rc = 0;
    int count = scandir(hopper->folder, &names, is_image, by_bytes);
    if (count < 0)
        return err_errno(err, errno, "%s", hopper->folder);
    hopper->count = 0;
    hopper->at = 0;
    for (int i = 0; i < count; i++) {
        rc = rc < 0 ? rc : add_file(hopper, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    if (hopper->keep)
        leave_out(hopper);
    return rc;
}

static int move_file(const struct hopper *hopper, const char *file, const char *to, struct err *err)
{
    char from[PATH_MAX], target[PATH_MAX];
    if (!file[0])
        return 0;
    if (join(from, hopper->folder, file) < 0 || join(target, to, file) < 0)
        return err_set(err, ERR_LIMIT, "%s: path too long", file);
    if (rename(from, target) < 0 && errno != ENOENT) /* ENOENT: moved before a kill */
        return err_errno(err, errno, "%s: move to %s", from, to);
    return 0;
}

/* Moves a sheet's files into a folder inside the hopper. */
static int move_sheet(const struct hopper *hopper, const struct hopper_sheet *sheet,
                      const char *where, struct err *err)
{
    char to[PATH_MAX];
    if (join(to, hopper->folder, where) < 0)
        return err_set(err, ERR_LIMIT, "%s: path too long", hopper->folder);
    if (mkdir(to, 0700) < 0 && errno != EEXIST)
        return err_errno(err, errno, "%s", to);
    const char *other = strcmp(sheet->name, sheet->front) == 0 ? sheet->back : sheet->front;
    int rc = move_file(hopper, other, to, err);
    return rc < 0 ? rc : move_file(hopper, sheet->name, to, err);
}

static int finish_move(struct hopper *hopper, struct err *err)
{
    const char *name = journal_unfinished(hopper->journal);
    if (!name)
        return 0;
    for (size_t i = 0; i < hopper->count && !hopper->keep; i++) {
        if (strcmp(hopper->sheets[i].name, name) != 0)
            continue;
        int rc = move_sheet(hopper, &hopper->sheets[i], "fed", err);
        if (rc < 0)
            return rc;
    }
    return journal_add(hopper->journal, JOURNAL_DONE, name, err);
}

static int open_home(struct hopper *hopper, struct err *err)
{
    char path[PATH_MAX];
    if (hopper->keep) {
        int rc = file_make_folders(hopper->home, 0700, err);
        if (rc < 0)
            return rc;
    }
    if (join(path, hopper->home, "feeder.journal") < 0)
        return err_set(err, ERR_LIMIT, "%s: path too long", hopper->home);
    return journal_open(path, HOPPER_JOURNAL_LIMIT, &hopper->journal, err);
}

int hopper_open(const char *folder, const char *state, struct hopper **ret_hopper, struct err *err)
{
    SCOPED(hopper_free) struct hopper *hopper = calloc(1, sizeof *hopper);
    if (!hopper)
        return err_set(err, ERR_MEMORY, "%s: no memory", folder);
    hopper->keep = state[0] != '\0';
    snprintf(hopper->folder, sizeof hopper->folder, "%s", folder);
    snprintf(hopper->home, sizeof hopper->home, "%s", hopper->keep ? state : folder);
    int rc = open_home(hopper, err);
    if (rc == 0)
        rc = list_folder(hopper, err);
    if (rc == 0)
        rc = finish_move(hopper, err);
    if (rc == 0)
        rc = list_folder(hopper, err);
    if (rc < 0)
        return rc;
    *ret_hopper = hopper;
    hopper = NULL;
    return 0;
}

void hopper_free(struct hopper **hopper)
{
    if (!*hopper)
        return;
    journal_free(&(*hopper)->journal);
    free((*hopper)->sheets);
    free(*hopper);
    *hopper = NULL;
}

bool hopper_loaded(struct hopper *hopper)
{
    /* A sheet that somebody took away by hand is not there any more. */
    while (hopper->at < hopper->count && !is_there(hopper->folder, hopper->sheets[hopper->at].name))
        hopper->at++;
    if (hopper->at == hopper->count && list_folder(hopper, NULL) < 0)
        hopper->count = hopper->at = 0;
    return hopper->at < hopper->count;
}

int hopper_take(struct hopper *hopper, struct hopper_sheet *ret_sheet, struct err *err)
{
    if (!hopper_loaded(hopper))
        return err_set(err, ERR_NOT_FOUND, "%s: no sheet left", hopper->folder);
    *ret_sheet = hopper->sheets[hopper->at++];
    return 0;
}

int hopper_settle(struct hopper *hopper, const struct hopper_sheet *sheet, enum hopper_end end,
                  struct err *err)
{
    const char *where = end == HOPPER_TRAY ? "fed" : "jammed";
    if (end == HOPPER_BACK)
        return list_folder(hopper, err);
    int rc = journal_add(hopper->journal, end == HOPPER_TRAY ? JOURNAL_PASS : JOURNAL_JAM,
                         sheet->name, err);
    if (rc == 0 && !hopper->keep)
        rc = move_sheet(hopper, sheet, where, err);
    if (rc == 0 && end == HOPPER_TRAY)
        rc = journal_add(hopper->journal, JOURNAL_DONE, sheet->name, err);
    return rc;
}

/* Moves the sheets of a folder inside the hopper back into it: all of them (from 0), or those that
 * reached the tray as that number or later. */
static int move_back(const struct hopper *hopper, const char *where, uint32_t from, struct err *err)
{
    SCOPED(hopper_free) struct hopper *inside = calloc(1, sizeof *inside);
    if (!inside)
        return err_set(err, ERR_MEMORY, "%s: no memory", hopper->folder);
    if (join(inside->folder, hopper->folder, where) < 0)
        return err_set(err, ERR_LIMIT, "%s: path too long", hopper->folder);
    if (access(inside->folder, F_OK) < 0)
        return 0;
    int rc = list_folder(inside, err);
    for (size_t i = 0; rc == 0 && i < inside->count; i++) {
        const struct hopper_sheet *sheet = &inside->sheets[i];
        if (from > 0 && journal_number(hopper->journal, sheet->name) < from)
            continue;
        rc = move_file(inside, sheet->front, hopper->folder, err);
        if (rc == 0)
            rc = move_file(inside, sheet->back, hopper->folder, err);
    }
    return rc;
}

int hopper_refeed(struct hopper *hopper, struct err *err)
{
    const char *stuck = NULL;
    int sheets = 0;
    int rc = hopper->keep ? 0 : move_back(hopper, "jammed", 0, err);
    while (rc == 0 && journal_next_stuck(hopper->journal, &stuck)) {
        rc = journal_add(hopper->journal, JOURNAL_BACK, stuck, err);
        sheets++;
    }
    if (rc == 0)
        rc = list_folder(hopper, err);
    return rc < 0 ? rc : sheets;
}

int hopper_discard(struct hopper *hopper, struct err *err)
{
    struct hopper_sheet sheet;
    int rc = hopper_refeed(hopper, err); /* what is stuck lies on top then */
    if (rc >= 0)
        rc = hopper_take(hopper, &sheet, err);
    if (rc == 0)
        rc = journal_add(hopper->journal, JOURNAL_ASIDE, sheet.name, err);
    if (rc == 0 && !hopper->keep)
        rc = move_sheet(hopper, &sheet, "aside", err);
    return rc;
}

int hopper_take_back(struct hopper *hopper, uint32_t from, struct err *err)
{
    const char *passed;
    int sheets = 0;
    int rc = hopper->keep ? 0 : move_back(hopper, "fed", from, err);
    while (rc == 0 && (passed = journal_passed_from(hopper->journal, from))) {
        rc = journal_add(hopper->journal, JOURNAL_BACK, passed, err);
        sheets++;
    }
    if (rc == 0)
        rc = list_folder(hopper, err);
    return rc < 0 ? rc : sheets;
}

void hopper_path(const struct hopper *hopper, const char *file, char ret_path[PATH_MAX])
{
    char tray[PATH_MAX];
    bool moved = !is_there(hopper->folder, file) && join(tray, hopper->folder, "fed") == 0;
    if (join(ret_path, moved ? tray : hopper->folder, file) < 0)
        ret_path[0] = '\0';
}

uint32_t hopper_passed(const struct hopper *hopper)
{
    return journal_passed(hopper->journal);
}

bool hopper_has_struck(const struct hopper *hopper, const char *fault)
{
    return journal_has_fault(hopper->journal, fault);
}

int hopper_note_struck(struct hopper *hopper, const char *fault, struct err *err)
{
    return journal_add(hopper->journal, JOURNAL_FAULT, fault, err);
}

const char *hopper_home(const struct hopper *hopper)
{
    return hopper->home;
}

bool hopper_is_unplugged(const char *folder, const char *state)
{
    return is_there(state[0] ? state : folder, "unplugged");
}

int hopper_unplug(struct hopper *hopper, struct err *err)
{
    char path[PATH_MAX];
    if (join(path, hopper->home, "unplugged") < 0)
        return err_set(err, ERR_LIMIT, "%s: path too long", hopper->home);
    return file_write(path, 0600, bytes_of("", 0), err);
}
