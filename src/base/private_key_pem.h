// Private keys as text: PKCS#8 in PEM, encrypted or not, the form that every private key of Lotmark has in a file.
//
// Encryption is PBES2: AES-256-CBC under PBKDF2 with HMAC-SHA-256. Its cost is what stands between a stolen file and a
// guessed passphrase: OpenSSL's own default of 2,048 rounds lets one graphics card try millions a second; 600,000 (the
// current advice of OWASP) cost the owner a third of a second.
//
// Include this in the .cc files of key types only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace lotmark {

constexpr int kPbkdf2Rounds = 600'000;
// OpenSSL's own limit when it reads.
constexpr size_t kMaxPassphraseBytes = 1023;

// True when `pem` says that a passphrase is needed.
bool IsEncryptedKeyPem(std::string_view pem);

// `passphrase` is not looked at when the key is not encrypted. kRefused: not exactly one PKCS#8 key in PEM, or the
// wrong passphrase; the text never holds a byte of the key. Whether it is the right kind of key is for the caller to
// see.
Result<std::shared_ptr<evp_pkey_st>> ReadPrivateKeyPem(std::string_view pem, std::string_view passphrase);

// Encrypted unless `passphrase` is empty. REQUIRES: at most kMaxPassphraseBytes of it.
std::string WritePrivateKeyPem(evp_pkey_st& key, std::string_view passphrase);

}  // namespace lotmark
