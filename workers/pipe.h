/*
 * Framed JSON and bytes over a stream socket, between a worker and its reader. Blocking, bounded.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "base/err.h"

enum { PIPE_JSON_LIMIT_BYTES = 8 << 20, PIPE_PAYLOAD_LIMIT_BYTES = 256 << 20 };

int pipe_send(int fd, const json_t *json, struct bytes payload, struct err *err);

/* ERR_UNAVAILABLE when the other side has closed; ERR_PROTOCOL when lengths are over the limits or
 * the JSON is none. The payload is appended. */
int pipe_receive(int fd, json_t **ret_json, struct buf *ret_payload, struct err *err);
