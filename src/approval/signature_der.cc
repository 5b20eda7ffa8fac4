#include "approval/signature_der.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>

#include "approval/openssl_owned.h"

namespace lotmark::approval {
namespace {

// The order of P-256's base point (SEC 2, section 2.4.2).
constexpr std::array<uint8_t, 32> kOrder = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                            0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

bool IsCanonical(const ECDSA_SIG& signature, ByteView der) {
  std::array<uint8_t, kMaxSignatureBytes> again{};
  const int size = i2d_ECDSA_SIG(&signature, nullptr);
  if (size < 0 || static_cast<size_t>(size) != der.size()) return false;
  uint8_t* at = again.data();
  return i2d_ECDSA_SIG(&signature, &at) == size && std::equal(der.begin(), der.end(), again.begin());
}

}  // namespace

Status CheckSignatureDer(ByteView der) {
  if (der.size() > kMaxSignatureBytes) return Refused("not a P-256 signature: it is too long");
  const uint8_t* at = der.data();
  const Owned<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (signature == nullptr) return Refused("not a P-256 signature: it is not DER of two numbers");
  const Owned<BIGNUM> order(BN_bin2bn(kOrder.data(), static_cast<int>(kOrder.size()), nullptr));
  MustSucceed(order != nullptr);
  for (const BIGNUM* number : {ECDSA_SIG_get0_r(signature.get()), ECDSA_SIG_get0_s(signature.get())}) {
    if (BN_is_negative(number) != 0 || BN_is_zero(number) != 0 || BN_cmp(number, order.get()) >= 0) {
      return Refused("not a P-256 signature: a number in it is out of range");
    }
  }
  if (!IsCanonical(*signature, der)) return Refused("not a P-256 signature: its DER is not canonical");
  return Ok();
}

}  // namespace lotmark::approval
