// Keys and signatures: the one form of each that is taken, and every other one that is not.
#include "approval/p256.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>

#include <algorithm>

#include "approval/openssl_owned.h"
#include "approval/signature_der.h"
#include "base/private_key_pem.h"

namespace lotmark::approval {
namespace {

const std::string kMessage = "DSSEv1 1 x 1 y";

Bytes SpkiOf(EVP_PKEY* key) {
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  EXPECT_GT(size, 0);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

Owned<EVP_PKEY> EcKey(const char* curve) { return Owned<EVP_PKEY>(EVP_EC_gen(curve)); }

std::string WhyNoKey(ByteView der) {
  const auto key = PublicKey::FromDer(der);
  return key ? "accepted" : key.error().text;
}

bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(P256Test, VerifiesWhatItSignedAndNothingElse) {
  const PrivateKey key = PrivateKey::Generate();
  const PrivateKey other = PrivateKey::Generate();
  for (int i = 0; i < 20; ++i) {  // lengths of the numbers differ from one to the next
    const Bytes signature = key.Sign(AsBytes(kMessage));
    EXPECT_TRUE(key.public_key().Verify(AsBytes(kMessage), signature));
    EXPECT_FALSE(key.public_key().Verify(AsBytes(kMessage + " "), signature));
    EXPECT_FALSE(other.public_key().Verify(AsBytes(kMessage), signature));
  }
  EXPECT_NE(key.public_key().id(), other.public_key().id());
}

TEST(P256Test, AKeyReadsBackFromItsTextAndItsDer) {
  const PublicKey key = PrivateKey::Generate().public_key();
  EXPECT_EQ(PublicKey::FromPem(key.ToPem()).value(), key);
  EXPECT_EQ(PublicKey::FromDer(key.der()).value(), key);
  EXPECT_EQ(key.id(), Sha256Of(ByteView(key.der())));
  std::string without_end = key.ToPem();
  without_end.pop_back();
  EXPECT_EQ(PublicKey::FromPem(without_end).value(), key);
}

TEST(P256Test, SaysWhatAnotherKindOfKeyIs) {
  EXPECT_TRUE(Has(WhyNoKey(SpkiOf(EcKey("P-384").get())), "its curve is secp384r1"));
  EXPECT_TRUE(Has(WhyNoKey(SpkiOf(EcKey("secp256k1").get())), "its curve is secp256k1"));
  const Owned<EVP_PKEY> ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_TRUE(Has(WhyNoKey(SpkiOf(ed25519.get())), "ED25519"));

  const auto key = EcKey("P-256");
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"), 1);
  EXPECT_TRUE(Has(WhyNoKey(SpkiOf(key.get())), "compressed"));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed"), 1);
  EXPECT_EQ(WhyNoKey(SpkiOf(key.get())), "accepted");
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), 1);
  EXPECT_TRUE(Has(WhyNoKey(SpkiOf(key.get())), "spells out"));
}

TEST(P256Test, RefusesAKeyOfP384LabelledP256) {
  const Bytes p384 = SpkiOf(EcKey("P-384").get());
  // The algorithm of P-256 (21 bytes after the outer header), then the other key's bit string.
  const Bytes p256 = SpkiOf(EcKey("P-256").get());
  Bytes labelled = {0x30, static_cast<uint8_t>(21 + 100)};
  labelled.insert(labelled.end(), p256.begin() + 2, p256.begin() + 23);
  labelled.insert(labelled.end(), p384.end() - 100, p384.end());
  ASSERT_EQ(labelled[23], 0x03);  // the bit string begins where it should
  EXPECT_TRUE(Has(WhyNoKey(labelled), "not a P-256 public key"));
  // And cut to P-256's own size: the right form, a point of nowhere.
  Bytes cut(p256.begin(), p256.begin() + 27);
  cut.insert(cut.end(), p384.end() - 64, p384.end());
  EXPECT_TRUE(Has(WhyNoKey(cut), "not on the curve"));
}

TEST(P256Test, RefusesEveryOtherByteAndLength) {
  const Bytes der = SpkiOf(EcKey("P-256").get());
  for (size_t i = 0; i < der.size(); ++i) {
    EXPECT_NE(WhyNoKey(ByteView(der).first(i)), "accepted") << i;
    Bytes flipped = der;
    flipped[i] ^= 1;
    EXPECT_NE(WhyNoKey(flipped), "accepted") << i;
  }
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_NE(WhyNoKey(longer), "accepted");
  Bytes ber = der;  // the outer length in long form
  ber.insert(ber.begin() + 1, 0x81);
  EXPECT_NE(WhyNoKey(ber), "accepted");
}

TEST(P256Test, TakesOnlyTheUsualTextOfAPublicKey) {
  const std::string pem = PrivateKey::Generate().public_key().ToPem();
  const auto refused = [](const std::string& text) { return !PublicKey::FromPem(text).has_value(); };
  for (size_t i = 0; i + 1 < pem.size(); ++i) EXPECT_TRUE(refused(pem.substr(0, i))) << i;
  std::string crlf;
  for (const char c : pem) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  std::string one_line = pem;
  one_line.erase(pem.find('\n', 40), 1);
  for (const std::string& text : {pem + "x", pem + pem, pem + "\n", "\n" + pem, "text\n" + pem, crlf, one_line,
                                  PrivateKey::Generate().ToPem(""), std::string()}) {
    EXPECT_TRUE(refused(text)) << text;
  }
}

TEST(P256Test, APrivateKeyReadsBackWithItsPassphraseOnly) {
  const PrivateKey key = PrivateKey::Generate();
  const std::string pem = key.ToPem("open sesame");
  EXPECT_TRUE(IsEncryptedKeyPem(pem));
  EXPECT_EQ(PrivateKey::FromPem(pem, "open sesame")->public_key(), key.public_key());
  for (const char* wrong : {"", "open sesame "}) {
    const auto read = PrivateKey::FromPem(pem, wrong);
    ASSERT_FALSE(read);
    EXPECT_TRUE(Has(read.error().text, "passphrase"));
  }
  EXPECT_FALSE(IsEncryptedKeyPem(key.ToPem("")));
  EXPECT_EQ(PrivateKey::FromPem(key.ToPem(""), "")->public_key(), key.public_key());
}

TEST(P256Test, RefusesOtherPrivateKeys) {
  const auto why = [](const std::string& pem) {
    const auto key = PrivateKey::FromPem(pem, "");
    return key ? "accepted" : key.error().text;
  };
  EXPECT_TRUE(Has(why(WritePrivateKeyPem(*EcKey("P-384"), "")), "secp384r1"));
  const Owned<EVP_PKEY> ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_TRUE(Has(why(WritePrivateKeyPem(*ed25519, "")), "ED25519"));
  const PrivateKey key = PrivateKey::Generate();
  EXPECT_TRUE(Has(why(key.ToPem("") + PrivateKey::Generate().ToPem("")), "not one private key"));
  EXPECT_TRUE(Has(why("x\n" + key.ToPem("")), "not one private key"));
  EXPECT_TRUE(Has(why(key.public_key().ToPem()), "not one private key"));
  EXPECT_NE(why(key.ToPem("").substr(0, 100)), "accepted");
}

TEST(P256Test, RefusesAPrivateKeyWhosePublicHalfIsAnothers) {
  const auto mine = EcKey("P-256");
  const auto other = EcKey("P-256");
  std::array<uint8_t, 65> point{};
  size_t size = 0;
  ASSERT_EQ(EVP_PKEY_get_octet_string_param(other.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size),
            1);
  ASSERT_EQ(EVP_PKEY_set1_encoded_public_key(mine.get(), point.data(), size), 1);
  const auto read = PrivateKey::FromPem(WritePrivateKeyPem(*mine, ""), "");
  ASSERT_FALSE(read);
  EXPECT_TRUE(Has(read.error().text, "belong together")) << read.error().text;
}

Bytes Integer(Bytes magnitude) {
  Bytes der = {0x02, static_cast<uint8_t>(magnitude.size())};
  der.insert(der.end(), magnitude.begin(), magnitude.end());
  return der;
}

Bytes Sequence(const Bytes& a, const Bytes& b) {
  Bytes der = {0x30, static_cast<uint8_t>(a.size() + b.size())};
  der.insert(der.end(), a.begin(), a.end());
  der.insert(der.end(), b.begin(), b.end());
  return der;
}

TEST(SignatureDerTest, RefusesNumbersOutOfRangeAndOtherSpellings) {
  const auto why = [](const Bytes& der) {
    const Status status = CheckSignatureDer(der);
    return status ? "accepted" : status.error().text;
  };
  const Bytes order = {0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
                       0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
  Bytes below = order;
  below.back() -= 1;
  const Bytes one = Integer({1});
  EXPECT_EQ(why(Sequence(one, one)), "accepted");
  EXPECT_EQ(why(Sequence(Integer(below), Integer(below))), "accepted");
  for (const Bytes& negative : {Integer({0xff}), Integer({0x80})}) {
    EXPECT_TRUE(Has(why(Sequence(negative, one)), "not a P-256 signature"));
    EXPECT_TRUE(Has(why(Sequence(one, negative)), "not a P-256 signature"));
  }
  for (const Bytes& number : {Integer({0}), Integer(order)}) {
    EXPECT_TRUE(Has(why(Sequence(number, one)), "out of range"));
    EXPECT_TRUE(Has(why(Sequence(one, number)), "out of range"));
  }
  const Bytes plain = Sequence(one, one);
  Bytes trailing = plain;
  trailing.push_back(0);
  const Bytes long_length = {0x30, 0x81, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
  const Bytes padded = Sequence(Integer({0, 1}), one);
  const Bytes indefinite = {0x30, 0x80, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x00, 0x00};
  for (const Bytes& bad : {trailing, long_length, padded, indefinite, one, Bytes(), Bytes(73, 0x30)}) {
    EXPECT_TRUE(Has(why(bad), "not a P-256 signature"));
  }
}

TEST(SignatureDerTest, RefusesEveryTruncationAndFlipOfASignature) {
  const PrivateKey key = PrivateKey::Generate();
  const Bytes signature = key.Sign(AsBytes(kMessage));
  for (size_t i = 0; i < signature.size(); ++i) {
    EXPECT_FALSE(key.public_key().Verify(AsBytes(kMessage), ByteView(signature).first(i)));
    Bytes flipped = signature;
    flipped[i] ^= 1;
    EXPECT_FALSE(key.public_key().Verify(AsBytes(kMessage), flipped)) << i;
  }
}

}  // namespace
}  // namespace lotmark::approval
