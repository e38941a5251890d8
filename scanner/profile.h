/*
 * A scanner profile: one file that says how a family of scanners is driven: which devices, which
 * options are set and read back, which must be off, how its sensors are named, what a status means
 * together with them. docs/scanners.md explains every key. A new model needs a file, no code.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "scanner/event.h"

enum scan_mode { SCAN_BILEVEL, SCAN_GREY, SCAN_COLOUR, SCAN_AS_SCANNED, SCAN_MODES };

/* What the operator wants of a batch. */
struct scan_request {
    enum scan_mode mode;
    bool duplex;
    unsigned dpi; /* 50..1200; only a wish when mode is SCAN_AS_SCANNED */
};
#define SCAN_REQUEST_DEFAULT                                                                       \
    ((struct scan_request){.mode = SCAN_AS_SCANNED, .duplex = true, .dpi = 300})

/* "bilevel", "grey", "colour", "as-scanned"; parse: 0 or ERR_FORMAT. */
const char *scan_mode_name(enum scan_mode mode);
int scan_mode_parse(const char *name, enum scan_mode *ret_mode);

/* Limits of one profile file; the longest of ours stays below half of each. */
enum { PROFILE_OPTIONS_MAX = 64, PROFILE_CHOICES_MAX = 8, PROFILE_RULES_MAX = 32 };

struct profile_option {
    const char *name;
    const char *choices[PROFILE_CHOICES_MAX + 1]; /* tried in order, NULL after the last */
    bool required;                                /* refuse to scan unless it reads back as set */
    double within;                                /* how far a number read back may be off */
};

/* SANE option names; NULL where the scanner has none. */
struct profile_sensors {
    const char *loaded, *cover_open, *double_feed, *error_code, *counter, *side, *button;
    const char *x_dpi, *y_dpi;
    bool read_twice; /* the driver caches: the first read of a sensor is stale */
};

struct profile;

/* Reads one file, strictly; ERR_CONFIG with file and line. Free with profile_free. */
int profile_load(const char *path, struct profile **ret_profile, struct err *err);

/* Loads the profile in `folder` (every *.conf is read) that fits the SANE device name best: the
 * longest pattern wins. ERR_NOT_FOUND when none fits, ERR_CONFIG when one of them is wrong. */
int profile_find(const char *folder, const char *device, struct profile **ret_profile,
                 struct err *err);

void profile_free(struct profile **profile);

const char *profile_id(const struct profile *profile);
const char *profile_title(const struct profile *profile);

/* Length of the longest pattern that fits the device name, 0 when none does. */
size_t profile_fit(const struct profile *profile, const char *device);

/* True when each required option has a value for the request. */
bool profile_can(const struct profile *profile, const struct scan_request *request);

/* The options to set for the request, in order. Fills at most PROFILE_OPTIONS_MAX rows and returns
 * how many; ERR_UNSUPPORTED when a required option has no value for this mode or number of sides.
 * Texts are borrowed from the profile, `{dpi}` in a value stands for request->dpi. */
int profile_options(const struct profile *profile, const struct scan_request *request,
                    struct profile_option ret_options[PROFILE_OPTIONS_MAX], struct err *err);

/* Options that destroy or drop images and must be off where they exist; NULL after the last. */
const char *const *profile_forbidden(const struct profile *profile);

const struct profile_sensors *profile_sensors(const struct profile *profile);

/* True when a double feed is reported only after its images were delivered: the last sheet is then
 * held back until the next one has started. */
bool profile_holds_last_sheet(const struct profile *profile);

/* The option by which a virtual feeder puts fed sheets back, NULL for real ones. */
const char *profile_take_back(const struct profile *profile);

/* What a status means with these sensors: the first rule of the profile that fits, then the
 * built-in table of docs/scanners.md. `ret_say` is the sentence template, NULL for the built-in. */
enum scan_event_kind profile_meaning(const struct profile *profile, int sane_status,
                                     const struct scan_sensors *sensors, const char **ret_say);
