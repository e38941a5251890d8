/*
 * Hoppers for tests: see feeder_fixture.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/feeder_fixture.h"

#include <leptonica/allheaders.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/check.h"

enum { WIDTH = 400, HEIGHT = 300, CELL = 40, CELLS = 8, DPI = 200 };

static char root[] = "/tmp/tripli-feeder-XXXXXX";

static const struct {
    const char *name, *folder, *more;
} devices[] = {
    [FIXTURE_TRIPLI] = {"hopper", "hopper", ""},
    [FIXTURE_KEEP] = {"keep", "keep", "take = \"keep\"; state = \"%s/keep-state\";"},
    [FIXTURE_FUJITSU] = {"fujitsu", "fujitsu", "personality = \"fujitsu\";"},
    [FIXTURE_CANON] = {"canon", "canon", "personality = \"canon\";"},
};

enum { DEVICES = sizeof devices / sizeof *devices };

struct Pix *fixture_draw(int id, int depth, int dpi)
{
    PIX *page = pixCreate(WIDTH, HEIGHT, depth);
    assert_non_null(page);
    pixSetBlackOrWhite(page, L_SET_WHITE);
    for (int cell = 0; cell < CELLS; cell++)
        if (id >> cell & 1) {
            BOX *box = boxCreate(cell * CELL, 0, CELL, CELL);
            pixSetInRect(page, box);
            if (depth > 1)
                pixClearInRect(page, box);
            boxDestroy(&box);
        }
    pixSetResolution(page, dpi, dpi);
    return page;
}

/* What fixture_draw spelt, whatever the mode and resolution it was scanned in. */
static int read_id(PIX *page)
{
    PIX *grey = pixConvertTo8(page, 0);
    int id = 0;
    int cell_width = pixGetWidth(page) / (WIDTH / CELL);
    for (int cell = 0; cell < CELLS; cell++) {
        l_uint32 value = 0;
        pixGetPixel(grey, cell * cell_width + cell_width / 2, cell_width / 2, &value);
        id |= (value < 128) << cell;
    }
    pixDestroy(&grey);
    return id;
}

static void write_text(const char *path, const char *text)
{
    struct err err = {0};
    check_ok(file_write(path, 0600, bytes_of(text, strlen(text)), &err), &err);
}

static void make_configuration(void)
{
    struct err err = {0};
    char path[PATH_MAX], more[PATH_MAX], text[4 * PATH_MAX] = "devices = (";
    for (int i = 0; i < DEVICES; i++) {
        size_t used = strlen(text);
        snprintf(more, sizeof more, "%s", devices[i].more);
        char *at = strstr(more, "%s");
        if (at)
            snprintf(at, 200, "%s/keep-state\";", root);
        snprintf(text + used, sizeof text - used, "%s{ name = \"%s\"; folder = \"%s/%s\"; %s }",
                 i ? "," : "", devices[i].name, root, devices[i].folder, more);
        snprintf(path, sizeof path, "%s/%s", root, devices[i].folder);
        check_ok(file_make_folders(path, 0700, &err), &err);
    }
    size_t end = strlen(text);
    snprintf(text + end, sizeof text - end, ");\n");
    snprintf(path, sizeof path, "%s/tripli.conf", root);
    write_text(path, text);
    snprintf(path, sizeof path, "%s/dll.conf", root);
    write_text(path, "tripli\ntest\n");
}

int fixture_start(void **state)
{
    struct err err = {0};
    const char *backends = getenv("TRIPLI_BACKENDS");
    (void)state;
    if (!backends || !mkdtemp(root))
        return -1;
    make_configuration();
    unsetenv("TRIPLI_HOPPER");
    check_ok(scanner_start(backends, root, &err), &err);
    return 0;
}

int fixture_stop(void **state)
{
    (void)state;
    scanner_stop();
    return file_remove_tree(root, NULL);
}

int fixture_clear(void **state)
{
    char path[PATH_MAX];
    (void)state;
    for (int i = 0; i < DEVICES; i++) {
        snprintf(path, sizeof path, "%s/%s", root, devices[i].folder);
        if (file_remove_tree(path, NULL) < 0 || file_make_folders(path, 0700, NULL) < 0)
            return -1;
    }
    snprintf(path, sizeof path, "%s/keep-state", root);
    return file_remove_tree(path, NULL);
}

const char *fixture_name(enum fixture_device device)
{
    static char name[PATH_MAX];
    snprintf(name, sizeof name, "tripli:%s", devices[device].name);
    return name;
}

const char *fixture_folder(enum fixture_device device)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, devices[device].folder);
    return path;
}

static const char *path_of(enum fixture_device device, const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s/%s", root, devices[device].folder, name);
    return path;
}

void fixture_put(enum fixture_device device, const char *name, int id, int depth)
{
    PIX *page = fixture_draw(id, depth, DPI);
    const char *dot = strrchr(name, '.');
    int format = strcmp(dot, ".png") == 0   ? IFF_PNG
                 : strcmp(dot, ".jpg") == 0 ? IFF_JFIF_JPEG
                 : depth == 1               ? IFF_TIFF_G4
                                            : IFF_TIFF_LZW;
    assert_int_equal(pixWrite(path_of(device, name), page, format), 0);
    pixDestroy(&page);
}

void fixture_put_text(enum fixture_device device, const char *name, const char *text)
{
    write_text(path_of(device, name), text);
}

void fixture_fill(enum fixture_device device, int sheets)
{
    static const int depths[] = {1, 8, 32};
    char name[32];
    for (int i = 1; i <= sheets; i++) {
        snprintf(name, sizeof name, "s%02d.a.png", i);
        fixture_put(device, name, 2 * i - 1, depths[i % 3]);
        snprintf(name, sizeof name, "s%02d.b.tif", i);
        fixture_put(device, name, 2 * i, depths[i % 3]);
    }
}

bool fixture_has(enum fixture_device device, const char *name)
{
    return access(path_of(device, name), F_OK) == 0;
}

struct profile *fixture_profile(const char *file)
{
    struct err err = {0};
    struct profile *profile = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/scanners/%s", getenv("TRIPLI_CONFIG"), file);
    check_ok(profile_load(path, &profile, &err), &err);
    return profile;
}

struct scanner *fixture_open(enum fixture_device device, const struct profile *profile,
                             const struct scan_request *request)
{
    struct err err = {0};
    struct scanner *scanner = NULL;
    check_ok(scanner_open(fixture_name(device), profile, request, &scanner, &err), &err);
    return scanner;
}

void fixture_scan(struct scanner *scanner, struct fixture_log *log)
{
    struct scanned_side side;
    while (scanner_next_side(scanner, &side, &log->event) == 1) {
        assert_in_range(log->count, 0, FIXTURE_SIDES_MAX - 1);
        log->at[log->count].id = read_id(side.page);
        log->at[log->count].side = side.side;
        log->at[log->count].sheet = side.sheet;
        log->at[log->count].depth = pixGetDepth(side.page);
        log->at[log->count].dpi = pixGetXRes(side.page);
        log->count++;
        pixDestroy(&side.page);
    }
}

void fixture_check_whole(const struct fixture_log *log, int sheets)
{
    assert_int_equal(log->count, 2 * sheets);
    for (int i = 0; i < 2 * sheets; i++) {
        assert_int_equal(log->at[i].id, i + 1);
        assert_int_equal(log->at[i].side, i % 2);
        assert_int_equal(log->at[i].sheet, i / 2 + 1);
    }
}
