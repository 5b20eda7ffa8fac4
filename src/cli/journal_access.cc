#include "cli/journal_access.h"

#include <cstdlib>
#include <filesystem>

#include "approval/key_file.h"
#include "approval/passphrase.h"
#include "base/encoding.h"
#include "base/private_key_pem.h"
#include "cli/outside_volume.h"
#include "fs/posix_fs.h"

namespace lotmark::cli {
namespace {

namespace stdfs = std::filesystem;

std::string FromEnvironment(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// Absolute, without links as far as it exists, and without a slash at the end.
Result<stdfs::path> Resolved(const std::string& path) {
  std::error_code error;
  const stdfs::path real = stdfs::weakly_canonical(stdfs::absolute(path), error);
  if (error) return MachineFailed("cannot resolve " + Printable(path) + ": " + error.message());
  return real.has_filename() ? real : real.parent_path();
}

}  // namespace

Result<std::string> JournalKeyPath(const Uuid& volume_id) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string folder, approval::KeysFolder());
  return folder + "/journal-" + volume_id.text() + ".key";
}

Status CheckKeysOutside(const std::string& volume_path) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string keys, approval::KeysFolder());
  LOTMARK_ASSIGN_OR_RETURN(const stdfs::path volume, Resolved(volume_path));
  LOTMARK_ASSIGN_OR_RETURN(stdfs::path folder, Resolved(keys));
  for (; folder != volume; folder = folder.parent_path()) {
    if (!folder.has_relative_path()) return Ok();
  }
  return Refused("the keys folder " + Printable(keys) + " lies in the volume that is to be made",
                 "Volumes are copied and mounted elsewhere: name another folder of keys with LOTMARK_KEYS.");
}

Result<tlog::PrivateKey> MakeJournalKey(const Uuid& volume_id) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string path, JournalKeyPath(volume_id));
  LOTMARK_ASSIGN_OR_RETURN(const auto passphrase, approval::PassphraseFromFile());
  tlog::PrivateKey key = tlog::PrivateKey::Generate();
  LOTMARK_RETURN_IF_ERROR(approval::WritePrivateKeyFile(path, key.ToPem(passphrase.value_or(""))));
  return key;
}

Result<tlog::PrivateKey> LoadJournalKey(const Uuid& volume_id) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string path, JournalKeyPath(volume_id));
  const auto pem = approval::ReadPrivateKeyFile(path);
  if (!pem && pem.error().code == ErrorCode::kNotFound) {
    return NotFound(
        path + ": the key that signs this volume's journal is not on this machine",
        "Change the volume on the host that made it, or bring its key here by a safe way. LOTMARK_KEYS names "
        "another folder of keys.");
  }
  if (!pem) return pem.error();
  std::string passphrase;
  if (IsEncryptedKeyPem(*pem)) {
    LOTMARK_ASSIGN_OR_RETURN(passphrase, approval::Passphrase("the journal key " + path, approval::Asking::kOnce));
  }
  auto key = tlog::PrivateKey::FromPem(*pem, passphrase);
  if (!key) return Prefixed(path, std::move(key).error());
  return key;
}

std::string StateFolder(const std::string& option) {
  if (!option.empty()) return option;
  if (std::string state = FromEnvironment("LOTMARK_STATE"); !state.empty()) return state;
  if (const std::string base = FromEnvironment("XDG_STATE_HOME"); !base.empty()) return base + "/lotmark";
  const std::string home = FromEnvironment("HOME");
  return home.empty() ? "" : home + "/.local/state/lotmark";
}

Result<std::unique_ptr<journal::Memory>> OpenMemory(const std::string& folder, const Uuid& volume_id) {
  if (folder.empty()) return std::unique_ptr<journal::Memory>();
  LOTMARK_RETURN_IF_ERROR(CheckOutsideVolume(folder,
                                             "What is remembered of a journal must lie outside the volume: give "
                                             "another folder with --state or LOTMARK_STATE."));
  LOTMARK_ASSIGN_OR_RETURN(auto opened, fs::CreatePosixDir(folder, fs::Access::kOwnerOnly));
  return journal::MakeFolderMemory(std::move(opened), volume_id);
}

}  // namespace lotmark::cli
