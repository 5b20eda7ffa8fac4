// A signed approval: a person says, over exactly this version with exactly this evidence (or this change of policy),
// what it means to them (doc/approvals.md). One file is one approval: a DSSE envelope over an in-toto statement.
//
// Invariant: an Approval exists only if its bytes say exactly one thing. Whether a key really signed it is Verify's to
// say, and whether that key is a person's who counts the policy's (policy/approvals.h).
// Thread safety: a value that never changes.
#pragma once

#include <string>
#include <string_view>

#include "approval/dsse.h"
#include "approval/p256.h"
#include "approval/request.h"
#include "base/clock.h"

namespace lotmark::approval {

constexpr std::string_view kApprovalType = "urn:lotmark:approval:v1";
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxMeaningBytes = 1000;

struct ApprovalContent {
  std::string name;     // as the signer typed it; one line
  UtcTime time;         // by the signer's clock
  std::string meaning;  // "I have read DR-118 and approve clinical use": one line
  ApprovalRequest request;
};

class Approval {
 public:
  // kRefused: name or meaning are empty, too long, or more than one line.
  static Result<Approval> Sign(ApprovalContent content, const PrivateKey& key);
  // Of an envelope from outside. kRefused says which member is wrong; kTooLarge: over kMaxEnvelopeBytes. Nothing in it
  // is proven yet.
  static Result<Approval> Parse(std::string envelope);

  // kRefused: signed with another key, or not the bytes that were signed.
  Status Verify(const PublicKey& key) const;

  const std::string& bytes() const { return bytes_; }
  const Digest& digest() const { return digest_; }  // SHA-256 of bytes()
  // SHA-256 of what was signed: with key_id() it names the act of signing, whatever white space the envelope has.
  const Digest& statement_sha256() const { return statement_sha256_; }
  const Digest& key_id() const { return envelope_.key_id; }
  const ApprovalContent& content() const { return content_; }
  const ApprovalRequest& request() const { return content_.request; }

 private:
  Approval(std::string bytes, Envelope envelope, ApprovalContent content);

  std::string bytes_;
  Digest digest_;
  Envelope envelope_;
  Digest statement_sha256_;
  ApprovalContent content_;
};

}  // namespace lotmark::approval
