// keygen, approve sign: what approvers run on their own machines. Neither needs a volume.
#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "approval/key_file.h"
#include "approval/passphrase.h"
#include "approval/signed_approval.h"
#include "base/encoding.h"
#include "base/private_key_pem.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/forms.h"
#include "fs/file_ops.h"

namespace lotmark::cli {
namespace {

enum class Protection { kPassphrase, kNone };

Result<Outcome> Keygen(const Context& context, const std::string& name_text, Protection protection) {
  LOTMARK_ASSIGN_OR_RETURN(const approval::KeyName name, approval::KeyName::Parse(name_text));
  LOTMARK_ASSIGN_OR_RETURN(const std::string folder, approval::KeysFolder());
  const std::string private_path = folder + "/" + name.text() + ".key";
  const std::string public_path = folder + "/" + name.text() + ".pub";
  for (const std::string& path : {private_path, public_path}) {
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) continue;
    return Error{ErrorCode::kConflict, "there is a key of this name already: " + Printable(path),
                 "A key is never replaced: take another name."};
  }
  LOTMARK_RETURN_IF_ERROR(approval::CheckOutsideVolumes(private_path));
  std::string passphrase;
  if (protection == Protection::kPassphrase) {
    LOTMARK_ASSIGN_OR_RETURN(passphrase, approval::Passphrase("the new key " + name.text(), approval::Asking::kTwice));
  }
  const auto key = approval::PrivateKey::Generate();
  LOTMARK_RETURN_IF_ERROR(approval::WritePrivateKeyFile(private_path, key.ToPem(passphrase)));
  LOTMARK_RETURN_IF_ERROR(approval::WritePublicKeyFile(public_path, key.public_key().ToPem()));
  if (context.json()) {
    PrintJson(Json{{"name", name.text()},
                   {"key_id", key.public_key().id().hex()},
                   {"private_key_file", private_path},
                   {"public_key_file", public_path},
                   {"encrypted", protection == Protection::kPassphrase},
                   {"public_key", key.public_key().ToPem()}});
    return Outcome::kDone;
  }
  PrintLine(fmt::format("private key {} ({}); it stays on this machine", Printable(private_path),
                        protection == Protection::kPassphrase ? "encrypted" : "NOT encrypted"));
  PrintLine(fmt::format("public key  {}; it goes into the policy", Printable(public_path)));
  PrintLine("key_id " + key.public_key().id().hex());
  return Outcome::kDone;
}

struct SignOptions {
  std::string request;
  std::string key;
  std::string name;
  std::string meaning;
  std::string out;  // "" = standard output
  bool yes = false;
};

// What --key names: a path when it holds a '/', else a key in the keys folder where there is one, else a path.
Result<std::string> KeyPath(const std::string& text) {
  if (text.find('/') != std::string::npos || !approval::KeyName::Parse(text)) return text;
  LOTMARK_ASSIGN_OR_RETURN(const std::string folder, approval::KeysFolder());
  const std::string in_folder = folder + "/" + text + ".key";
  std::error_code error;
  if (std::filesystem::exists(in_folder, error) || !std::filesystem::exists(text, error)) return in_folder;
  return text;
}

Result<approval::PrivateKey> OpenKey(const std::string& path) {
  LOTMARK_ASSIGN_OR_RETURN(const std::string pem, approval::ReadPrivateKeyFile(path));
  std::string passphrase;
  if (IsEncryptedKeyPem(pem)) {
    LOTMARK_ASSIGN_OR_RETURN(passphrase, approval::Passphrase("the key " + Printable(path), approval::Asking::kOnce));
  }
  auto key = approval::PrivateKey::FromPem(pem, passphrase);
  if (!key) return Prefixed(Printable(path), std::move(key).error());
  return key;
}

// On standard error: standard output is the approval's.
void ShowWhatIsSigned(const approval::ApprovalContent& content) {
  const approval::ApprovalRequest& request = content.request;
  std::vector<std::vector<std::string>> rows{{"volume", request.volume_id.text()}};
  if (const auto* const version = std::get_if<approval::VersionSubject>(&request.subject)) {
    rows.push_back({"model", version->model.text()});
    rows.push_back({"version", version->version.text()});
    rows.push_back({"manifest_sha256", version->manifest_sha256.hex()});
    if (version->evidence.empty()) rows.push_back({"evidence", "none"});
    for (const auto& evidence : version->evidence) {
      rows.push_back({"evidence", evidence.kind + " " + evidence.sha256.hex()});
    }
  } else {
    const auto& policy = std::get<approval::PolicySubject>(request.subject);
    rows.push_back({"policy_sha256", policy.policy_sha256.hex() + " (what sha256sum says of the file you have read)"});
    rows.push_back(
        {"replaces", fmt::format("{} of event {}", policy.replaces.policy_sha256.hex(), policy.replaces.event)});
  }
  rows.push_back({"name", Printable(content.name)});
  rows.push_back({"meaning", Printable(content.meaning, approval::kMaxMeaningBytes)});
  PrintErrorLine("This approval says:\n" + Table(rows));
}

Status Confirm() {
  std::fputs("Sign it? (yes/no) ", stderr);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "yes" || answer == "y") return Ok();
  return Refused("not signed: the answer was not yes");
}

