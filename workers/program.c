/*
 * The skeleton of every program: see program.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/program.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/seal.h"

static const struct argp_option options[] = {
    {"data", 'd', "DIR", 0, "data folder (TRIPLI_DATA, ./var)", 90},
    {"keys", 'k', "DIR", 0, "folder of tenant keys (TRIPLI_KEYS, DATA.keys)", 90},
    {"config", 'c', "DIR", 0, "configuration folder (TRIPLI_CONFIG, ./config)", 90},
    {"verbose", 'v', NULL, 0, "log for developers, too", 90},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct program *program = state->input;
    switch (key) {
    case 'd':
        program->options.data = arg;
        return 0;
    case 'k':
        program->options.keys = arg;
        return 0;
    case 'c':
        program->options.config = arg;
        return 0;
    case 'v':
        log_set_level(LOG_LEVEL_DEBUG);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp program_argp = {.options = options, .parser = parse};

int program_start(struct program *program, struct err *err)
{
    program->signals = -1;
    log_start(program->name);
    int rc = seal_start(err);
    if (rc == 0)
        rc = place_find(&program->options, &program->place, err);
    if (rc == 0)
        rc = tuning_read(program->place.config, &program->tuning, err);
    return rc;
}

void program_keep_memory(void)
{
    enum { KEPT_BYTES = 128 << 20 }; /* an A4 page in colour at 300 dpi has 35 MB */
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

void program_return_memory(void)
{
    enum { IMAGE_BYTES = 128 << 10 }; /* what is larger gets pages of its own */
    mallopt(M_MMAP_THRESHOLD, IMAGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, IMAGE_BYTES);
}

int program_signals(struct program *program, struct err *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return err_errno(err, errno, "signals");
    program->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return program->signals < 0 ? err_errno(err, errno, "signals") : 0;
}

int program_take_signal(struct program *program)
{
    struct signalfd_siginfo info;
    if (read(program->signals, &info, sizeof info) != sizeof info)
        return 0;
    return (int)info.ssi_signo;
}

int program_fail(const struct program *program, const struct err *err)
{
    fprintf(stderr, "%s: %s\n", program->name, err->text);
    return err_exit_status(err->code);
}
