/*
 * RFC 3161: the request that an external time-stamping authority answers. Only the request is made
 * here; who sends it and keeps the answer beside it is the operator's affair (docs/durability.md).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"

enum { TIMESTAMP_REQUEST_BYTES = 59 };

/* DER of a TimeStampReq over the SHA-256 of `stamped`, asking for the authority's certificate,
 * without nonce: the same bytes make the same request. */
void timestamp_request(struct bytes stamped, uint8_t ret_request[TIMESTAMP_REQUEST_BYTES]);