Result<Outcome> Sign(const Context& context, const SignOptions& options) {
  LOTMARK_ASSIGN_OR_RETURN(const NamedFile file, OpenFolderOf(options.request));
  LOTMARK_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(file, approval::kMaxRequestBytes));
  auto request = approval::ParseRequest(AsText(bytes));
  if (!request) return Prefixed(Printable(options.request), std::move(request).error());
  const approval::ApprovalContent content{options.name, context.toolbox().clock.Now(), options.meaning,
                                          *std::move(request)};
  ShowWhatIsSigned(content);
  if (!options.yes && ::isatty(STDIN_FILENO) != 0) LOTMARK_RETURN_IF_ERROR(Confirm());
  LOTMARK_ASSIGN_OR_RETURN(const std::string key_path, KeyPath(options.key));
  LOTMARK_ASSIGN_OR_RETURN(const approval::PrivateKey key, OpenKey(key_path));
  LOTMARK_ASSIGN_OR_RETURN(const approval::Approval signed_one, approval::Approval::Sign(content, key));
  if (options.out.empty()) {
    Print(signed_one.bytes());
  } else {
    LOTMARK_ASSIGN_OR_RETURN(const NamedFile out, OpenFolderOf(options.out));
    LOTMARK_RETURN_IF_ERROR(
        fs::WriteFileAtomic(*out.folder, out.name, AsBytes(signed_one.bytes()), fs::IfExists::kRefuse));
  }
  PrintErrorLine("signed with the key " + signed_one.key_id().hex());
  return Outcome::kDone;
}

void AddApproveSign(Registrar& registrar) {
  CLI::App* command =
      AddCommand(registrar, "sign", "Sign a request as yourself, with your own key; needs no volume",
                 "lotmark approve sign request.json --key ada --name \"Ada Lovelace\" --meaning \"I have "
                 "read report DR-118 and approve clinical use\" > approval.json",
                 {});
  auto options = std::make_shared<SignOptions>();
  command->add_option("REQUEST", options->request, "File that `approve request` made")->required();
  command->add_option("--key", options->key, "Your private key: a name in the keys folder, or a path")->required();
  command->add_option("--name", options->name, "Your name, as the policy lists you")->required();
  command->add_option("--meaning", options->meaning, "What your signature means, in one line")->required();
  command->add_option("--out", options->out, "File to write, a new one (default: standard output)");
  command->add_flag("--yes", options->yes, "Do not ask before signing, on a terminal");
  command->callback([&action = registrar.action, options] {
    action = [options](const Context& context) { return Sign(context, *options); };
  });
}

}  // namespace

void AddKeygen(Registrar& registrar) {
  CLI::App* command = AddCommand(registrar, "keygen", "Make a key to sign approvals with, in your keys folder",
                                 "lotmark keygen ada", {Takes::kJson});
  auto name = std::make_shared<std::string>();
  auto bare = std::make_shared<bool>(false);
  command->add_option("NAME", *name, "Name of the key: NAME.key and NAME.pub are written")->required();
  command->add_flag("--no-passphrase", *bare, "Do not encrypt the private key");
  command->callback([&registrar, name, bare] {
    registrar.action = [name, bare](const Context& context) {
      return Keygen(context, *name, *bare ? Protection::kNone : Protection::kPassphrase);
    };
  });
}

void AddApprove(Registrar& registrar) {
  CLI::App* group = registrar.app.add_subcommand("approve", "Approve a version or a change of the policy");
  group->require_subcommand(1);
  Registrar nested{*group, registrar.common, registrar.action};
  AddApproveRequest(nested);
  AddApproveSign(nested);
  AddApproveImport(nested);
}

}  // namespace lotmark::cli
