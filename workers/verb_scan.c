/*
 * tripli scan: the operator's word for tripli-scan, which is a process of its own because scanner
 * drivers may hang or crash.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "workers/verb.h"

int verb_scan(int argc, char **argv)
{
    struct err err = {0};
    char folder[PLACE_SIZE], program[PLACE_SIZE + 16];
    (void)argc;
    if (place_programs(folder, &err) < 0) {
        fprintf(stderr, "tripli scan: %s\n", err.text);
        return err_exit_status(err.code);
    }
    snprintf(program, sizeof program, "%s/tripli-scan", folder);
    argv[0] = program;
    execv(program, argv);
    fprintf(stderr, "tripli scan: %s: %s\n", program, strerror(errno));
    return EX_OSFILE;
}
