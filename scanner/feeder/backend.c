/*
 * libsane-tripli.so.1: the thirteen functions by which SANE's loader drives the virtual feeder. The
 * handle is a struct feeder; devices are those of setting.h that are there now.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sane/sane.h>
#include <string.h>
#include <unistd.h>

#include "scanner/feeder/feeder.h"
#include "scanner/feeder/hopper.h"

#define EXPORTED __attribute__((visibility("default")))

/* The loader's prototypes: SANE's own with the backend's name in the middle. */
SANE_Status sane_tripli_init(SANE_Int *version, SANE_Auth_Callback authorize);
void sane_tripli_exit(void);
SANE_Status sane_tripli_get_devices(const SANE_Device ***ret_list, SANE_Bool local_only);
SANE_Status sane_tripli_open(SANE_String_Const name, SANE_Handle *ret_handle);
void sane_tripli_close(SANE_Handle handle);
const SANE_Option_Descriptor *sane_tripli_get_option_descriptor(SANE_Handle handle, SANE_Int at);
SANE_Status sane_tripli_control_option(SANE_Handle handle, SANE_Int at, SANE_Action action,
                                       void *value, SANE_Int *info);
SANE_Status sane_tripli_get_parameters(SANE_Handle handle, SANE_Parameters *ret_frame);
SANE_Status sane_tripli_start(SANE_Handle handle);
SANE_Status sane_tripli_read(SANE_Handle handle, SANE_Byte *to, SANE_Int room, SANE_Int *ret_got);
void sane_tripli_cancel(SANE_Handle handle);
SANE_Status sane_tripli_set_io_mode(SANE_Handle handle, SANE_Bool non_blocking);
SANE_Status sane_tripli_get_select_fd(SANE_Handle handle, SANE_Int *ret_fd);

static const struct {
    const char *vendor, *model;
} faces[PERSONALITIES] = {
    [PERSONALITY_TRIPLI] = {"tripli", "virtual feeder"},
    [PERSONALITY_FUJITSU] = {"FUJITSU", "fi (virtual)"},
    [PERSONALITY_CANON] = {"CANON", "DR (virtual)"},
};

static struct feeder_settings settings;
static SANE_Device devices[FEEDERS_MAX];
static const SANE_Device *device_list[FEEDERS_MAX + 1];

EXPORTED SANE_Status sane_tripli_init(SANE_Int *version, SANE_Auth_Callback authorize)
{
    struct err err = {0};
    (void)authorize;
    if (version)
        *version = SANE_VERSION_CODE(SANE_CURRENT_MAJOR, SANE_CURRENT_MINOR, 0);
    if (settings_read(&settings, &err) < 0) {
        feeder_debug("%s", err.text);
        return SANE_STATUS_INVAL;
    }
    return SANE_STATUS_GOOD;
}

EXPORTED void sane_tripli_exit(void)
{
    settings.count = 0;
}

EXPORTED SANE_Status sane_tripli_get_devices(const SANE_Device ***ret_list, SANE_Bool local_only)
{
    size_t count = 0;
    (void)local_only;
    for (size_t i = 0; i < settings.count; i++) {
        const struct feeder_setting *setting = &settings.at[i];
        if (hopper_is_unplugged(setting->folder, setting->state) ||
            access(setting->folder, R_OK | X_OK) < 0)
            continue;
        devices[count] = (SANE_Device){.name = setting->name,
                                       .vendor = faces[setting->personality].vendor,
                                       .model = faces[setting->personality].model,
                                       .type = "sheet-fed scanner"};
        device_list[count] = &devices[count];
        count++;
    }
    device_list[count] = NULL;
    *ret_list = device_list;
    return SANE_STATUS_GOOD;
}

EXPORTED SANE_Status sane_tripli_open(SANE_String_Const name, SANE_Handle *ret_handle)
{
    struct err err = {0};
    struct feeder *feeder = NULL;
    const struct feeder_setting *setting = settings_find(&settings, name);
    if (!setting)
        return SANE_STATUS_INVAL;
    int rc = feeder_open(setting, &feeder, &err);
    *ret_handle = feeder;
    if (rc == 0)
        return SANE_STATUS_GOOD;
    feeder_debug("%s", err.text);
    switch (rc) {
    case ERR_CONFLICT:
        return SANE_STATUS_DEVICE_BUSY;
    case ERR_DENIED:
        return SANE_STATUS_ACCESS_DENIED;
    case ERR_MEMORY:
        return SANE_STATUS_NO_MEM;
    case ERR_NOT_FOUND:
        return SANE_STATUS_INVAL;
    default:
        return SANE_STATUS_IO_ERROR;
    }
}

EXPORTED void sane_tripli_close(SANE_Handle handle)
{
    struct feeder *feeder = handle;
    feeder_free(&feeder);
}

EXPORTED const SANE_Option_Descriptor *sane_tripli_get_option_descriptor(SANE_Handle handle,
                                                                         SANE_Int at)
{
    return feeder_descriptor(handle, at);
}

EXPORTED SANE_Status sane_tripli_control_option(SANE_Handle handle, SANE_Int at, SANE_Action action,
                                                void *value, SANE_Int *info)
{
    if (info)
        *info = 0;
    if (action == SANE_ACTION_GET_VALUE)
        return feeder_get(handle, at, value);
    if (action == SANE_ACTION_SET_VALUE)
        return feeder_set(handle, at, value, info);
    return SANE_STATUS_INVAL;
}

EXPORTED SANE_Status sane_tripli_get_parameters(SANE_Handle handle, SANE_Parameters *ret_frame)
{
    return feeder_parameters(handle, ret_frame);
}

EXPORTED SANE_Status sane_tripli_start(SANE_Handle handle)
{
    return feeder_start(handle);
}

EXPORTED SANE_Status sane_tripli_read(SANE_Handle handle, SANE_Byte *to, SANE_Int room,
                                      SANE_Int *ret_got)
{
    return feeder_read(handle, to, room, ret_got);
}

EXPORTED void sane_tripli_cancel(SANE_Handle handle)
{
    feeder_cancel(handle);
}

EXPORTED SANE_Status sane_tripli_set_io_mode(SANE_Handle handle, SANE_Bool non_blocking)
{
    (void)handle;
    return non_blocking ? SANE_STATUS_UNSUPPORTED : SANE_STATUS_GOOD;
}

EXPORTED SANE_Status sane_tripli_get_select_fd(SANE_Handle handle, SANE_Int *ret_fd)
{
    (void)handle;
    (void)ret_fd;
    return SANE_STATUS_UNSUPPORTED;
}
