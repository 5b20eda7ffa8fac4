// The one encoding of a P-256 signature that is taken: SEQUENCE of two INTEGERs, canonical DER (X.690), nothing after.
//
// Why so strict: OpenSSL's reader also takes lengths in long form and numbers with needless zeros, so one signature
// would have many spellings, and a file's digest would name only one of them.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace lotmark::approval {

// The longest canonical DER of two numbers below P-256's order.
constexpr size_t kMaxSignatureBytes = 72;

// kRefused: not DER, not canonical, or a number that is not in [1, order - 1].
Status CheckSignatureDer(ByteView der);

}  // namespace lotmark::approval
